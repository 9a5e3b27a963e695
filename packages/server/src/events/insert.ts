import type { Queryable } from '../db/pool.ts'
import { EVENTS_CTE, eventColumns, eventRows, type NewEvent } from './outbox.ts'

/**
 * Writes events that no record's write carries: a schedule's ticks, webhook calls.
 *
 * @returns how many of them somebody listens to
 */
export async function insertEvents(db: Queryable, events: readonly NewEvent[]): Promise<number> {
  if (events.length === 0) return 0
  const { rows } = await db.query<{ queued: number }>({
    name: 'events-insert',
    text: `with ${eventRows(1)}, ${EVENTS_CTE}
      select count(*)::int as queued from queued_events`,
    values: eventColumns(events),
  })
  return rows[0]!.queued
}
