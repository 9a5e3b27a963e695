import type { Run } from '@kantos/model'
import { type Pool, query } from '../db/pool.ts'
import { idFloor } from '../log/filter.ts'
import { readRun } from '../log/read.ts'

/** What several runs failed of, and the newest of them. */
export interface CountedCause {
  runs: number
  newest: Run
}

const MOST_TOLD = 5

/**
 * What the runs failed of that an automation was paused for, the most frequent cause first.
 *
 * @param pause when it was activated, how many runs failed, and the newest of them (uuid)
 * @returns at most five causes; those whose runs are no longer in the log are missing
 */
export async function causesOfPause(
  pool: Pool,
  workspaceId: string,
  automationId: string,
  { since, runs, runId }: { since: Date; runs: number; runId: string },
): Promise<CountedCause[]> {
  const { rows } = await query<{ newest: string; runs: number }>(pool, {
    name: 'health-pause-causes',
    text: `select newest, runs from (
        select (array_agg(r.id order by r.id desc))[1] as newest, count(*)::int as runs from (
          select f.id, f.cause from runs_failed f
          where f.workspace_id = $1 and f.automation_id = $2 and f.id >= $3::uuid and f.id <= $4::uuid
            and f.status = 'failed' and f.mode = 'live'
          order by f.id desc limit $5
        ) r group by r.cause
      ) c order by runs desc, newest desc limit ${MOST_TOLD}`,
    values: [workspaceId, automationId, idFloor(since.getTime()), runId, runs],
  })
  const causes = await Promise.all(
    rows.map(async ({ newest, runs: count }) => ({ runs: count, newest: await readRun(pool, workspaceId, newest) })),
  )
  return causes.flatMap(({ newest, runs: count }) => (newest === null ? [] : [{ runs: count, newest }]))
}
