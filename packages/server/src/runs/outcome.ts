import { ApiError } from '@kantos/model'
import { query, type Queryable } from '../db/pool.ts'

/** What an action on a run came to: the uuid of the run to look at, or why it wasn't possible. */
export type ActionOutcome = { runId: string } | ApiError

/** The outcomes of one action on several runs, by the runs' uuids. */
export type ActionOutcomes = Map<string, ActionOutcome>

export function noSuchRun(): ApiError {
  return new ApiError('NOT_FOUND', 'There is no such run.')
}

/**
 * Refuses the ids that are not among the live runs: those that ended, and those that never were.
 *
 * @param refusal what is said of one that ended, given its status
 */
export async function refuseOthers(
  db: Queryable,
  workspaceId: string,
  ids: readonly string[],
  outcomes: ActionOutcomes,
  refusal: (status: string) => string,
): Promise<void> {
  const others = ids.filter((id) => !outcomes.has(id))
  if (others.length === 0) return
  const { rows } = await query<{ id: string; status: string }>(db, {
    name: 'runs-statuses',
    text: 'select id, status from runs where workspace_id = $1 and id = any($2::uuid[])',
    values: [workspaceId, others],
  })
  const statuses = new Map(rows.map(({ id, status }) => [id, status]))
  for (const id of others) {
    const status = statuses.get(id)
    outcomes.set(id, status === undefined ? noSuchRun() : new ApiError('CONFLICT', refusal(status)))
  }
}
