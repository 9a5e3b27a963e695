import { DISCARD_PLANS } from '../db/plans.ts'
import type { Client } from '../db/pool.ts'
import { failpoint } from '../failpoints.ts'

/**
 * Takes leave of a dead worker, inside the caller's transaction: counts a try against everything it had claimed, makes its leases due,
 * and deletes its row.
 *
 * It never waits for a lock. Who holds one may be waiting for us in a way that PostgreSQL can't see: a batch of our own process waits for the
 * connection that beats and buries. What another transaction holds stays named in the dead worker's row for the next look, and isn't
 * lost from sight: whoever claims it finds that row first (`Presence.claimed`), and buries it in the transaction that holds the claim. Two that
 * bury one worker at once can't both: `for update skip locked`.
 *
 * Source: DESIGN.md, sections 7 and 8
 */
export async function bury(client: Client, workerId: string): Promise<void> {
  failpoint('sweep')
  // the last one may have died while there was nothing to look through
  await client.query(DISCARD_PLANS)
  const { rows } = await client.query<{ seqs: number[]; runs: string[] }>({
    name: 'worker-gone',
    text: 'select claimed_seqs as seqs, claimed_runs as runs from workers where id = $1 for update skip locked',
    values: [workerId],
  })
  const [gone] = rows
  if (gone === undefined) return
  const events = await client.query<{ seq: number }>({
    name: 'worker-gone-events',
    text: `
      with e as materialized (select seq from outbox where seq = any($1::bigint[]) for update skip locked)
      update outbox o set tries = o.tries + 1 from e where o.seq = e.seq returning o.seq`,
    values: [gone.seqs],
  })
  const runs = await client.query<{ id: string }>({
    name: 'worker-gone-runs',
    text: `
      with r as materialized (
        select l.workspace_id, l.id from (${NAMED}) n
        join runs_live l on l.workspace_id = n.workspace_id and l.id = n.id for update of l skip locked
      )
      update runs_live l set tries = case when l.id = any($2::uuid[]) then coalesce(l.tries, 0) + 1 else l.tries end,
        due_at = case when l.lease_by = $1::uuid then least(l.due_at, clock_timestamp()) else l.due_at end
      from r where l.workspace_id = r.workspace_id and l.id = r.id returning l.id`,
    values: [workerId, gone.runs],
  })
  await client.query({
    name: 'worker-gone-left',
    text: `
      with left_over as (
        select array(select seq from outbox where seq = any($3::bigint[]) and seq <> all($4::bigint[])) as seqs,
          array(select n.id from (${NAMED}) n where n.id <> all($5::uuid[])) as runs
      ), kept as (
        update workers w set claimed_seqs = x.seqs, claimed_runs = array(select unnest(x.runs) intersect select unnest($2::uuid[]))
        from left_over x where w.id = $1::uuid and cardinality(x.seqs) + cardinality(x.runs) > 0
      )
      delete from workers w using left_over x where w.id = $1::uuid and cardinality(x.seqs) + cardinality(x.runs) = 0`,
    values: [workerId, gone.runs, gone.seqs, events.rows.map(({ seq }) => seq), runs.rows.map(({ id }) => id)],
  })
}

/** What it had claimed ($2), and what it has leased ($1), by keys alone: a million waiting runs aren't looked through. */
const NAMED = `
  select x.workspace_id, x.id from workspaces w
  cross join lateral (select workspace_id, id from runs_live where workspace_id = w.id and id = any($2::uuid[])) x
  union select workspace_id, id from runs_live where lease_by = $1::uuid`
