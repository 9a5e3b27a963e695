import { ApiError, uuidOf } from '@kantos/model'
import type { Client } from '../db/pool.ts'
import { transaction } from '../db/transaction.ts'
import type { Services } from '../services.ts'

/**
 * Changes automations or templates: one change of a workspace at a time (`for update` on its row), so that what a document is
 * checked against can't change meanwhile; and the revision that writers and workers compare is raised in the same transaction.
 *
 * @param change says whether anything changed; if not, the revision stays
 */
export function changeAutomations<T>(
  { pool }: Pick<Services, 'pool'>,
  workspaceId: string,
  change: (client: Client) => Promise<{ changed: boolean; result: T }>,
): Promise<T> {
  return transaction(pool, async (client) => {
    await client.query('select 1 from workspaces where id = $1 for update', [workspaceId])
    const { changed, result } = await change(client)
    if (changed)
      await client.query('update workspaces set automations_rev = automations_rev + 1 where id = $1', [workspaceId])
    return result
  })
}

/** The uuid of an automation's id. @throws ApiError NOT_FOUND for a text that is none */
export function automationUuid(id: string): string {
  const uuid = uuidOf('automation', id)
  if (uuid === null) throw noAutomation()
  return uuid
}

export function noAutomation(): ApiError {
  return new ApiError('NOT_FOUND', 'There is no such automation.')
}
