import type { FieldValues } from './record.ts'

export const EVENT_TYPES = [
  'record.created',
  'record.updated',
  'record.deleted',
  'schedule',
  'date.reached',
  'webhook.received',
  'manual',
] as const
/** What happened. `field.changed` is a trigger on `record.updated`, not an event of its own. */
export type EventType = (typeof EVENT_TYPES)[number]

export const SOURCES = ['ui', 'api', 'import', 'automation', 'intake', 'schedule', 'webhook', 'manual'] as const
export type Source = (typeof SOURCES)[number]

/** Lanes of work: 0 somebody waits, 1 normal, 2 bulk. An event inherits the lane of its cause. */
export type Lane = 0 | 1 | 2

export type Changes = Record<string, { from: unknown; to: unknown }>

/** One link of a chain: [automation id, record id or null, run id], as UUIDs. */
export type ChainLink = readonly [automationId: string, recordId: string | null, runId: string]

/**
 * The chain of causes an event belongs to.
 * `depth` 0 is an outside write; a write by a run of depth n has depth n. `path` holds at most the last 20 runs.
 */
export interface Chain {
  id: string
  depth: number
  path: readonly ChainLink[]
}

export interface WebhookPayload {
  body: unknown
  headers: Record<string, string>
  query: Record<string, string>
}

/** An event as the engine sees it; ids are UUIDs, `at` is the database's clock. */
export interface CrmEvent {
  id: string
  workspaceId: string
  type: EventType
  object: string | null
  recordId: string | null
  at: Date
  source: Source
  actor: string | null
  lane: Lane
  /** set when the event is for one automation alone (schedule, date, webhook, manual) */
  automationId: string | null
  changes: Changes | null
  /** the record's values after the write; of a deletion the last ones */
  after: FieldValues | null
  payload: EventPayload | null
  chain: Chain
}

export interface EventPayload {
  webhook?: WebhookPayload
  /** the schedule's tick: ISO instant and the schedule's zone */
  tick?: { at: string; timezone: string }
  /** the date that was reached: the field, its date, when that was due (ISO instant), and the trigger's zone */
  date?: { field: string; date: string; at: string; timezone: string }
  /** public id of the enlistment that the record was run for */
  enlistment?: string
  /** the deliverer's own chain, of a webhook call made by one of our runs */
  user?: { id: string; name: string; email: string }
}

/** The values before the event: `after` with each change turned back. Empty for a creation. */
export function valuesBefore(event: Pick<CrmEvent, 'type' | 'after' | 'changes'>): FieldValues {
  if (event.type === 'record.created') return {}
  const before: FieldValues = { ...event.after }
  if (event.type === 'record.deleted' || event.changes === null) return before
  for (const slug of Object.keys(event.changes)) {
    const from = event.changes[slug]!.from
    if (from === null || from === undefined) delete before[slug]
    else before[slug] = from
  }
  return before
}
