import type { EventType } from '@kantos/model'
import { query, type Queryable } from '../db/pool.ts'

/** What the active automations of a workspace listen to, at one revision. */
export interface Listeners {
  rev: number
  /** Whether one of them wants to know of new records of an object. @param object slug */
  ofNew(object: string): boolean
}

const CREATED: EventType = 'record.created'
const MOST_REMEMBERED = 10_000
const newest = new Map<string, Listeners>()

/**
 * What the active automations of a workspace listened to at a revision that was read before. Any change of it raises the revision in the
 * same transaction, so a statement that compares the revision may go by the answer.
 *
 * @param db never a transaction that changes automations: what it hasn't committed would be taken for the revision's
 */
export async function listenersAt(
  db: Queryable,
  { workspaceId, rev }: { workspaceId: string; rev: number },
): Promise<Listeners> {
  const known = newest.get(workspaceId)
  if (known !== undefined && known.rev === rev) return known
  const { rows } = await query<{ object: string }>(db, {
    name: 'listeners',
    text: `select distinct trigger_object as object from automations
      where workspace_id = $1 and status = 'active' and deleted_at is null and trigger_object is not null
        and trigger_event in ($2, 'date.reached')`,
    values: [workspaceId, CREATED],
  })
  const objects = new Set(rows.map(({ object }) => object))
  const listeners: Listeners = { rev, ofNew: (object) => objects.has(object) }
  if (newest.size >= MOST_REMEMBERED) newest.clear()
  newest.set(workspaceId, listeners)
  return listeners
}
