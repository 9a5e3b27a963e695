import { type Client, type Pool, query } from '../db/pool.ts'

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

/**
 * The same for the records of one enlistment, inside the caller's transaction; what a worker has in hand goes on.
 *
 * @param enlistment public id
 */
export async function forgetEnlisted(client: Client, workspaceId: string, enlistment: string): Promise<number> {
  const { rowCount } = await query(client, {
    text: `delete from outbox where workspace_id = $1 and seq = any(array(
        select o.seq from outbox o join events e on e.workspace_id = o.workspace_id and e.id = o.event_id
        where o.workspace_id = $1 and o.lane = 2 and e.payload ->> 'enlistment' = $2 for update of o skip locked))`,
    values: [workspaceId, enlistment],
  })
  return rowCount ?? 0
}
