import { z } from 'zod'
import { numberOrTemplate, text } from './values.ts'

export const WAIT_UNITS = ['seconds', 'minutes', 'hours', 'days', 'weeks'] as const
const UNIT_NAMES = [...WAIT_UNITS, 'second', 'minute', 'hour', 'day', 'week'] as const
const unit = z.enum(UNIT_NAMES)

/** What a run can wait for: an event of its own record. */
export const WAIT_EVENTS = ['record.updated', 'field.changed', 'record.deleted'] as const
export type WaitEvent = (typeof WAIT_EVENTS)[number]

/** What becomes of a wait whose date has passed already. */
export const IF_PAST = ['continue', 'skip', 'fail'] as const
/** What becomes of a wait whose event didn't come in time. */
export const ON_TIMEOUT = ['continue', 'stop', 'fail'] as const

/**
 * Pause the run for a time, until a date, or until an event of its record with a time-out. `business_hours`: only the
 * workspace's opening hours count.
 */
export const waitConfig = z.strictObject({
  duration: numberOrTemplate.optional(),
  unit: unit.optional(),
  until: text.optional(),
  if_past: z.enum(IF_PAST).optional(),
  business_hours: z.boolean().optional(),
  event: z.enum(WAIT_EVENTS).optional(),
  field: z.string().min(1).max(100).optional(),
  from: z.json().optional(),
  to: z.json().optional(),
  timeout: z.strictObject({ duration: numberOrTemplate, unit }).optional(),
  on_timeout: z.enum(ON_TIMEOUT).optional(),
})
export type WaitConfig = z.infer<typeof waitConfig>

/** The keys of each kind of wait; `business_hours` goes with all. */
export const WAIT_KEYS = {
  event: ['event', 'field', 'from', 'to', 'timeout', 'on_timeout'],
  until: ['until', 'if_past'],
  duration: ['duration', 'unit'],
} as const

/** What a wait goes by: an event, a date or a time. */
export function waitKind({ event, until }: { event?: unknown; until?: unknown }): keyof typeof WAIT_KEYS {
  if (event !== undefined) return 'event'
  return until === undefined ? 'duration' : 'until'
}

export const wait = { type: 'wait', label: 'Wait / Delay', effect: false, config: waitConfig } as const
