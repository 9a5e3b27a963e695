import { finishedStep } from '@kantos/model'
import { type Client, type Pool, query } from '../db/pool.ts'
import type { DbTime } from '../db/time.ts'
import { endRun } from './drive.ts'
import type { LiveRun } from './live-run.ts'
import { type ActionOutcomes, refuseOthers } from './outcome.ts'
import { liveRun, RUN_COLUMNS, type RunRow } from './row.ts'
import { saveRuns } from './save.ts'
import { passTurns } from './serial.ts'

/** Live runs of one automation that its deletion ends itself; the others are left to the workers. */
const ENDED_AT_ONCE = 1_000
const MARKED_AT_ONCE = 5_000

/**
 * Cancels runs, inside the caller's transaction. What waits, is queued or held ends at once, its open step `cancelled`.
 * A run whose effect is being performed is only marked: it ends with the effect's outcome in its log. The mark leaves
 * `rev` as it is, or the outcome would find somebody was faster.
 *
 * @returns by uuid; CONFLICT for a run that has ended, NOT_FOUND for none
 * Source: SPEC.md, section 9; DESIGN.md, section 8
 */
export async function cancelRuns(
  client: Client,
  time: Pick<DbTime, 'now'>,
  workspaceId: string,
  ids: readonly string[],
): Promise<ActionOutcomes> {
  const { rows } = await query<RunRow>(client, {
    name: 'runs-cancel-lock',
    text: `select ${RUN_COLUMNS} from runs_live where workspace_id = $1 and id = any($2::uuid[]) order by id for update`,
    values: [workspaceId, ids],
  })
  await cancelLocked(client, time, rows)
  const outcomes: ActionOutcomes = new Map(rows.map(({ id }) => [id, { runId: id }]))
  await refuseOthers(
    client,
    workspaceId,
    ids,
    outcomes,
    (status) => `The run has ended (${status}); it can't be cancelled.`,
  )
  return outcomes
}

/**
 * Cancels all live runs of an automation that is being deleted, inside that transaction, and forgets whom it enrolled.
 * Beyond the first thousand runs they are marked and due, and end as the workers take them up.
 *
 * @returns how many there were
 * Source: SPEC-DETAILS.md, section 3
 */
export async function cancelRunsOfAutomation(
  client: Client,
  time: Pick<DbTime, 'now'>,
  workspaceId: string,
  automationId: string,
): Promise<number> {
  await query(client, {
    text: 'delete from enrolments where workspace_id = $1 and automation_id = $2',
    values: [workspaceId, automationId],
  })
  const { rows } = await query<RunRow>(client, {
    text: `select ${RUN_COLUMNS} from runs_live where workspace_id = $1 and automation_id = $2
      order by id limit ${ENDED_AT_ONCE} for update`,
    values: [workspaceId, automationId],
  })
  await cancelLocked(client, time, rows)
  if (rows.length < ENDED_AT_ONCE) return rows.length
  const { rowCount } = await query(client, {
    text: `update runs_live set cancel_requested = true,
        due_at = case when lease_by is null then clock_timestamp() else due_at end,
        lane = case when lease_by is null then 2 else lane end, rev = rev + (lease_by is null)::int
      where workspace_id = $1 and automation_id = $2 and cancel_requested is not true`,
    values: [workspaceId, automationId],
  })
  return rows.length + (rowCount ?? 0)
}

/**
 * Marks the live runs of a workspace that began before a moment, and makes them due: they end as cancelled as the workers
 * take them up. What a living worker performs is only marked. In transactions of some thousand rows.
 *
 * @returns how many there were
 */
export async function markForCancel(pool: Pool, workspaceId: string, before: Date): Promise<number> {
  let marked = 0
  for (let full = true; full; ) {
    const { rowCount } = await query(pool, {
      text: `with chosen as (
          select r.id, r.lease_by is null or not exists (select from workers w where w.id = r.lease_by) as free
          from runs_live r
          where r.workspace_id = $1 and r.started_at < $2 and r.cancel_requested is not true
          order by r.id limit ${MARKED_AT_ONCE} for update of r
        )
        update runs_live r set cancel_requested = true,
          due_at = case when free then clock_timestamp() else r.due_at end,
          lane = case when free then 2 else r.lane end, rev = r.rev + free::int
        from chosen where r.workspace_id = $1 and r.id = chosen.id`,
      values: [workspaceId, before],
    })
    marked += rowCount ?? 0
    full = rowCount === MARKED_AT_ONCE
  }
  return marked
}

async function cancelLocked(client: Client, time: Pick<DbTime, 'now'>, rows: readonly RunRow[]): Promise<void> {
  const ended: LiveRun[] = []
  const marked: RunRow[] = []
  for (const row of rows) {
    if (row.wait_reason === 'effect' && row.lease_by !== null) marked.push(row)
    else ended.push(endedRun(liveRun(row, null), time.now()))
  }
  await saveRuns(client, ended)
  await passTurns(client, ended)
  if (marked.length === 0) return
  await query(client, {
    name: 'runs-cancel-mark',
    text: 'update runs_live set cancel_requested = true where workspace_id = $1 and id = any($2::uuid[])',
    values: [marked[0]!.workspace_id, marked.map(({ id }) => id)],
  })
}

function endedRun(run: LiveRun, nowMs: number): LiveRun {
  if (run.open !== null) {
    const { command, startedAt, attempts } = run.open
    const times = {
      startedAt,
      finishedAt: new Date(nowMs).toISOString(),
      durationMs: Math.max(0, nowMs - Date.parse(startedAt)),
    }
    run.steps = [...run.steps, finishedStep(command.draft, { status: 'cancelled', output: null }, times, attempts)]
    run.open = null
  }
  endRun(run, 'cancelled', nowMs)
  return run
}
