import { type Pool, query } from '../db/pool.ts'

const CHUNK = 5_000

/**
 * Takes from a workspace's events the right to start runs; the events stay in their records' history.
 *
 * @param before those that happened earlier
 * @returns how many there were
 */
export async function forgetEvents(pool: Pool, workspaceId: string, before: Date): Promise<number> {
  let forgotten = 0
  for (let full = true; full; ) {
    const { rowCount } = await query(pool, {
      text: `delete from outbox where workspace_id = $1 and seq = any(array(
          select o.seq from outbox o join events e on e.workspace_id = o.workspace_id and e.id = o.event_id
          where o.workspace_id = $1 and e.at < $2 order by o.seq limit ${CHUNK} for update of o))`,
      values: [workspaceId, before],
    })
    forgotten += rowCount ?? 0
    full = rowCount === CHUNK
  }
  return forgotten
}
