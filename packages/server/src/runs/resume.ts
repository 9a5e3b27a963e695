import { type Client, query } from '../db/pool.ts'
import { type ActionOutcomes, refuseOthers } from './outcome.ts'

/**
 * Makes waiting runs due now: their wait ends, or the delay before their next attempt. Somebody waits for it, so they go
 * before the rest.
 *
 * @param lane 0, or 2 for many
 * @returns by uuid; CONFLICT for a run that isn't waiting, NOT_FOUND for none
 * Source: SPEC.md, section 6
 */
export async function resumeRuns(
  client: Client,
  workspaceId: string,
  ids: readonly string[],
  lane: 0 | 2 = 0,
): Promise<ActionOutcomes> {
  const { rows } = await query<{ id: string }>(client, {
    name: 'runs-resume',
    text: `update runs_live r set due_at = least(r.due_at, clock_timestamp()), lane = $3, rev = r.rev + 1
      from (
        select id from runs_live where workspace_id = $1 and id = any($2::uuid[]) and wait_reason in ('wait', 'event', 'retry')
        order by id for update
      ) waiting
      where r.workspace_id = $1 and r.id = waiting.id and r.wait_reason in ('wait', 'event', 'retry')
      returning r.id`,
    values: [workspaceId, ids, lane],
  })
  const outcomes: ActionOutcomes = new Map(rows.map(({ id }) => [id, { runId: id }]))
  await refuseOthers(client, workspaceId, ids, outcomes, (status) => `The run is not waiting (${status}).`)
  return outcomes
}
