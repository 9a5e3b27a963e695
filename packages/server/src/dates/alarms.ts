import { type DateTrigger, nextReached, type ReachedDate, timezoneOr } from '@kantos/model'
import { plainArray, textArray } from '../db/arrays.ts'
import { type Queryable, query } from '../db/pool.ts'

/** Whose date it is, for which automation. UUIDs. */
export interface AlarmOf {
  workspaceId: string
  automationId: string
  recordId: string
}

/** When a record's date is reached next; `reached` null: never, so that there is no alarm. */
export interface Alarm extends AlarmOf {
  reached: ReachedDate | null
  /** what it is remembered by once it is reached: `2026-12-01 close_date -3 days` */
  moment: string | null
}

/** The zone that a trigger counts in: its own, else the workspace's. */
export function zoneOfTrigger({ timezone }: DateTrigger, defaultZone: string | null): string {
  return timezoneOr(timezone ?? defaultZone)
}

/** The alarm of a record's values: the first moment after `afterMs`. */
export function alarmFor(of: AlarmOf, trigger: DateTrigger, zone: string, value: unknown, afterMs: number): Alarm {
  const reached = nextReached(trigger, zone, value, afterMs)
  return { ...of, reached, moment: reached === null ? null : momentOf(trigger, reached) }
}

/** What a date that was reached is remembered by: other offsets of it are other moments. */
export function momentOf({ field, offset }: DateTrigger, { date }: ReachedDate): string {
  return offset === undefined || offset.amount === 0
    ? `${date} ${field}`
    : `${date} ${field} ${offset.amount} ${offset.unit}`
}

const SET = `
  with given as materialized (
    select g.*, g.due_at is not null and (select f.moment from date_firings f where f.workspace_id = g.workspace_id
      and f.automation_id = g.automation_id and f.record_id = g.record_id and f.moment = g.moment) is null as comes
    from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::text[])
      as g(workspace_id, automation_id, record_id, due_at, moment)
  ), gone as (
    delete from date_alarms where ctid = any(array(
      select a.ctid from given g cross join lateral (select a.ctid from date_alarms a where a.workspace_id = g.workspace_id
        and a.automation_id = g.automation_id and a.record_id = g.record_id limit 1 for update) a where not g.comes))
  )
  insert into date_alarms (workspace_id, automation_id, record_id, due_at)
  select workspace_id, automation_id, record_id, due_at from given where comes
  on conflict (workspace_id, automation_id, record_id) do update set due_at = excluded.due_at
  where date_alarms.due_at <> excluded.due_at`

/**
 * Sets the alarms of records' dates, and takes away those of records whose date comes no more or has been reached already.
 * Of several for one record the last counts.
 */
export async function setAlarms(db: Queryable, alarms: readonly Alarm[]): Promise<void> {
  if (alarms.length === 0) return
  const last = new Map(alarms.map((alarm) => [alarm.workspaceId + alarm.automationId + alarm.recordId, alarm]))
  // in one order, so that no two transactions wait for each other
  const rows = [...last].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, alarm]) => alarm)
  await query(db, {
    name: 'date-alarms-set',
    text: SET,
    values: [
      plainArray(rows.map(({ workspaceId }) => workspaceId)),
      plainArray(rows.map(({ automationId }) => automationId)),
      plainArray(rows.map(({ recordId }) => recordId)),
      plainArray(rows.map(({ reached }) => (reached === null ? null : new Date(reached.dueAt)))),
      textArray(rows.map(({ moment }) => moment)),
    ],
  })
}
