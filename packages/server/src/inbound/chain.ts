import type { Chain, ChainLink, Lane } from '@kantos/model'
import type { Queryable } from '../db/pool.ts'
import { type ChainReference, readChain } from '../webhooks/chain-header.ts'

const MAX_PATH = 20
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** The chain that a call goes on with, and the lane of the run that made it. */
export interface InboundChain {
  chain: Chain
  lane: Lane
}

/**
 * A call by one of our own webhook steps, told by its signed header, continues its run's chain: a loop that leaves through a webhook
 * and comes back here stays one chain.
 *
 * @param header `X-Kantos-Chain`
 * @param key the workspace's own; a header of another workspace, or one that wasn't signed, counts for nothing
 * @returns null for a call from outside
 * Source: SPEC.md, section 10
 */
export async function chainOfCall(
  db: Queryable,
  workspaceId: string,
  header: string | null,
  key: Buffer,
): Promise<InboundChain | null> {
  if (header === null) return null
  const reference = readChain(header, key)
  if (reference === null || !UUID.test(reference.chainId) || !UUID.test(reference.parentRunId)) return null
  return continued(db, workspaceId, reference)
}

async function continued(
  db: Queryable,
  workspaceId: string,
  { chainId, depth, parentRunId }: ChainReference,
): Promise<InboundChain> {
  const { rows } = await db.query<{
    automation_id: string
    record_id: string | null
    path: ChainLink[] | null
    lane: Lane | null
  }>({
    name: 'webhook-parent-run',
    text: 'select automation_id, record_id, path, lane from runs where workspace_id = $1 and id = $2 limit 1',
    values: [workspaceId, parentRunId],
  })
  const [parent] = rows
  const link = parent === undefined ? [] : [[parent.automation_id, parent.record_id, parentRunId] as const]
  const path = [...(parent?.path ?? []), ...link].slice(-MAX_PATH)
  return { chain: { id: chainId, depth, path }, lane: parent?.lane ?? 0 }
}
