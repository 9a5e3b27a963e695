import type { Queryable } from '../db/pool.ts'
import { RUN_COLUMNS, type RunRow } from './row.ts'

/** Workspaces that have live runs, each once. In the order of the one index that holds no others: many may wait for their turn, without a time. */
const WAITING = `waiting as (
    (select workspace_id from runs_live where due_at is not null order by workspace_id, lane, due_at limit 1)
    union all
    select (select r.workspace_id from runs_live r where r.due_at is not null and r.workspace_id > w.workspace_id
            order by r.workspace_id, r.lane, r.due_at limit 1)
    from waiting w where w.workspace_id is not null
  )`

/** Of those that have live runs, the ones that aren't on hold. */
const GOING = `select workspace_id from waiting w where w.workspace_id is not null
      and (select h.workspace_id from holds h where h.workspace_id = w.workspace_id) is null`

// As with events: an equal share for each workspace that has live runs, faster lanes first. The time is the statement's:
// `clock_timestamp()` is volatile, which no index can be asked for (a million waiting runs took a batch from 5,000/s to 1,500).
const CLAIM_DUE = `
  with recursive ${WAITING}, going as (
    ${GOING}
  ), share as (
    select greatest(1, $1 / greatest(1, count(workspace_id)))::int as n from going
  )
  select r.* from going w cross join (values (0::smallint), (1::smallint), (2::smallint)) as lanes(lane)
  cross join lateral (
    select ${RUN_COLUMNS} from runs_live
    where workspace_id = w.workspace_id and lane = lanes.lane and due_at <= statement_timestamp()
    order by due_at limit (select n from share) for update skip locked
  ) r
  limit $1`

/**
 * Claims the live runs that want attention: waits that ended, retries, lapsed leases, manual starts, runs saved where
 * they stood. Two workers can't both claim one: `for update skip locked`.
 */
export async function claimDueRuns(db: Queryable, limit: number): Promise<RunRow[]> {
  const { rows } = await db.query<RunRow>({ name: 'runs-claim-due', text: CLAIM_DUE, values: [limit] })
  return rows
}

/**
 * Locks runs whose effects have ended. A row whose `rev` has moved on was taken over, cancelled or resumed: somebody was
 * faster, and it isn't returned.
 */
export async function lockRuns(
  db: Queryable,
  wanted: readonly { workspaceId: string; id: string; rev: number }[],
): Promise<RunRow[]> {
  if (wanted.length === 0) return []
  const { rows } = await db.query<RunRow>({
    name: 'runs-lock',
    text: `select ${RUN_COLUMNS.replaceAll(/(\w+)/g, 'r.$1')}
      from unnest($1::uuid[], $2::uuid[], $3::int[]) as wanted(workspace_id, id, rev)
      join runs_live r on r.workspace_id = wanted.workspace_id and r.id = wanted.id and r.rev = wanted.rev
      for update of r`,
    values: [wanted.map((run) => run.workspaceId), wanted.map((run) => run.id), wanted.map((run) => run.rev)],
  })
  return rows
}

/** When the next live run is due, epoch ms; null when none is. */
export async function nextDueAt(db: Queryable): Promise<number | null> {
  const { rows } = await db.query<{ at: Date | null }>({
    name: 'runs-next-due',
    text: `
      with recursive ${WAITING}, going as (
        ${GOING}
      )
      select min(next.due_at) as at
      from going w cross join (values (0::smallint), (1::smallint), (2::smallint)) as lanes(lane)
      cross join lateral (
        select due_at from runs_live where workspace_id = w.workspace_id and lane = lanes.lane and due_at is not null
        order by due_at limit 1
      ) next`,
  })
  return rows[0]?.at?.getTime() ?? null
}
