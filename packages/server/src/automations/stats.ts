import { type AutomationListItem, publicId, type RunStatus } from '@kantos/model'
import type { Queryable } from '../db/pool.ts'

const DAYS = 7
/** Runs of an automation and day that are counted in the log itself; the chart says when there are more. */
const MOST_COUNTED = 2000
/** Failures that aren't added to their day yet. */
const MOST_UNCOUNTED = 10_000

type Activity = Pick<AutomationListItem, 'last_run' | 'stats'>

interface DayRow {
  id: string
  date: string
  runs: number
  failed: number
  capped: boolean
}

interface LastRow {
  automation_id: string
  id: string
  status: RunStatus
  started_at: Date | null
  finished_at: Date | null
}

// What the log says up to `counted_to` is added up by day (health/count.ts); what came since, and what was blocked, is counted
// here. All of it is one statement, so that no run counts twice or not at all. The ranges of ids are worked out beforehand: behind the
// wall an index takes no bound that is worked out of other rows.
const BY_DAY = `
  with cells as materialized (
    select a.id, d.day::date as day, id_floor(d.day at time zone 'UTC') as lower, id_floor(d.next at time zone 'UTC') as upper,
      id_floor(greatest(d.day at time zone 'UTC', c.upto)) as later, d.next at time zone 'UTC' > c.upto as open
    from unnest($2::uuid[]) as a (id)
    cross join (
      select coalesce((select counted_to from health_state where workspace_id = $1), now() - make_interval(days => ${DAYS + 1})) as upto
    ) c
    cross join lateral (
      select day, day + interval '1 day' as next from (
        select date_trunc('day', now() at time zone 'UTC') - make_interval(days => n) as day from generate_series(0, ${DAYS - 1}) n
      ) x
    ) d
  ), uncounted as materialized (
    select automation_id, (at at time zone 'UTC')::date as day, count(*) as failed
    from (select automation_id, at from failures where workspace_id = $1 limit ${MOST_UNCOUNTED}) f group by 1, 2
  )
  select c.id, to_char(c.day, 'YYYY-MM-DD') as date, (coalesce(t.runs, 0) + later.runs + guarded.runs)::int as runs,
    (coalesce(t.failed, 0) + coalesce(u.failed, 0) + guarded.runs)::int as failed,
    later.runs = ${MOST_COUNTED} or guarded.runs = ${MOST_COUNTED} as capped
  from cells c
  left join lateral (
    select runs, failed from automation_days where workspace_id = $1 and automation_id = c.id and day = c.day offset 0
  ) t on true
  left join uncounted u on u.automation_id = c.id and u.day = c.day
  cross join lateral (
    select count(*) as runs from (
      select from runs r
      where c.open and r.workspace_id = $1 and r.automation_id = c.id and r.class in ('live', 'done', 'failed')
        and r.id >= c.later and r.id < c.upper and r.mode = 'live' and r.status <> 'blocked'
      limit ${MOST_COUNTED}
    ) one
  ) later
  cross join lateral (
    select count(*) as runs from (
      select from runs_failed r
      where r.workspace_id = $1 and r.automation_id = c.id and r.status = 'blocked' and r.mode = 'live'
        and r.id >= c.lower and r.id < c.upper
      limit ${MOST_COUNTED}
    ) one
  ) guarded
  order by c.id, c.day`

/**
 * The last run and the runs of the last 7 days (UTC) of some automations. Runs that were skipped or made in test mode aren't
 * counted. A run counts on the day it began, a failure on the day it happened, so a day may have more failures than runs. The
 * cost doesn't grow with the log.
 *
 * @param ids uuids
 * Source: SPEC.md, sections 8 and 13
 */
export async function readActivity(
  db: Queryable,
  workspaceId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Activity>> {
  const found = new Map<string, Activity>()
  if (ids.length === 0) return found
  const days = await db.query<DayRow>({ name: 'automations-days', text: BY_DAY, values: [workspaceId, ids] })
  const last = await db.query<LastRow>({
    name: 'automations-last-run',
    text: `select a.id as automation_id, r.id, r.status, r.started_at, r.finished_at
      from unnest($2::uuid[]) as a (id)
      cross join lateral (
        select r.id, r.status, r.started_at, r.finished_at from runs r
        where r.workspace_id = $1 and r.automation_id = a.id and r.class in ('live', 'done', 'failed')
        order by r.id desc limit 1
      ) r`,
    values: [workspaceId, ids],
  })
  for (const id of ids) found.set(id, { last_run: null, stats: { runs: 0, failed: 0, days: [] } })
  for (const { id, date, runs, failed, capped } of days.rows) {
    const { stats } = found.get(id)!
    stats.days.push({ date, runs, failed, ...(capped ? { capped: true as const } : {}) })
    stats.runs += runs
    stats.failed += failed
  }
  for (const { automation_id: id, ...run } of last.rows)
    found.get(id)!.last_run = {
      id: publicId('run', run.id),
      status: run.status,
      started_at: run.started_at?.toISOString() ?? null,
      finished_at: run.finished_at?.toISOString() ?? null,
    }
  return found
}
