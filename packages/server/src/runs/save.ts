import type { Queryable } from '../db/pool.ts'
import { cutStep } from '../log/cut.ts'
import type { LiveRun } from './live-run.ts'
import { classOf, RUN_COLUMN_TYPES, RUN_COLUMNS, runRow } from './row.ts'

/** Finished steps beyond this leave the row for append-only chunks: rewriting them at each settle is quadratic. */
const INLINE_STEPS_BYTES = 8_192

const SAVE = `
  with ended as (
    delete from runs_live r using json_to_recordset($1::json) as x(workspace_id uuid, id uuid, old_rev int)
    where r.workspace_id = x.workspace_id and r.id = x.id and r.rev = x.old_rev returning 1
  ), parked as (
    update runs_live r set status = x.status, started_at = x.started_at, conditions = x.conditions, trigger = x.trigger,
      steps = x.steps, error = x.error, lane = x.lane, due_at = x.due_at, rev = x.rev, attempt = x.attempt, lost = x.lost,
      lease_by = x.lease_by, cancel_requested = x.cancel_requested, wait_reason = x.wait_reason, state = x.state,
      step_chunks = x.step_chunks, tries = x.tries, version = x.version
    from json_to_recordset($2::json) as x${RUN_COLUMN_TYPES}
    where r.workspace_id = x.workspace_id and r.id = x.id and r.rev = x.old_rev returning 1
  ), inserted as (
    insert into runs (${RUN_COLUMNS})
    select ${RUN_COLUMNS} from json_to_recordset($3::json) as x${RUN_COLUMN_TYPES} returning 1
  ), chunked as (
    insert into run_steps (workspace_id, run_id, n, steps)
    select * from json_to_recordset($4::json) as x(workspace_id uuid, run_id uuid, n smallint, steps jsonb) returning 1
  )
  select (select count(*) from ended)::int as ended, (select count(*) from parked)::int as parked`

/**
 * Writes the runs of a batch: those that ended go where they end, the live ones stay where they stand. The rows of runs
 * stored before must be locked by this transaction.
 *
 * @throws Error when a locked row's `rev` isn't the one that was read
 */
export async function saveRuns(db: Queryable, runs: readonly LiveRun[]): Promise<void> {
  if (runs.length === 0) return
  const ended: object[] = []
  const parked: object[] = []
  const inserted: object[] = []
  const chunks: object[] = []
  for (const run of runs) {
    const live = classOf(run.status) === 'live'
    if (live && run.steps.length > 1) moveSteps(run, chunks)
    const row = runRow(run)
    if (run.rev === null) inserted.push(row)
    else if (live) parked.push(row)
    else {
      ended.push({ workspace_id: run.workspaceId, id: run.id, old_rev: run.rev })
      inserted.push(row)
    }
    if (live) run.rev = (run.rev ?? 0) + 1
  }
  const { rows } = await db.query<{ ended: number; parked: number }>({
    name: 'runs-save',
    text: SAVE,
    values: [JSON.stringify(ended), JSON.stringify(parked), JSON.stringify(inserted), JSON.stringify(chunks)],
  })
  if (rows[0]!.ended !== ended.length || rows[0]!.parked !== parked.length)
    throw new Error('A locked run was changed by another transaction.')
}

function moveSteps(run: LiveRun, chunks: object[]): void {
  const json = JSON.stringify(run.steps)
  if (json.length <= INLINE_STEPS_BYTES) return
  chunks.push({ workspace_id: run.workspaceId, run_id: run.id, n: run.stepChunks, steps: run.steps.map(cutStep) })
  run.stepChunks += 1
  run.steps = []
}

