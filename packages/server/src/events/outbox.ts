import type { Changes, Chain, EventPayload, EventType, Lane, Source } from '@kantos/model'

/** An event about to be written; ids are UUIDs. Its time is given by the database as it is written. */
export interface NewEvent {
  workspaceId: string
  id: string
  type: EventType
  object: string | null
  recordId: string | null
  source: Source
  actor: string | null
  lane: Lane
  automationId: string | null
  changes: Changes | null
  after: Record<string, unknown> | null
  payload: EventPayload | null
  chain: Chain
}

/** The JSON row that `EVENTS_CTE` reads. `n` keeps the order of writing. */
export function eventRow(event: NewEvent, n: number): object {
  return {
    n,
    workspace_id: event.workspaceId,
    id: event.id,
    type: event.type,
    object: event.object,
    record_id: event.recordId,
    source: event.source,
    actor: event.actor,
    lane: event.lane,
    automation_id: event.automationId,
    changes: event.changes,
    after: event.after,
    payload: event.payload,
    chain_id: event.chain.id,
    depth: event.chain.depth,
    path: event.chain.path.length === 0 ? null : event.chain.path,
  }
}

/**
 * Writes events and, in the same statement, the right to start runs for those that somebody listens to.
 * Expects a CTE `event_rows` with the columns of `EVENT_COLUMNS`. Whether an automation listens is decided here, by the
 * database, and never from a cache: an automation activated a moment ago misses nothing.
 *
 * `seq` is drawn while the writer holds the record's row lock, so within one record it is the order of commits.
 */
export const EVENTS_CTE = `
  written_events as (
    insert into events (workspace_id, id, type, object, record_id, at, source, actor, lane, automation_id, changes, after,
      payload, chain_id, depth, path)
    select workspace_id, id, type, object, record_id, date_trunc('milliseconds', clock_timestamp()), source, actor, lane,
      automation_id, changes, after, payload, chain_id, depth, path
    from event_rows order by n
  ),
  queued_events as (
    insert into outbox (workspace_id, lane, record_id, event_id)
    select e.workspace_id, e.lane, e.record_id, e.id
    from event_rows e
    where e.automation_id is not null or exists (
      select from automations a
      where a.workspace_id = e.workspace_id and a.trigger_object = e.object and a.status = 'active' and a.deleted_at is null
        and (a.trigger_event = e.type or (e.type = 'record.updated' and a.trigger_event = 'field.changed')))
    order by e.n
    returning 1
  )`

export const EVENT_COLUMNS = `(n int, workspace_id uuid, id uuid, type text, object text, record_id uuid, source text,
  actor text, lane smallint, automation_id uuid, changes jsonb, after jsonb, payload jsonb, chain_id uuid, depth smallint,
  path jsonb)`
