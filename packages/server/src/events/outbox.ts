import { type Column, columnValues, rowsSource } from '../db/columns.ts'
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
  /** somebody listens whom the statement can't see: a run that this very transaction saves begins to watch the record */
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

const COLUMNS: readonly Column<NewEvent>[] = [
  { name: 'workspace_id', type: 'uuid', of: (event) => event.workspaceId },
  { name: 'id', type: 'uuid', of: (event) => event.id },
  { name: 'type', type: 'text', of: (event) => event.type },
  { name: 'object', type: 'text', of: (event) => event.object },
  { name: 'record_id', type: 'uuid', of: (event) => event.recordId },
  { name: 'source', type: 'text', of: (event) => event.source },
  { name: 'actor', type: 'text', of: (event) => event.actor },
  { name: 'lane', type: 'smallint', of: (event) => event.lane },
  { name: 'automation_id', type: 'uuid', of: (event) => event.automationId },
  { name: 'changes', type: 'text', of: (event) => json(event.changes) },
  { name: 'after', type: 'text', of: (event) => json(event.after) },
  { name: 'payload', type: 'text', of: (event) => json(event.payload) },
  { name: 'chain_id', type: 'uuid', of: (event) => event.chain.id },
  { name: 'depth', type: 'smallint', of: (event) => event.chain.depth },
  { name: 'path', type: 'text', of: ({ chain }) => (chain.path.length === 0 ? null : json(chain.path as object)) },
  { name: 'watched', type: 'boolean', of: (event) => event.watched === true },
]

/** How many parameters `eventRows` reads. */
export const EVENT_COLUMNS = COLUMNS.length

/** The parameters that `eventRows` reads, in the order of writing. @param single for a statement of one event */
export function eventColumns(events: readonly NewEvent[], single = false): unknown[] {
  return columnValues(COLUMNS, events, single)
}

/** The CTE `event_rows` over the parameters of `eventColumns`, the first of which is `$first`. */
export function eventRows(first: number, where = '', single = false): string {
  return `event_rows as materialized (select * from ${rowsSource(COLUMNS, first, single)} ${where})`
}

/** A date that an automation follows may have changed, begun or ended. */
const MOVES_DATE = `(e.type in ('record.created', 'record.deleted')
            or (e.type = 'record.updated' and (e.changes::json -> (a.document #>> '{trigger,field}')) is not null))`

const WRITTEN = `
  written_events as (
    insert into events (workspace_id, id, type, object, record_id, at, source, actor, lane, automation_id, changes, after,
      payload, chain_id, depth, path)
    select workspace_id, id, type, object, record_id, date_trunc('milliseconds', clock_timestamp()), source, actor, lane,
      automation_id, changes::json, after::json, payload::json, chain_id, depth, path::json
    from event_rows order by n
  )`

const queued = (listened: string) => `
  queued_events as (
    insert into outbox (workspace_id, lane, record_id, event_id)
    select e.workspace_id, e.lane, e.record_id, e.id
    from event_rows e
    where e.automation_id is not null or e.watched ${listened}
    order by e.n
    returning 1
  )`

/**
 * Writes events and, in the same statement, the right to start runs for those that somebody listens to.
 * Expects the CTE of `eventRows`. Whether an automation listens is decided here, by the
 * database, and never from a cache: an automation activated a moment ago misses nothing. A run that watches the record
 * listens too (a scalar subquery: as `exists` it may be planned as a scan of all that watch).
 *
 * `seq` is drawn while the writer holds the record's row lock, so within one record it is the order of commits.
 */
export const EVENTS_CTE = `${WRITTEN}, ${queued(`or exists (
      select from automations a
      where a.workspace_id = e.workspace_id and a.trigger_object = e.object and a.status = 'active' and a.deleted_at is null
        and (a.trigger_event = e.type or (e.type = 'record.updated' and a.trigger_event = 'field.changed')
          or (a.trigger_event = 'date.reached' and ${MOVES_DATE})))
      or (select w.id from runs_live w where w.workspace_id = e.workspace_id and w.record_id = e.record_id and w.watches limit 1)
        is not null`)}`

/**
 * The same for the events of new records in a statement that writes nothing unless the workspace's revision is the one its
 * listeners were read at: the caller has marked as `watched` what they listen to. No run watches a record that is only being made.
 */
export const GUARDED_EVENTS_CTE = `${WRITTEN}, ${queued('')}`
