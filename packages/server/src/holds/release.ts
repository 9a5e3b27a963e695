import type { ReleaseRuns } from '@kantos/model'
import { audit, type Auditor } from '../audit/audit.ts'
import { followAgain } from '../dates/follow.ts'
import { type Pool, query } from '../db/pool.ts'
import { transaction } from '../db/transaction.ts'
import { endEnlistments } from '../enlist/enlistment.ts'
import { forgetEvents } from '../events/forget.ts'
import { markForCancel } from '../runs/cancel.ts'
import { endFanOuts } from '../schedules/end-fan-outs.ts'

export interface Released {
  released: boolean
  cancelled: { runs: number; events: number }
}

const NOTHING = { runs: 0, events: 0 }

/**
 * Lets a workspace go on.
 *
 * With `cancel`, what was there when it was put on hold doesn't: live runs are marked in small transactions, and end as
 * cancelled as soon as the workers take them up; events that nobody had taken up start nothing; schedules drop the tick
 * they were in the middle of. What came since, such as a lead of today, goes on. The hold is lifted last, so a stop in
 * between leaves everything on hold, and calling again goes on with it.
 *
 * @returns `released: false` when it wasn't on hold
 */
export async function release(pool: Pool, by: Auditor, runs: ReleaseRuns): Promise<Released> {
  const { workspaceId } = by
  const { rows } = await query<{ at: Date }>(pool, {
    text: 'select at from holds where workspace_id = $1',
    values: [workspaceId],
  })
  if (rows[0] === undefined) return { released: false, cancelled: NOTHING }
  const before = rows[0].at
  const cancelled =
    runs === 'continue'
      ? NOTHING
      : {
          runs: await markForCancel(pool, workspaceId, before),
          events: await forgetEvents(pool, workspaceId, before),
        }
  return transaction(pool, async (client) => {
    if (runs === 'cancel') {
      await endFanOuts(client, workspaceId)
      await endEnlistments(client, workspaceId, before)
      // of the events that were forgotten, some had moved dates
      await followAgain(client, workspaceId, 'all')
    }
    const { rowCount } = await query(client, {
      text: 'delete from holds where workspace_id = $1',
      values: [workspaceId],
    })
    if (rowCount === 0) return { released: false, cancelled }
    await audit(client, by, 'hold.released', null, { runs, cancelled })
    return { released: true, cancelled }
  })
}
