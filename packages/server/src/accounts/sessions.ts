import { publicId, type Role } from '@kantos/model'
import { type Pool, query, type Queryable } from '../db/pool.ts'
import type { Principal } from '../services.ts'
import { hashToken, newToken } from './tokens.ts'

/** A session ends after this long without a request, and after `SESSION_DAYS` in any case. */
const IDLE_DAYS = 7
export const SESSION_DAYS = 30

/**
 * Who a session belongs to. It is seen at most once a minute, which is what its idle time is counted from.
 *
 * @param hash SHA-256 of the cookie
 * @returns null when it ended, or its user is suspended
 */
export async function findSession(pool: Pool, hash: Buffer): Promise<Principal | null> {
  const { rows } = await query<{ id: string; workspace_id: string; name: string; role: Role; unseen: boolean }>(pool, {
    name: 'session',
    text: `select u.id, u.workspace_id, u.name, u.role, s.seen_at < now() - interval '1 minute' as unseen
      from sessions s join users u on u.workspace_id = s.workspace_id and u.id = s.user_id
      where s.token_hash = $1 and s.expires_at > now() and s.seen_at > now() - interval '${IDLE_DAYS} days'
        and u.suspended_at is null`,
    values: [hash],
  })
  const [row] = rows
  if (row === undefined) return null
  if (row.unseen) noteSeen(pool, hash)
  return {
    workspaceId: row.workspace_id,
    kind: 'user',
    id: row.id,
    actor: publicId('user', row.id),
    name: row.name,
    role: row.role,
  }
}

/** Beside the request, which doesn't wait for it and doesn't fail with it. */
function noteSeen(pool: Pool, hash: Buffer): void {
  pool
    .query(
      `with seen as (update sessions set seen_at = now() where token_hash = $1 returning workspace_id, user_id)
       update users u set last_seen_at = now() from seen where u.workspace_id = seen.workspace_id and u.id = seen.user_id`,
      [hash],
    )
    .catch(() => {})
}

/** Begins a session, and clears away ended ones. @returns the cookie's token */
export async function beginSession(db: Queryable, workspaceId: string, userId: string): Promise<string> {
  const token = newToken()
  await query(db, {
    text: `with ended as (
        delete from sessions where expires_at < now() or seen_at < now() - interval '${IDLE_DAYS} days'
      ), seen as (
        update users set last_seen_at = now() where workspace_id = $1 and id = $2
      )
      insert into sessions (workspace_id, user_id, token_hash, expires_at)
      values ($1, $2, $3, now() + interval '${SESSION_DAYS} days')`,
    values: [workspaceId, userId, hashToken(token)],
  })
  return token
}

export async function endSession(db: Queryable, token: string): Promise<void> {
  await query(db, { text: 'delete from sessions where token_hash = $1', values: [hashToken(token)] })
}

/** Ends a user's sessions, all but the one of `keepToken`. */
export async function endSessions(
  db: Queryable,
  workspaceId: string,
  userId: string,
  keepToken?: string | null,
): Promise<void> {
  await query(db, {
    text: 'delete from sessions where workspace_id = $1 and user_id = $2 and token_hash is distinct from $3',
    values: [workspaceId, userId, keepToken == null ? null : hashToken(keepToken)],
  })
}
