import { plainArray, textArray } from '../db/arrays.ts'
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
  /** a run that this very transaction saves begins to watch the record, which no statement can see yet */
  watched?: boolean
}

/** JSON of values that several events of a batch share, such as a record's values. */
const written = new WeakMap<object, string>()

/** The JSON of an object that doesn't change any more, made once. */
export function sharedJson(value: object): string {
  let text = written.get(value)
  if (text === undefined) {
    text = JSON.stringify(value)
    written.set(value, text)
  }
  return text
}

function json(value: object | null): string | null {
  return value === null ? null : sharedJson(value)
}

/** The parameters that `eventRows` reads: one array a column, in the order of writing. */
export function eventColumns(events: readonly NewEvent[]): unknown[] {
  return [
    plainArray(events.map((event) => event.workspaceId)),
    plainArray(events.map((event) => event.id)),
    textArray(events.map((event) => event.type)),
    textArray(events.map((event) => event.object)),
    plainArray(events.map((event) => event.recordId)),
    textArray(events.map((event) => event.source)),
    textArray(events.map((event) => event.actor)),
    plainArray(events.map((event) => event.lane)),
    plainArray(events.map((event) => event.automationId)),
    textArray(events.map((event) => json(event.changes))),
    textArray(events.map((event) => json(event.after))),
    textArray(events.map((event) => json(event.payload))),
    plainArray(events.map((event) => event.chain.id)),
    plainArray(events.map((event) => event.chain.depth)),
    textArray(
      events.map((event) => (event.chain.path.length === 0 ? null : json(event.chain.path as unknown as object))),
    ),
    plainArray(events.map((event) => event.watched === true)),
  ]
}

/** The CTE `event_rows` over the parameters of `eventColumns`, the first of which is `$first`. */
export function eventRows(first: number, where = ''): string {
  const types = 'uuid uuid text text uuid text text smallint uuid text text text uuid smallint text boolean'.split(' ')
  const columns = types.map((type, i) => `$${first + i}::${type}[]`)
  return `event_rows as materialized (
    select * from unnest(${columns.join(', ')}) with ordinality as x(workspace_id, id, type, object, record_id, source, actor,
      lane, automation_id, changes, after, payload, chain_id, depth, path, watched, n) ${where}
  )`
}

/** A date that an automation follows may have changed, begun or ended. */
const MOVES_DATE = `(e.type in ('record.created', 'record.deleted')
            or (e.type = 'record.updated' and (e.changes::json -> (a.document #>> '{trigger,field}')) is not null))`

/**
 * Writes events and, in the same statement, the right to start runs for those that somebody listens to.
 * Expects the CTE of `eventRows`. Whether an automation listens is decided here, by the
 * database, and never from a cache: an automation activated a moment ago misses nothing. A run that watches the record
 * listens too (a scalar subquery: as `exists` it may be planned as a scan of all that watch).
 *
 * `seq` is drawn while the writer holds the record's row lock, so within one record it is the order of commits.
 */
export const EVENTS_CTE = `
  written_events as (
    insert into events (workspace_id, id, type, object, record_id, at, source, actor, lane, automation_id, changes, after,
      payload, chain_id, depth, path)
    select workspace_id, id, type, object, record_id, date_trunc('milliseconds', clock_timestamp()), source, actor, lane,
      automation_id, changes::json, after::json, payload::json, chain_id, depth, path::json
    from event_rows order by n
  ),
  queued_events as (
    insert into outbox (workspace_id, lane, record_id, event_id)
    select e.workspace_id, e.lane, e.record_id, e.id
    from event_rows e
    where e.automation_id is not null or e.watched or exists (
      select from automations a
      where a.workspace_id = e.workspace_id and a.trigger_object = e.object and a.status = 'active' and a.deleted_at is null
        and (a.trigger_event = e.type or (e.type = 'record.updated' and a.trigger_event = 'field.changed')
          or (a.trigger_event = 'date.reached' and ${MOVES_DATE})))
      or (select w.id from runs_live w where w.workspace_id = e.workspace_id and w.record_id = e.record_id and w.watches limit 1)
        is not null
    order by e.n
    returning 1
  )`
