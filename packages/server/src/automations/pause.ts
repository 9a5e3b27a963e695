import { type AutomationFlag, publicId } from '@kantos/model'
import { audit } from '../audit/audit.ts'
import type { Client } from '../db/pool.ts'
import type { Services } from '../services.ts'
import { setStatus } from './activate.ts'
import { changeAutomations } from './change.ts'
import { findAutomation } from './row.ts'

/**
 * Deactivates an automation that only fails, in the name of the system, and notes why. Its runs under way end as they would.
 *
 * @param why is asked again under the lock; null: it isn't so any more, and nothing changes
 * @param paused does what belongs to it, in the same transaction
 * @returns whether it was paused now
 */
export async function pauseAutomation(
  services: Pick<Services, 'pool'>,
  workspaceId: string,
  id: string,
  why: (client: Client, activatedAt: Date) => Promise<{ runId: string; failed: number } | null>,
  paused: (client: Client, failing: { runId: string; failed: number }) => Promise<void>,
): Promise<boolean> {
  return changeAutomations(services, workspaceId, async (client) => {
    const row = await findAutomation(client, workspaceId, id)
    const nothing = { changed: false, result: false }
    if (row === null || row.status !== 'active' || row.activated_at === null) return nothing
    const failing = await why(client, row.activated_at)
    if (failing === null) return nothing
    await setStatus(client, workspaceId, row, 'inactive')
    const flag: AutomationFlag = {
      code: 'FAILING',
      run_id: publicId('run', failing.runId),
      at: row.updated_at.toISOString(),
    }
    const others = row.flags.filter(({ code }) => code !== 'FAILING')
    await client.query('update automations set flags = $3 where workspace_id = $1 and id = $2', [
      workspaceId,
      id,
      JSON.stringify([...others, flag]),
    ])
    await audit(client, { workspaceId, actor: 'system' }, 'automation.paused', publicId('automation', id), {
      name: row.name,
      reason: `its last ${failing.failed} runs failed`,
      run_id: flag.run_id,
    })
    await paused(client, failing)
    return { changed: true, result: true }
  })
}
