import type { BranchArm } from './actions/branch.ts'
import type { Action, AutomationDocument } from './automation.ts'
import { isGroup } from './conditions/index.ts'
import type { Group, Rule } from './conditions/index.ts'
import type { Problem } from './errors.ts'
import type { ActionPlace } from './normalize.ts'
import { objectSlug } from './object.ts'
import type { ObjectDefinition } from './object.ts'
import { fieldName } from './record.ts'
import type { Trigger } from './trigger.ts'
import { isTemplated, plainPath } from './validate/templates.ts'

/** Something an action writes; `object` null: known only at run time. */
interface Write {
  readonly path: string
  readonly what: 'creates' | 'changes' | 'deletes'
  readonly object: string | null
  /** of a change: the fields, with the values that are known */
  readonly fields: Readonly<Record<string, unknown>>
}

export interface OtherAutomation {
  id: string
  name: string
  document: AutomationDocument
}

type RecordTrigger = Extract<Trigger, { event: `record.${string}` | 'field.changed' }>

/**
 * Warns where an action writes what the automation's own trigger, or another active automation's, listens to.
 *
 * @param objects the workspace's objects, for their names
 * @param others the other active automations
 * @param places where the actions stood as they were written; without it paths are those of the stored document
 * @returns problems at the actions, in words: each circle by itself, and once an action what else it starts; not a proof, since
 *   values and conditions decide at run time
 * Source: SPEC.md, section 10
 */
export function loopWarnings(
  document: AutomationDocument,
  objects: ReadonlyMap<string, ObjectDefinition>,
  others: readonly OtherAutomation[],
  places?: ReadonlyMap<Action, ActionPlace>,
): Problem[] {
  return writesOf(document, objects, places).flatMap((write) => {
    const found: Problem[] = []
    if ((hears(document, write) && !isGuarded(document.conditions, write)) || movesOwnDate(document, write)) {
      found.push({
        path: write.path,
        message: `this ${inWords(write, objects)}, which starts this automation again`,
        hint: guardHint(document.trigger, write),
      })
    }
    const started = others.filter((other) => hears(other.document, write))
    const back = started.filter((other) => writesOf(other.document, objects).some((answer) => hears(document, answer)))
    for (const { name } of back)
      found.push({
        path: write.path,
        message: `this ${inWords(write, objects)}, which starts the automation "${name}", and that one starts this automation`,
        hint: 'give one of them a condition that stops holding, or they run in a circle',
      })
    const onward = started.filter((other) => !back.includes(other)).map(({ name }) => `"${name}"`)
    if (onward.length > 0)
      found.push({ path: write.path, message: `this ${inWords(write, objects)}, which starts ${automations(onward)}` })
    return found
  })
}

const NAMED_AT_MOST = 3

/** `the automation "A"`, `the automations "A" and "B"`, `the automations "A", "B", "C" and 4 more`. */
function automations(names: readonly string[]): string {
  const shown = names.length <= NAMED_AT_MOST + 1 ? names : names.slice(0, NAMED_AT_MOST)
  const rest = names.length - shown.length
  return `the automation${names.length === 1 ? '' : 's'} ${listed(rest === 0 ? shown : [...shown, `${rest} more`])}`
}

