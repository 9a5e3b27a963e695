import { z } from 'zod'
import type { CrmEvent } from './event.ts'
import { objectSlug } from './object-slug.ts'

const objectRef = z.string().min(1).max(100)

const recordCreated = z.strictObject({ event: z.literal('record.created'), object: objectRef })
const recordUpdated = z.strictObject({ event: z.literal('record.updated'), object: objectRef })
const recordDeleted = z.strictObject({ event: z.literal('record.deleted'), object: objectRef })
const fieldChanged = z.strictObject({
  event: z.literal('field.changed'),
  object: objectRef,
  field: z.string().min(1).max(100),
  from: z.json().optional(),
  to: z.json().optional(),
})
const schedule = z.strictObject({
  event: z.literal('schedule'),
  cron: z.string().max(200),
  timezone: z.string().max(100).optional(),
  misfire: z.enum(['latest', 'skip', 'all']).optional(),
  object: objectRef.optional(),
  filters: z.record(z.string(), z.json()).optional(),
})

export const WEBHOOK_AUTH_TYPES = ['token', 'signature', 'none'] as const
const webhookAuth = z.union([
  z.enum(WEBHOOK_AUTH_TYPES),
  z.strictObject({ type: z.enum(WEBHOOK_AUTH_TYPES), secret: z.string().max(500).optional() }),
])
const webhookReceived = z.strictObject({
  event: z.literal('webhook.received'),
  object: objectRef.optional(),
  auth: webhookAuth.optional(),
})

/** Units of a date trigger's offset: the last four are counted on the calendar, the first two are real time. */
export const DATE_OFFSET_UNITS = ['minutes', 'hours', 'days', 'weeks', 'months', 'years'] as const
const dateReached = z.strictObject({
  event: z.literal('date.reached'),
  object: objectRef,
  field: z.string().min(1).max(100),
  offset: z
    .strictObject({ amount: z.int().describe('less than 0: before the date'), unit: z.enum(DATE_OFFSET_UNITS) })
    .optional(),
  at: z.string().max(5).optional().describe('HH:MM; default for a date field: 09:00'),
  timezone: z.string().max(100).optional(),
  yearly: z.boolean().optional(),
})
const manual = z.strictObject({ event: z.literal('manual'), object: objectRef })

/** What starts an automation. Source: SPEC.md, section 4 */
export const triggerSchema = z.discriminatedUnion('event', [
  recordCreated,
  recordUpdated,
  fieldChanged,
  recordDeleted,
  schedule,
  dateReached,
  webhookReceived,
  manual,
])
export type Trigger = z.infer<typeof triggerSchema>
export type TriggerEvent = Trigger['event']

export const TRIGGERS: Record<TriggerEvent, { label: string; hint: string }> = {
  'record.created': { label: 'Record Created', hint: 'when a record is created' },
  'record.updated': { label: 'Record Updated', hint: 'when at least one field of a record changes' },
  'field.changed': { label: 'Field Changed', hint: 'when one field of a record changes' },
  'record.deleted': { label: 'Record Deleted', hint: 'when a record is deleted' },
  schedule: { label: 'Schedule', hint: 'at set times' },
  'date.reached': { label: 'Date Reached', hint: 'on, before or after a date of a record' },
  'webhook.received': { label: 'Webhook Received', hint: 'when its own URL is called' },
  manual: { label: 'Manual', hint: 'when somebody starts it' },
}

/**
 * What the runs of a trigger are about, in words: `records of deals`, `calls of a webhook`, or `ticks of a schedule`.
 * A run can't go on, or begin again, where the automation is about something else by now.
 */
export function subjectOf(trigger: Trigger): string {
  if (trigger.event === 'webhook.received') return CALLS
  return trigger.object === undefined ? TICKS : recordsOf(objectSlug(trigger.object))
}

/** What a run that an event starts is about, in the words of `subjectOf`. */
export function subjectOfEvent({ type, object }: Pick<CrmEvent, 'type' | 'object'>): string {
  if (type === 'webhook.received') return CALLS
  return object === null ? TICKS : recordsOf(object)
}

const CALLS = 'calls of a webhook'
const TICKS = 'ticks of a schedule'

function recordsOf(object: string): string {
  return `records of ${object}`
}
