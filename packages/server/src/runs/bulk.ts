import { ApiError, type BulkAction, type RunStatus } from '@kantos/model'
import { type Client, query } from '../db/pool.ts'
import { transaction } from '../db/transaction.ts'
import { newestRuns, type RunFilter } from '../log/filter.ts'
import type { Services } from '../services.ts'
import { cancelRuns } from './cancel.ts'
import type { ActionOutcomes } from './outcome.ts'
import { type Move, rescheduleRuns } from './reschedule.ts'
import { resumeRuns } from './resume.ts'
import { replayRuns, type RetryOptions, retryRuns } from './retry.ts'

/** What each action can be done to. */
export const ACTION_STATUSES: Readonly<Record<BulkAction, readonly RunStatus[]>> = {
  retry: ['failed'],
  replay: ['succeeded', 'failed', 'skipped', 'cancelled', 'blocked'],
  cancel: ['queued', 'running', 'waiting'],
  resume: ['waiting'],
  reschedule: ['waiting'],
}

const CHUNK = 100

export interface BulkResult {
  matched: number
  done: number
  failures: { runId: string; error: ApiError }[]
  /** uuid to go on before; null: that was all */
  next: string | null
}

/** What an action needs to know beyond its runs; `move` goes with reschedule. */
export type ActionOptions = Omit<RetryOptions, 'lane'> & { move?: Move }

type RunServices = Pick<Services, 'pool' | 'time' | 'wake' | 'log'>

/** One action on several runs, inside the caller's transaction. */
export function actOnRuns(
  client: Client,
  { time }: Pick<Services, 'time'>,
  workspaceId: string,
  action: BulkAction,
  ids: readonly string[],
  lane: 0 | 2,
  { move, ...retry }: ActionOptions = {},
): Promise<ActionOutcomes> {
  switch (action) {
    case 'retry':
      return retryRuns(client, time, workspaceId, ids, { ...retry, lane })
    case 'replay':
      return replayRuns(client, time, workspaceId, ids, lane)
    case 'resume':
      return resumeRuns(client, workspaceId, ids, lane)
    case 'cancel':
      return cancelRuns(client, time, workspaceId, ids)
    case 'reschedule':
      return rescheduleRuns(client, time, workspaceId, ids, move!)
  }
}

/**
 * Acts on the newest runs of a filter, a hundred a transaction. The runs that a retry makes are newer than all of them, so
 * going on at `next` never meets them.
 *
 * @param filter its statuses are those the action can be done to
 */
export async function bulkRuns(
  services: RunServices,
  workspaceId: string,
  action: BulkAction,
  filter: RunFilter,
  page: { before?: string; limit: number },
  options: Pick<ActionOptions, 'version' | 'move'> = {},
): Promise<BulkResult> {
  const found = await query<{ id: string }>(
    services.pool,
    newestRuns(workspaceId, filter, 'r.id', { ...page, limit: page.limit + 1 }),
  )
  const ids = found.rows.slice(0, page.limit).map(({ id }) => id)
  const result: BulkResult = { matched: ids.length, done: 0, failures: [], next: null }
  if (found.rows.length > page.limit) result.next = ids.at(-1)!
  for (let from = 0; from < ids.length; from += CHUNK) {
    const chunk = ids.slice(from, from + CHUNK)
    try {
      const outcomes = await transaction(services.pool, (client) =>
        actOnRuns(client, services, workspaceId, action, chunk, 2, options),
      )
      for (const [runId, outcome] of outcomes) {
        if (outcome instanceof ApiError) result.failures.push({ runId, error: outcome })
        else result.done += 1
      }
    } catch (err) {
      // what was done before stays done, and the answer must say so
      services.log.error({ err, action }, 'a part of a bulk action failed')
      const error = new ApiError('INTERNAL', 'Nothing was done to this run, because something went wrong on our side.')
      for (const runId of chunk) result.failures.push({ runId, error })
    }
    services.wake()
  }
  return result
}
