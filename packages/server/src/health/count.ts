import { type Pool, query } from '../db/pool.ts'

/** A first round goes so far back. */
const FIRST_DAYS = 14
/** A round counts at most so much of a workspace's log at once. */
const SPAN = '6 hours'
const MOST_WORKSPACES = 200
/** Ids are drawn shortly before their transaction commits. */
const LAG_MS = 5_000

/** Begins to watch workspaces that are new. */
export async function watchNewWorkspaces(pool: Pool): Promise<void> {
  await query(pool, {
    name: 'health-new-workspaces',
    text: `insert into health_state (workspace_id, counted_to)
      select w.id, date_trunc('hour', greatest(w.created_at, now() - interval '${FIRST_DAYS} days')) from workspaces w
      where not exists (select from health_state s where s.workspace_id = w.id)
      on conflict (workspace_id) do nothing`,
  })
}

// Whoever counts a workspace holds its row, and the counts commit with how far they go. What is younger than the oldest
// transaction that writes isn't counted yet: its rows may still come.
const COUNT = `
  with edge as (
    select least(clock_timestamp() - make_interval(secs => $1::float8 / 1000), (
      select min(xact_start) from pg_stat_activity
      where datname = current_database() and backend_xid is not null and pid <> pg_backend_pid()
    ) - make_interval(secs => $1::float8 / 1000)) as at
  ), due as (
    select s.workspace_id, s.counted_to as lower, least(edge.at, s.counted_to + interval '${SPAN}') as upper
    from health_state s cross join edge where s.counted_to < edge.at
    order by s.workspace_id limit ${MOST_WORKSPACES} for update of s skip locked
  ), runs_of as (
    select d.workspace_id, r.automation_id, date_trunc('hour', id_time(r.id), 'UTC') as hour,
      count(*) filter (where r.class <> 'skipped')::int as runs, count(*) filter (where r.class = 'skipped')::int as skipped
    from due d cross join lateral (
      select x.id, x.automation_id, x.class from runs x
      where x.workspace_id = d.workspace_id and x.id >= id_floor(d.lower) and x.id < id_floor(d.upper) and x.mode = 'live'
        and x.status <> 'blocked'
    ) r
    group by 1, 2, 3
  ), events_of as (
    select d.workspace_id, date_trunc('hour', id_time(e.id), 'UTC') as hour, count(*)::int as events
    from due d cross join lateral (
      select x.id from events x
      where x.workspace_id = d.workspace_id and x.id >= id_floor(d.lower) and x.id < id_floor(d.upper)
    ) e
    group by 1, 2
  ), days as (
    insert into automation_days as t (workspace_id, automation_id, day, runs, skipped)
    select workspace_id, automation_id, (hour at time zone 'UTC')::date, sum(runs), sum(skipped) from runs_of
    group by 1, 2, 3 order by 1, 2, 3
    on conflict (workspace_id, automation_id, day)
      do update set runs = t.runs + excluded.runs, skipped = t.skipped + excluded.skipped
  ), hours as (
    insert into workspace_hours as t (workspace_id, hour, runs, skipped, events)
    select workspace_id, hour, sum(runs), sum(skipped), sum(events) from (
      select workspace_id, hour, runs, skipped, 0 as events from runs_of
      union all select workspace_id, hour, 0, 0, events from events_of
    ) x group by 1, 2 order by 1, 2
    on conflict (workspace_id, hour)
      do update set runs = t.runs + excluded.runs, skipped = t.skipped + excluded.skipped, events = t.events + excluded.events
  )
  update health_state s set counted_to = due.upper from due, edge where s.workspace_id = due.workspace_id
  returning due.upper < edge.at as more`

/**
 * Adds the runs and events since the last round to the counts of their day and hour. A run counts when it begins, a
 * failure when it happens (`countFailures`).
 *
 * @param lagMs what is younger is left for the next round
 * @returns whether there is more to count at once
 */
export async function countLog(pool: Pool, lagMs: number = LAG_MS): Promise<boolean> {
  const { rows } = await query<{ more: boolean }>(pool, { name: 'health-count', text: COUNT, values: [lagMs] })
  return rows.length === MOST_WORKSPACES || rows.some(({ more }) => more)
}
