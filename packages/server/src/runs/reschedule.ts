import { type Client, query } from '../db/pool.ts'
import type { DbTime } from '../db/time.ts'
import { type ActionOutcomes, refuseOthers } from './outcome.ts'
import { liveRun, RUN_COLUMNS, type RunRow } from './row.ts'
import { saveRuns } from './save.ts'

/** Where the end of a wait goes: to a moment (epoch ms), or by so much. `by` is who moves it, for the step's notes. */
export type Move = ({ dueAt: number } | { shiftMs: number }) & { by: string }

const LAST_INSTANT = Date.UTC(9999, 11, 31)
const MOST_NOTES = 20

/**
 * Moves the ends of waits, inside the caller's transaction; never to before now. Of a wait for an event it is the time-out
 * that moves. Each step's notes say so.
 *
 * @returns by uuid; CONFLICT for a run that doesn't stand at a wait, NOT_FOUND for none
 */
export async function rescheduleRuns(
  client: Client,
  time: Pick<DbTime, 'now'>,
  workspaceId: string,
  ids: readonly string[],
  move: Move,
): Promise<ActionOutcomes> {
  const { rows } = await query<RunRow>(client, {
    name: 'runs-reschedule-lock',
    text: `select ${RUN_COLUMNS} from runs_live
      where workspace_id = $1 and id = any($2::uuid[]) and wait_reason in ('wait', 'event') order by id for update`,
    values: [workspaceId, ids],
  })
  const now = time.now()
  const moved = rows.map((row) => {
    const run = liveRun(row, null)
    const from = run.dueAt ?? now
    const to = Math.min(LAST_INSTANT, Math.max(now, 'dueAt' in move ? move.dueAt : from + move.shiftMs))
    const until = new Date(to).toISOString()
    const { command } = run.open!
    if (command.kind === 'wait') command.until = until
    const note = `moved from ${new Date(from).toISOString()} to ${until} by ${move.by}`
    command.draft.notes = [...(command.draft.notes ?? []), note].slice(-MOST_NOTES)
    run.dueAt = to
    return run
  })
  await saveRuns(client, moved)
  const outcomes: ActionOutcomes = new Map(moved.map(({ id }) => [id, { runId: id }]))
  await refuseOthers(client, workspaceId, ids, outcomes, (status) => `The run doesn’t stand at a wait (${status}).`)
  return outcomes
}
