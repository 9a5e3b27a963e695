import type { CrmEvent, Source } from '@kantos/model'
import type { NewEvent } from '../events/outbox.ts'
import type { RecordRow } from '../records/row.ts'
import type { Setting } from './setting.ts'

/** What is said to happen. */
export interface Occurrence {
  event: CrmEvent
  /** it is in no table */
  invented: boolean
  /** why nothing starts, though the event may fit the trigger; null: nothing is in the way */
  why: string | null
}

/** The event of a write that was played. */
export function happened({ nowMs }: Setting, event: NewEvent): Occurrence {
  return { event: { ...event, at: new Date(nowMs) }, invented: true, why: null }
}

/** An event that no write makes. */
export function told(
  { workspaceId, tried, cause, nowMs, newId }: Setting,
  type: CrmEvent['type'],
  source: Source,
  row: RecordRow | null,
  payload: CrmEvent['payload'],
): Occurrence {
  const id = newId()
  const event: CrmEvent = {
    id,
    workspaceId,
    type,
    object: row?.object ?? null,
    recordId: row?.id ?? null,
    at: new Date(nowMs),
    source,
    actor: type === 'schedule' || type === 'date.reached' || type === 'webhook.received' ? null : cause.actor,
    lane: 1,
    automationId: type.startsWith('record.') ? null : tried.id,
    changes: type === 'record.updated' ? {} : null,
    after: row?.data ?? null,
    payload,
    chain: { id, depth: 0, path: [] },
  }
  return { event, invented: true, why: null }
}
