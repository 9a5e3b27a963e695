import { uuidv7 } from 'uuidv7'
import { query, type Queryable } from '../db/pool.ts'
import type { Principal } from '../services.ts'

/** Who did it: a principal, or `system` with a workspace. */
export type Auditor = Pick<Principal, 'workspaceId' | 'actor' | 'ip'>

/**
 * Notes a change in the audit log. Call it with the connection of the transaction that makes the change.
 *
 * @param action `<noun>.<past participle>`: `api_key.created`
 * @param target the public id or the name of what was changed
 * @param details plain data without secrets: what changed
 * Source: SPEC.md, section 12
 */
export async function audit(
  db: Queryable,
  by: Auditor,
  action: string,
  target: string | null,
  details?: Readonly<Record<string, unknown>>,
): Promise<void> {
  await query(db, {
    name: 'audit',
    text: `insert into audit_log (workspace_id, id, actor, action, target, details, ip)
      values ($1, $2, $3, $4, $5, $6, $7)`,
    values: [
      by.workspaceId,
      uuidv7(),
      by.actor,
      action,
      target,
      details === undefined ? null : JSON.stringify(details),
      by.ip ?? null,
    ],
  })
}
