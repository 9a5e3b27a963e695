import { query, type Queryable } from '../db/pool.ts'
import { eventColumns, eventRows, type NewEvent } from './outbox.ts'

/**
 * Writes events that give nobody the right to start runs: whoever calls starts theirs in the same transaction.
 *
 * @returns the database's time of each, by event id
 */
export async function noteEvents(db: Queryable, events: readonly NewEvent[]): Promise<ReadonlyMap<string, Date>> {
  if (events.length === 0) return new Map()
  const { rows } = await query<{ id: string; at: Date }>(db, {
    name: 'events-note',
    text: `with ${eventRows(1)}
      insert into events (workspace_id, id, type, object, record_id, at, source, actor, lane, automation_id, changes, after,
        payload, chain_id, depth, path)
      select workspace_id, id, type, object, record_id, date_trunc('milliseconds', clock_timestamp()), source, actor, lane,
        automation_id, changes::json, after::json, payload::json, chain_id, depth, path::json
      from event_rows order by n
      returning id, at`,
    values: eventColumns(events),
  })
  return new Map(rows.map(({ id, at }) => [id, at]))
}
