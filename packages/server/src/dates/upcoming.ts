import { publicId, type UpcomingDate } from '@kantos/model'
import { type Queryable, query } from '../db/pool.ts'
import { readRecordNames } from '../log/record-names.ts'

const MOST = 20

/**
 * The records whose dates an automation reaches next, soonest first.
 *
 * @param field slug of the date
 */
export async function listUpcoming(
  db: Queryable,
  workspaceId: string,
  automationId: string,
  field: string,
): Promise<UpcomingDate[]> {
  const { rows } = await query<{ record_id: string; due_at: Date; value: string | null }>(db, {
    name: 'dates-upcoming',
    text: `select a.record_id, a.due_at, r.data ->> $3 as value from date_alarms a
      join records r on r.workspace_id = a.workspace_id and r.id = a.record_id
      where a.workspace_id = $1 and a.automation_id = $2 order by a.due_at limit ${MOST}`,
    values: [workspaceId, automationId, field],
  })
  const named = rows.map(({ record_id }) => ({ id: record_id, record_id, event_id: null }))
  const names = await readRecordNames(db, workspaceId, named)
  return rows.map(({ record_id, due_at, value }) => ({
    record_id: publicId('record', record_id),
    record_name: names.get(record_id) ?? null,
    date: value,
    due_at: due_at.toISOString(),
  }))
}
