import type { IF_PAST, ON_TIMEOUT, WaitEvent } from '../actions/wait.ts'
import type { RunErrorCode } from '../errors.ts'
import type { CrmEvent } from '../event.ts'
import { toText } from '../expressions/index.ts'
import { eventFits } from '../match.ts'
import { parseMoment } from '../notation.ts'
import { addBusinessTime, type BusinessHours, durationMs, nextOpening } from '../schedule/index.ts'
import type { Command, StepDraft, StepOutcome } from './command.ts'

/** later than any wait can be told apart from "never" */
const LAST_INSTANT = Date.UTC(9999, 11, 31)

/** The event of its record that a run waits for. */
export interface AwaitedEvent {
  event: WaitEvent
  field?: string
  from?: unknown
  to?: unknown
  onTimeout: (typeof ON_TIMEOUT)[number]
}

/** What an event wait gives to later steps. */
export interface WaitOutput {
  event: WaitEvent | 'timeout' | 'resumed'
  event_id?: string
  changes?: CrmEvent['changes']
  timed_out: boolean
}

/**
 * Plans a wait: until when, and for what.
 *
 * @param config rendered
 * @param hours the workspace's calendar
 * @param nowMs epoch ms
 * Source: SPEC.md, section 6; SPEC-DETAILS.md, section 6
 */
export function planWait(
  draft: StepDraft,
  config: Record<string, unknown>,
  hours: BusinessHours,
  nowMs: number,
): Command {
  const inHours = config.business_hours === true
  const late = (words: string) => ended(draft, failure('EXPRESSION', words))
  if (config.event !== undefined) {
    const timeout = config.timeout as { duration: unknown; unit: unknown }
    const until = momentAfter(timeout.duration, timeout.unit, inHours ? hours : null, nowMs)
    if (typeof until === 'string') return late(until)
    const awaits: AwaitedEvent = {
      event: config.event as WaitEvent,
      onTimeout: (config.on_timeout as AwaitedEvent['onTimeout'] | undefined) ?? 'continue',
    }
    for (const key of ['field', 'from', 'to'] as const)
      if (config[key] !== undefined) awaits[key] = config[key] as string
    return { kind: 'wait', draft, until: new Date(until).toISOString(), awaits }
  }
  if (config.until === undefined) {
    const until = momentAfter(config.duration, config.unit, inHours ? hours : null, nowMs)
    return typeof until === 'string' ? late(until) : { kind: 'wait', draft, until: new Date(until).toISOString() }
  }
  const text = toText(config.until).trim()
  const moment = parseMoment(text)
  if (moment === undefined)
    return late(`“until” must be a date; it is ${text === '' ? 'empty' : JSON.stringify(text)}.`)
  const ifPast = (config.if_past as (typeof IF_PAST)[number] | undefined) ?? 'continue'
  // the date itself is judged, not the opening that follows it
  if (moment.ms <= nowMs && ifPast !== 'continue') return past(draft, new Date(moment.ms).toISOString(), ifPast)
  const until = inHours ? nextOpening(hours, moment.ms) : moment.ms
  if (until === null) return late('The workspace has no business hours after that date.')
  if (until > LAST_INSTANT) return late('The wait would end after the year 9999.')
  return { kind: 'wait', draft, until: new Date(until).toISOString() }
}

/** Epoch ms, or why there is no such moment. */
function momentAfter(amount: unknown, unit: unknown, hours: BusinessHours | null, nowMs: number): number | string {
  const duration = durationMs(amount, unit)
  if (duration === null)
    return `The wait needs a number, not negative, and a unit; it has ${JSON.stringify(amount ?? null)} ${toText(unit)}.`
  const until = hours === null ? nowMs + duration : addBusinessTime(hours, nowMs, duration, toText(unit))
  if (until === null) return 'The workspace has no business hours for that long.'
  return until > LAST_INSTANT ? 'The wait would end after the year 9999.' : until
}

function past(draft: StepDraft, until: string, ifPast: 'skip' | 'fail'): Command {
  if (ifPast === 'fail') return ended(draft, failure('WAIT_PAST', `The date has passed already: ${until}.`))
  return ended(draft, { status: 'skipped', output: { until, past: true } })
}

function ended(draft: StepDraft, outcome: StepOutcome): Command {
  return { kind: 'settled', draft, outcome }
}

function failure(code: RunErrorCode, message: string): StepOutcome {
  return { status: 'failed', output: null, error: { code, message } }
}

/** Whether an event of the run's record is the one it waits for. */
export function answersWait(event: CrmEvent, awaits: AwaitedEvent): boolean {
  const { onTimeout: _, ...trigger } = awaits
  return (
    event.object !== null && eventFits(event, { ...trigger, object: event.object } as Parameters<typeof eventFits>[1])
  )
}

/**
 * How a wait ends that nothing ended before its time.
 *
 * @param early somebody ended it by hand, before it was over
 * @returns `stop`: the run ends with it, as succeeded
 */
export function waitEnd(
  command: Extract<Command, { kind: 'wait' }>,
  early: boolean,
): { outcome: StepOutcome; stop: boolean } {
  const { until, awaits } = command
  if (awaits === undefined) return { outcome: { status: 'succeeded', output: { until } }, stop: false }
  const output: WaitOutput = { event: early ? 'resumed' : 'timeout', timed_out: !early }
  if (early || awaits.onTimeout === 'continue') return { outcome: { status: 'succeeded', output }, stop: false }
  if (awaits.onTimeout === 'stop') return { outcome: { status: 'succeeded', output }, stop: true }
  const message = `${awaitedWords(awaits)} did not happen in time, by ${until}.`
  return { outcome: { status: 'failed', output, error: { code: 'WAIT_TIMEOUT', message } }, stop: false }
}

/** `A change of stage to "Won"`: what a run waits for, in words. */
export function awaitedWords({ event, field, from, to }: Omit<AwaitedEvent, 'onTimeout'>): string {
  if (event === 'record.deleted') return 'The record’s deletion'
  if (event === 'record.updated') return 'A change of the record'
  const say = (value: unknown) => (value === null ? 'empty' : JSON.stringify(value))
  return [
    `A change of ${field}`,
    ...(from === undefined ? [] : [`from ${say(from)}`]),
    ...(to === undefined ? [] : [`to ${say(to)}`]),
  ].join(' ')
}
