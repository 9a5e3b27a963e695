import { publicId } from '@kantos/model'
import { audit } from '../audit/audit.ts'
import type { Client } from '../db/pool.ts'
import type { Principal, Services } from '../services.ts'
import { setStatus } from './activate.ts'
import { changeAutomations, noAutomation } from './change.ts'
import { findAutomation } from './row.ts'

/** Cancels the live runs of an automation, in the transaction that deletes it. */
export type CancelRuns = (client: Client, workspaceId: string, automationId: string) => Promise<unknown>

/**
 * Deletes an automation: it starts nothing any more, its waiting runs are cancelled, and its log stays.
 *
 * @param cancelRuns handed in, since runs are made of automations and not the other way round
 * @throws ApiError NOT_FOUND
 * Source: SPEC-DETAILS.md, section 3
 */
export async function deleteAutomation(
  services: Services,
  principal: Principal,
  id: string,
  cancelRuns: CancelRuns,
): Promise<void> {
  const { workspaceId } = principal
  await changeAutomations(services, workspaceId, async (client) => {
    const row = await findAutomation(client, workspaceId, id)
    if (row === null) throw noAutomation()
    await setStatus(client, workspaceId, row, 'inactive')
    await client.query(
      'update automations set deleted_at = now(), webhook_token = null, webhook_secret = null where workspace_id = $1 and id = $2',
      [workspaceId, id],
    )
    await cancelRuns(client, workspaceId, id)
    await audit(client, principal, 'automation.deleted', publicId('automation', id), {
      name: row.name,
      version: row.version,
    })
    return { changed: true, result: null }
  })
  services.wake()
}
