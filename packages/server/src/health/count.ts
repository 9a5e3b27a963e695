import { type Pool, query } from '../db/pool.ts'
import { transaction } from '../db/transaction.ts'
import { idFloor } from '../log/filter.ts'

/** A first round goes so far back. */
const FIRST_DAYS = 14
/** A statement counts so much of a workspace's log: from little, as long as it is quick twice as much each time. */
const FIRST_SPAN_MS = 15 * 60_000
const SHORTEST_SPAN_MS = 60_000
const LONGEST_SPAN_MS = 24 * 3_600_000
const QUICK_MS = 500
const SLOW_MS = 3_000
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

// What is younger than the oldest transaction that writes isn't counted yet: its rows may still come.
const CLAIM = `
  select s.counted_to as lower, least(clock_timestamp(), (
      select min(xact_start) from pg_stat_activity
      where datname = current_database() and backend_xid is not null and pid <> pg_backend_pid()
    )) - make_interval(secs => $2::float8 / 1000) as edge
  from health_state s where s.workspace_id = $1 for update skip locked`

const COUNT = `
  with runs_of as materialized (
    select automation_id, date_trunc('hour', id_time(id), 'UTC') as hour,
      count(*) filter (where class <> 'skipped')::int as runs, count(*) filter (where class = 'skipped')::int as skipped
    from runs where workspace_id = $1 and id >= $2::uuid and id < $3::uuid and mode = 'live' and status <> 'blocked'
    group by 1, 2
  ), events_of as materialized (
    select date_trunc('hour', id_time(id), 'UTC') as hour, count(*)::int as events
    from events where workspace_id = $1 and id >= $2::uuid and id < $3::uuid
    group by 1
  ), days as (
    insert into automation_days as t (workspace_id, automation_id, day, runs, skipped)
    select $1, automation_id, (hour at time zone 'UTC')::date, sum(runs), sum(skipped) from runs_of group by 2, 3 order by 2, 3
    on conflict (workspace_id, automation_id, day)
      do update set runs = t.runs + excluded.runs, skipped = t.skipped + excluded.skipped
  ), hours as (
    insert into workspace_hours as t (workspace_id, hour, runs, skipped, events)
    select $1, hour, sum(runs), sum(skipped), sum(events) from (
      select hour, runs, skipped, 0 as events from runs_of
      union all select hour, 0, 0, events from events_of
    ) x group by 2 order by 2
    on conflict (workspace_id, hour)
      do update set runs = t.runs + excluded.runs, skipped = t.skipped + excluded.skipped, events = t.events + excluded.events
  )
  update health_state set counted_to = $4 where workspace_id = $1`

/**
 * Adds the runs and events since the last round to the counts of their day and hour, workspace by workspace. A run counts when
 * it begins, a failure when it happens (`countFailures`). Whoever counts holds the workspace's row, and the counts commit with
 * how far they go.
 *
 * @param mayGoOn asked between two statements
 * @param lagMs what is younger is left for the next round
 * @returns whether all was counted
 */
export async function countLog(pool: Pool, mayGoOn: () => boolean, lagMs: number = LAG_MS): Promise<boolean> {
  const { rows } = await query<{ id: string }>(pool, {
    name: 'health-workspaces',
    text: 'select workspace_id as id from health_state order by counted_to',
  })
  for (const { id } of rows) {
    let spanMs = FIRST_SPAN_MS
    for (let more = true; more; ) {
      if (!mayGoOn()) return false
      const began = performance.now()
      more = await countSpan(pool, id, spanMs, lagMs)
      const took = performance.now() - began
      if (took < QUICK_MS) spanMs = Math.min(LONGEST_SPAN_MS, spanMs * 2)
      else if (took > SLOW_MS) spanMs = Math.max(SHORTEST_SPAN_MS, spanMs / 2)
    }
  }
  return true
}

/** @returns whether there is more; somebody else may be counting it */
async function countSpan(pool: Pool, workspaceId: string, spanMs: number, lagMs: number): Promise<boolean> {
  return transaction(pool, async (client) => {
    const claimed = await query<{ lower: Date; edge: Date }>(client, {
      name: 'health-count-claim',
      text: CLAIM,
      values: [workspaceId, lagMs],
    })
    const span = claimed.rows[0]
    if (span === undefined) return false
    const [lower, edge] = [span.lower.getTime(), span.edge.getTime()]
    const upper = Math.min(edge, lower + spanMs)
    if (upper <= lower) return false
    await query(client, {
      name: 'health-count',
      text: COUNT,
      values: [workspaceId, idFloor(lower), idFloor(upper), new Date(upper)],
    })
    return upper < edge
  })
}