const listed = (words: readonly string[]): string =>
  words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`

function inWords({ what, object, fields }: Write, objects: ReadonlyMap<string, ObjectDefinition>): string {
  const known = object === null ? undefined : objects.get(object)
  const where = object === null ? 'a record' : `a record of ${known?.name ?? object}`
  if (what !== 'changes') return `${what} ${where}`
  const names = Object.keys(fields).map((slug) => fieldName(known, slug))
  return `changes ${listed(names)} of ${where}`
}

function guardHint(trigger: Trigger, { what, fields }: Write): string {
  if (what !== 'changes') return 'add a condition that the new record does not meet'
  const [slug] = Object.keys(fields)
  if (trigger.event === 'date.reached')
    return `it runs again when the new ${trigger.field} is reached; write another field if that is not wanted`
  if (trigger.event === 'record.updated')
    return 'use the trigger Field Changed on the field that matters, or a condition on its previous value'
  return `add a condition on the previous value, such as previous.${slug}`
}

/** Whether what is written can start an automation. */
function hears({ trigger }: AutomationDocument, write: Write): boolean {
  const listener = recordTrigger(trigger)
  if (listener === null || write.object === null || objectSlug(listener.object) !== write.object) return false
  if (listener.event === 'record.created') return write.what === 'creates'
  if (listener.event === 'record.deleted') return write.what === 'deletes'
  if (write.what !== 'changes') return false
  if (listener.event === 'record.updated') return true
  if (!Object.hasOwn(write.fields, listener.field)) return false
  const value = write.fields[listener.field]
  return listener.to === undefined || isTemplated(value) || isAnyOf(value, listener.to)
}

/** Whether what is written is the date that the automation itself follows: it isn't started at once, but it never ends. */
function movesOwnDate({ trigger }: AutomationDocument, { what, object, fields }: Write): boolean {
  if (trigger.event !== 'date.reached' || what !== 'changes' || object !== objectSlug(trigger.object)) return false
  const value = fields[trigger.field]
  return Object.hasOwn(fields, trigger.field) && value !== null && value !== ''
}

function recordTrigger(trigger: Trigger): RecordTrigger | null {
  return trigger.event === 'field.changed' || trigger.event.startsWith('record.') ? (trigger as RecordTrigger) : null
}

/** A value as it compares with another: an object by its JSON, since its `toString` may be no function. */
function textOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '')
}

function isAnyOf(value: unknown, wanted: unknown): boolean {
  const list = Array.isArray(wanted) ? wanted : [wanted]
  return list.some((one) => textOf(one) === textOf(value))
}

/**
 * Whether a rule that must hold stops holding once this is written: `status equals new` before `status: contacted`, or
 * any rule on a change of a field that isn't written.
 */
function isGuarded(conditions: Group, write: Write): boolean {
  if (write.what !== 'changes') return false
  const rules = conditions.match === 'all' || conditions.rules.length === 1 ? conditions.rules : []
  return rules.some((rule) => {
    return isGroup(rule) ? isGuarded(rule, write) : stopsHolding(rule, write.fields)
  })
}

function stopsHolding({ field, operator, value }: Rule, fields: Readonly<Record<string, unknown>>): boolean {
  const looksBack = ['changed', 'changed_to', 'changed_from', 'increased', 'decreased'].includes(operator)
  if (field.startsWith('previous.')) return Object.hasOwn(fields, field.slice('previous.'.length))
  if (!Object.hasOwn(fields, field)) return looksBack
  const written = fields[field]
  if (isTemplated(written) || isTemplated(value)) return false
  const empty = written === null || written === '' || (Array.isArray(written) && written.length === 0)
  switch (operator) {
    case 'equals':
    case 'changed_to':
      return textOf(written) !== textOf(value)
    case 'in':
      return Array.isArray(value) && !isAnyOf(written, value)
    case 'not_equals':
      return textOf(written) === textOf(value)
    case 'not_in':
      return Array.isArray(value) && isAnyOf(written, value)
    case 'is_empty':
      return !empty
    case 'is_not_empty':
      return empty
    default:
      return false
  }
}

function writesOf(
  document: AutomationDocument,
  objects: ReadonlyMap<string, ObjectDefinition>,
  places?: ReadonlyMap<Action, ActionPlace>,
): Write[] {
  const { trigger } = document
  const own = 'object' in trigger && trigger.object !== undefined ? objectSlug(trigger.object) : null
  const found: Write[] = []
  const made = new Map<string, string>()
  const visit = (actions: readonly Action[], base: string, item: string | null): void => {
    for (const [index, action] of actions.entries()) {
      const path = places?.get(action)?.path ?? `${base}/${index}`
      const { config } = action
      if (action.type === 'branch') {
        for (const [n, arm] of (config['conditions'] as BranchArm[]).entries()) {
          const way = 'else' in arm ? 'else' : 'then'
          visit('else' in arm ? arm.else : arm.then, `${path}/config/conditions/${n}/${way}`, item)
        }
      } else if (action.type === 'for_each')
        visit(config['actions'] as Action[], `${path}/config/actions`, itemsObject(config['items'], made))
      else if (action.type === 'create_record') {
        const object = objectSlug(String(config['object_definition_id']))
        made.set(action.key, object)
        found.push({ path, what: 'creates', object, fields: {} })
      } else if (action.type === 'find_records') made.set(action.key, objectSlug(String(config['object'])))
      else if (action.type === 'update_record' || action.type === 'delete_record') {
        const object = writtenRecord(config['record_id'], { own, item, made, objects })
        const fields = action.type === 'update_record' ? ((config['fields'] ?? {}) as Record<string, unknown>) : {}
        found.push({ path, what: action.type === 'update_record' ? 'changes' : 'deletes', object, fields })
      }
      if (typeof action.on_error === 'object') visit(action.on_error.actions, `${path}/on_error/actions`, item)
    }
  }
  visit(document.actions, '/actions', null)
  return found
}

interface KnownRecords {
  /** objects by what names them: the record that started the run, the loop's item, the steps' records */
  readonly own: string | null
  readonly item: string | null
  readonly made: ReadonlyMap<string, string>
  readonly objects: ReadonlyMap<string, ObjectDefinition>
}

/** The object of the record that an id belongs to, null when only the run knows. */
function writtenRecord(id: unknown, { own, item, made, objects }: KnownRecords): string | null {
  if (id === undefined) return own
  const use = plainPath(id)
  const [first] = use?.path ?? []
  if (use?.root === 'steps') return made.get(String(first)) ?? null
  if (use?.root === 'item') return first === 'id' ? item : null
  if (use?.root !== 'record' || own === null) return null
  if (first === 'id') return own
  const field = objects.get(own)?.fields.find(({ slug }) => slug === first)
  return field?.type === 'reference' && field.options?.object !== undefined ? objectSlug(field.options.object) : null
}

/** The object of a loop's items, when they are the records that a step found. */
function itemsObject(items: unknown, made: ReadonlyMap<string, string>): string | null {
  const use = plainPath(typeof items === 'string' && !items.includes('{{') ? `{{${items}}}` : items)
  return use?.root === 'steps' && use.path[1] === 'records' ? (made.get(String(use.path[0])) ?? null) : null
}
