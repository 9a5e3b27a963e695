import type { ChainLink, Changes, CrmEvent, EventPayload, EventType, FieldValues, Lane, Source } from '@kantos/model'

/** A row of `events` as it is read. */
export interface EventRow {
  id: string
  workspace_id: string
  type: EventType
  object: string | null
  record_id: string | null
  at: Date
  source: Source
  actor: string | null
  lane: Lane
  automation_id: string | null
  changes: Changes | null
  after: FieldValues | null
  payload: EventPayload | null
  chain_id: string
  depth: number
  path: ChainLink[] | null
}

/** The event that a row holds. */
export function eventOf(row: EventRow): CrmEvent {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    type: row.type,
    object: row.object,
    recordId: row.record_id,
    at: row.at,
    source: row.source,
    actor: row.actor,
    lane: row.lane,
    automationId: row.automation_id,
    changes: row.changes,
    after: row.after,
    payload: row.payload,
    chain: { id: row.chain_id, depth: row.depth, path: row.path ?? [] },
  }
}
