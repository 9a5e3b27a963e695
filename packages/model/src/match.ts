import type { OnImport } from './enrolment.ts'
import type { CrmEvent } from './event.ts'
import { looseEquals } from './expressions/index.ts'
import { objectSlug } from './object.ts'
import { subjectOf, subjectOfEvent, type Trigger } from './trigger.ts'

/** Whether an event starts an automation; when not, why in words. */
export type Match = { matches: true } | { matches: false; why: string }

const YES: Match = { matches: true }

/** An automation as matching sees it. */
export interface Listener {
  id: string
  trigger: Trigger
  status: 'inactive' | 'active'
  /** the database's time of its last activation; null when inactive */
  activatedAt: Date | null
  /** whether events of an import start it; absent: they do */
  onImport?: OnImport
}

/**
 * Whether an event starts an automation: the trigger fits, it was active when the event was written, and it still is.
 *
 * @param nameOf what a field is called in the words of `why`; without it, its slug
 * Source: SPEC.md, sections 4 and 15 (activation)
 */
export function matchEvent(event: CrmEvent, listener: Listener, nameOf: (slug: string) => string = sameName): Match {
  const fits = triggerFits(event, listener, nameOf)
  if (!fits.matches) return fits
  if (event.source === 'import' && listener.onImport === 'skip')
    return { matches: false, why: 'it leaves out what an import brings' }
  if (event.type === 'manual' && listener.status === 'active') return YES
  if (listener.status !== 'active' || listener.activatedAt === null)
    return { matches: false, why: 'the automation is inactive' }
  if (listener.activatedAt.getTime() > event.at.getTime())
    return { matches: false, why: 'the automation was inactive when this happened' }
  return YES
}

/** Whether something that happened to a record is what a trigger of such events wants, whoever listens. */
export function eventFits(
  event: CrmEvent,
  trigger: Extract<Trigger, { event: 'record.updated' | 'field.changed' | 'record.deleted' }>,
): boolean {
  return triggerFits(event, { id: '', trigger }, sameName).matches
}

function sameName(slug: string): string {
  return slug
}

const STARTS: Readonly<Record<'record.created' | 'record.updated' | 'record.deleted', string>> = {
  'record.created': 'it starts when a record is created',
  'record.updated': 'it starts when a record is changed',
  'record.deleted': 'it starts when a record is deleted',
}

function triggerFits(
  event: CrmEvent,
  { id, trigger }: Pick<Listener, 'id' | 'trigger'>,
  nameOf: (slug: string) => string,
): Match {
  if (event.automationId !== null) {
    if (event.automationId !== id) return { matches: false, why: 'the event is for another automation' }
    // its trigger may be another than when the event was written
    const [is, was] = [subjectOf(trigger), subjectOfEvent(event)]
    return is === was ? YES : { matches: false, why: `it is about ${is}, and this about ${was}` }
  }
  if (trigger.event === 'date.reached')
    return { matches: false, why: `it waits for the date in ${nameOf(trigger.field)}` }
  if (trigger.event === 'schedule' || trigger.event === 'webhook.received' || trigger.event === 'manual')
    return { matches: false, why: `it starts ${trigger.event === 'schedule' ? 'on its schedule' : 'another way'}` }
  if (objectSlug(trigger.object) !== event.object) return { matches: false, why: 'it listens to another object' }
  if (trigger.event !== 'field.changed')
    return trigger.event === event.type ? YES : { matches: false, why: STARTS[trigger.event] }
  const name = nameOf(trigger.field)
  if (event.type !== 'record.updated') return { matches: false, why: `it starts when ${name} changes` }
  const change = event.changes?.[trigger.field]
  if (change === undefined) return { matches: false, why: `${name} did not change` }
  if (trigger.from !== undefined && !oneOf(change.from, trigger.from))
    return { matches: false, why: `${name} was ${say(change.from)}, the trigger wants ${say(trigger.from)}` }
  if (trigger.to !== undefined && !oneOf(change.to, trigger.to))
    return { matches: false, why: `${name} became ${say(change.to)}, the trigger wants ${say(trigger.to)}` }
  return YES
}

/** Null is empty; a list is any of. */
function oneOf(actual: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) return wanted.some((one) => oneOf(actual, one))
  const empty = (value: unknown) =>
    value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
  if (empty(wanted) || empty(actual)) return empty(wanted) && empty(actual)
  if (Array.isArray(actual)) return actual.some((one) => looseEquals(one, wanted))
  return looseEquals(actual, wanted)
}

function say(value: unknown): string {
  if (value === null || value === undefined || value === '') return 'empty'
  if (Array.isArray(value)) return value.length === 0 ? 'empty' : value.map(say).join(' or ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}
