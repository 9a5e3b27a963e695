import type { Queryable } from '../db/pool.ts'
import type { LoopLimits } from '../automations/compiled.ts'
import type { LiveRun } from './live-run.ts'

/**
 * Why the loop guard stops a run; null when it may go.
 *
 * Source: SPEC.md, section 10
 */
export function loopOf(run: LiveRun, limits: LoopLimits): string | null {
  const { depth, path } = run.chain
  if (depth > limits.max_depth) return `The chain is ${depth} runs deep; at most ${limits.max_depth} are allowed.`
  let same = 0
  for (const [automationId, recordId] of path)
    if (automationId === run.automationId && recordId === run.recordId) same += 1
  if (same >= limits.max_per_record)
    return `This automation ran ${same} times on this record in one chain; at most ${limits.max_per_record} are allowed.`
  return null
}

/**
 * Counts the runs that chains' writes cause, one sorted statement a batch, so that two batches never wait for each other
 * crosswise. Runs started by an outside write aren't counted: an import is no loop.
 *
 * @param sign -1 takes back what was counted before in this transaction, for runs that aren't begun after all
 * @returns the chains' counts after these runs, by chain id
 */
export async function countChains(
  db: Queryable,
  runs: readonly LiveRun[],
  sign: 1 | -1 = 1,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, { workspaceId: string; chainId: string; runs: number }>()
  for (const run of runs) {
    if (run.chain.depth < 2) continue
    const entry = counts.get(run.chain.id)
    if (entry === undefined)
      counts.set(run.chain.id, { workspaceId: run.workspaceId, chainId: run.chain.id, runs: sign })
    else entry.runs += sign
  }
  if (counts.size === 0) return new Map()
  const { rows } = await db.query<{ chain_id: string; runs: number }>({
    name: 'chains-count',
    text: `insert into chains as c (workspace_id, chain_id, runs)
      select * from json_to_recordset($1::json) as x("workspaceId" uuid, "chainId" uuid, runs int)
      order by "workspaceId", "chainId"
      on conflict (workspace_id, chain_id) do update set runs = c.runs + excluded.runs
      returning chain_id, runs`,
    values: [JSON.stringify([...counts.values()])],
  })
  return new Map(rows.map((row) => [row.chain_id, row.runs]))
}

/** Flags the automations whose runs were blocked: the newest loop of each. */
export async function flagLoops(db: Queryable, runs: readonly LiveRun[], nowMs: number): Promise<void> {
  const newest = new Map(runs.map((run) => [run.automationId, run]))
  const flags = [...newest.values()].map((run) => ({
    workspace_id: run.workspaceId,
    id: run.automationId,
    flags: [{ code: 'LOOP', run_id: `run_${run.id.replaceAll('-', '')}`, at: new Date(nowMs).toISOString() }],
  }))
  if (flags.length === 0) return
  await db.query({
    name: 'automations-flag',
    text: `update automations a set flags = jsonb_path_query_array(a.flags, '$[*] ? (@.code != "LOOP")') || x.flags
      from (select * from json_to_recordset($1::json) as x(workspace_id uuid, id uuid, flags jsonb) order by id) x
      where a.workspace_id = x.workspace_id and a.id = x.id`,
    values: [JSON.stringify(flags.toSorted((a, b) => (a.id < b.id ? -1 : 1)))],
  })
}
