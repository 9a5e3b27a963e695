import { plainArray } from '../db/arrays.ts'
import { query, type Queryable } from '../db/pool.ts'

/** That a run was made of a failed one; ids are UUIDs. */
export interface Retried {
  runId: string
  madeId: string
  cause: string | null
}

/**
 * Notes what is made of failed runs, before it is made. Two retries of one run can't both be noted: the second waits for the
 * first's transaction, and finds its row.
 *
 * @param how a retry is noted once, unless it is forced; a replay always
 * @returns the failed runs (uuids) that may go on
 */
export async function noteRetried(
  db: Queryable,
  workspaceId: string,
  made: readonly Retried[],
  how: 'retry' | 'forced' | 'replay',
): Promise<ReadonlySet<string>> {
  if (made.length === 0) return new Set()
  const { rows } = await query<{ run_id: string }>(db, {
    name: 'run-retries-note',
    text: `with letters as (delete from dead_letters where workspace_id = $1 and run_id = any($3::uuid[]))
      insert into run_retries as t (workspace_id, run_id, made_id, retried, cause)
      select $1, run_id, made_id, $2 <> 'replay', cause
      from unnest($3::uuid[], $4::uuid[], $5::uuid[]) as x(run_id, made_id, cause) order by run_id
      on conflict (workspace_id, run_id) do update
        set made_id = excluded.made_id, retried = t.retried or excluded.retried, at = clock_timestamp()
        where not t.retried or $2 <> 'retry'
      returning run_id`,
    values: [
      workspaceId,
      how,
      plainArray(made.map(({ runId }) => runId)),
      plainArray(made.map(({ madeId }) => madeId)),
      plainArray(made.map(({ cause }) => cause)),
    ],
  })
  return new Set(rows.map((row) => row.run_id))
}

/** What was made last of failed runs: uuids by uuid. */
export async function readMade(
  db: Queryable,
  workspaceId: string,
  runIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await query<{ run_id: string; made_id: string }>(db, {
    name: 'run-retries-read',
    text: 'select run_id, made_id from run_retries where workspace_id = $1 and run_id = any($2::uuid[])',
    values: [workspaceId, runIds],
  })
  return new Map(rows.map((row) => [row.run_id, row.made_id]))
}
