import { query, type Queryable } from '../db/pool.ts'
import type { LogRow } from './shape.ts'

const LONGEST = 200

/** What a record of `object` with the values `data` is called: its name or title, else its first text that isn't empty. */
const nameOf = (data: string, object: string): string => `left(coalesce(
    nullif(btrim(${data} ->> 'name'), ''),
    nullif(btrim(${data} ->> 'title'), ''),
    (select ${data} ->> f.slug from fields f
      where f.workspace_id = $1 and f.object = ${object} and f.type in ('text', 'email', 'phone', 'url') and btrim(${data} ->> f.slug) <> ''
      order by f.position limit 1)
  ), ${LONGEST})`

/**
 * What the triggering records of runs are called: the record as it is, of one that is gone as the run's event knew it last. Two statements at
 * most, whatever the number of runs.
 *
 * @returns run's uuid → name; without those that have none
 */
export async function readRecordNames(
  db: Queryable,
  workspaceId: string,
  rows: readonly Pick<LogRow, 'id' | 'record_id' | 'event_id'>[],
): Promise<Map<string, string>> {
  const names = new Map<string, string>()
  const ids = new Set(rows.flatMap(({ record_id: id }) => id ?? []))
  if (ids.size === 0) return names
  const records = await readNames(db, workspaceId, RECORDS, [...ids])
  const gone = rows.filter(({ record_id: id }) => id !== null && !records.has(id))
  const eventIds = new Set(gone.flatMap(({ event_id: id }) => id ?? []))
  const events = eventIds.size === 0 ? new Map() : await readNames(db, workspaceId, EVENTS, [...eventIds])
  for (const { id, record_id: recordId, event_id: eventId } of rows) {
    if (recordId === null) continue
    const name = records.has(recordId) ? records.get(recordId) : eventId === null ? null : events.get(eventId)
    if (typeof name === 'string') names.set(id, name)
  }
  return names
}

const RECORDS = {
  name: 'log-record-names',
  text: `select r.id, ${nameOf('r.data', 'r.object')} as name from records r where r.workspace_id = $1 and r.id = any($2::uuid[])`,
}
const EVENTS = {
  name: 'log-event-record-names',
  text: `select e.id, ${nameOf('e.after', 'e.object')} as name from events e where e.workspace_id = $1 and e.id = any($2::uuid[])`,
}

async function readNames(
  db: Queryable,
  workspaceId: string,
  statement: { name: string; text: string },
  ids: readonly string[],
): Promise<Map<string, string | null>> {
  const { rows } = await query<{ id: string; name: string | null }>(db, { ...statement, values: [workspaceId, ids] })
  return new Map(rows.map(({ id, name }) => [id, name]))
}
