import type { Queryable } from '../db/pool.ts'
import { EVENT_COLUMNS, EVENTS_CTE, eventRow, type NewEvent } from './outbox.ts'

/**
 * Writes events that no record's write carries: a schedule's ticks, webhook calls.
 *
 * @returns how many of them somebody listens to
 */
export async function insertEvents(db: Queryable, events: readonly NewEvent[]): Promise<number> {
  if (events.length === 0) return 0
  const { rows } = await db.query<{ queued: number }>({
    name: 'events-insert',
    text: `with event_rows as materialized (select * from json_to_recordset($1::json) as x${EVENT_COLUMNS}), ${EVENTS_CTE}
      select count(*)::int as queued from queued_events`,
    values: [JSON.stringify(events.map(eventRow))],
  })
  return rows[0]!.queued
}
