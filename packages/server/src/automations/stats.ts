import { type AutomationListItem, publicId, type RunStatus } from '@kantos/model'
import type { Queryable } from '../db/pool.ts'

const DAYS = 7
/** Runs counted per automation and day; the chart says when there are more. */
const MOST_COUNTED = 2000

type Activity = Pick<AutomationListItem, 'last_run' | 'stats'>

interface DayRow {
  id: string
  date: string
  runs: number
  failed: number
}

interface LastRow {
  automation_id: string
  id: string
  status: RunStatus
  started_at: Date | null
  finished_at: Date | null
}

/**
 * The last run and the runs of the last 7 days (UTC) of some automations. Runs that were skipped or made in test mode aren't
 * counted. Each day is one range of ids, read up to 2,000 runs, so the cost has a bound whatever the log holds.
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
  const days = await db.query<DayRow>({
    name: 'automations-days',
    text: `select a.id, to_char(d.day, 'YYYY-MM-DD') as date, x.runs::int as runs, x.failed::int as failed
      from unnest($2::uuid[]) as a (id)
      cross join lateral (
        select date_trunc('day', now() at time zone 'UTC') - make_interval(days => n) as day from generate_series(0, ${DAYS - 1}) n
      ) d
      cross join lateral (
        select count(*) as runs, count(*) filter (where y.status in ('failed', 'blocked')) as failed
        from (
          select r.status from runs r
          where r.workspace_id = $1 and r.automation_id = a.id and r.class in ('live', 'done', 'failed')
            and r.id >= id_floor(d.day at time zone 'UTC')
            and r.id < id_floor((d.day + interval '1 day') at time zone 'UTC') and r.mode = 'live'
          limit ${MOST_COUNTED}
        ) y
      ) x
      order by a.id, d.day`,
    values: [workspaceId, ids],
  })
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
  for (const { id, date, runs, failed } of days.rows) {
    const { stats } = found.get(id)!
    stats.days.push({ date, runs, failed, ...(runs === MOST_COUNTED ? { capped: true as const } : {}) })
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
