import { ApiError, type KeyType, publicId } from '@kantos/model'
import { uuidv7 } from 'uuidv7'
import { audit } from '../audit/audit.ts'
import { type Pool, query, type Queryable } from '../db/pool.ts'
import { transaction } from '../db/transaction.ts'
import type { Principal } from '../services.ts'
import { hashToken, newToken } from './tokens.ts'

export interface KeyRow {
  id: string
  name: string
  type: KeyType
  hint: string
  created_at: Date
  created_by: string | null
  last_used_at: Date | null
}

const HINT_LENGTH = 12

/**
 * Who a key belongs to. Its last use is noted at most once a minute.
 *
 * @param hash SHA-256 of the key
 * @returns null when there is no such key, or it is revoked
 */
export async function findKey(pool: Pool, hash: Buffer): Promise<Principal | null> {
  const { rows } = await query<{ id: string; workspace_id: string; name: string; type: KeyType; unseen: boolean }>(
    pool,
    {
      name: 'api-key',
      text: `select id, workspace_id, name, type, coalesce(last_used_at < now() - interval '1 minute', true) as unseen
      from api_keys where key_hash = $1 and revoked_at is null`,
      values: [hash],
    },
  )
  const [row] = rows
  if (row === undefined) return null
  if (row.unseen) noteUse(pool, row.workspace_id, row.id)
  return {
    workspaceId: row.workspace_id,
    kind: 'key',
    id: row.id,
    actor: publicId('key', row.id),
    name: row.name,
    role: row.type === 'server' ? 'admin' : 'viewer',
    keyType: row.type,
  }
}

/** Beside the request, which doesn't wait for it and doesn't fail with it. */
function noteUse(pool: Pool, workspaceId: string, id: string): void {
  pool
    .query(
      `update api_keys set last_used_at = now() where workspace_id = $1 and id = $2
       and coalesce(last_used_at < now() - interval '1 minute', true)`,
      [workspaceId, id],
    )
    .catch(() => {})
}

/** The keys that aren't revoked, newest first. */
export async function readKeys(db: Queryable, workspaceId: string): Promise<KeyRow[]> {
  const { rows } = await query<KeyRow>(db, {
    text: `select id, name, type, hint, created_at, created_by, last_used_at from api_keys
      where workspace_id = $1 and revoked_at is null order by created_at desc, id desc`,
    values: [workspaceId],
  })
  return rows
}

/**
 * Makes a key.
 *
 * @param key to use this one; by default a new one of 256 bits
 * @returns the key itself, which can't be read again
 */
export async function makeKey(
  db: Queryable,
  workspaceId: string,
  made: { name: string; type: KeyType; createdBy: string | null; key?: string },
): Promise<{ id: string; key: string }> {
  const id = uuidv7()
  const key = made.key ?? `kantos_${newToken()}`
  await query(db, {
    text: `insert into api_keys (workspace_id, id, name, type, key_hash, hint, created_by)
      values ($1, $2, $3, $4, $5, $6, $7)`,
    values: [workspaceId, id, made.name, made.type, hashToken(key), key.slice(0, HINT_LENGTH), made.createdBy],
  })
  return { id, key }
}

/**
 * Adds the key of `KANTOS_API_KEY` to a workspace. A key that is known already, even if revoked, stays as it is; the one
 * it replaces stays until it is revoked.
 *
 * @returns whether it was added now
 * Source: SPEC-DETAILS.md, section 12
 */
export async function ensureKey(pool: Pool, workspaceId: string, key: string): Promise<boolean> {
  const { rowCount } = await query(pool, {
    text: `insert into api_keys (workspace_id, id, name, type, key_hash, hint, created_by)
      values ($1, $2, 'KANTOS_API_KEY', 'server', $3, $4, null) on conflict (key_hash) do nothing`,
    values: [workspaceId, uuidv7(), hashToken(key), key.slice(0, HINT_LENGTH)],
  })
  return rowCount === 1
}

/** @throws ApiError NOT_FOUND when there is no such key, or it is revoked already */
export async function revokeKey(pool: Pool, principal: Principal, id: string | null): Promise<void> {
  await transaction(pool, async (client) => {
    const { rows } = await query<{ name: string }>(client, {
      text: `update api_keys set revoked_at = now() where workspace_id = $1 and id = $2 and revoked_at is null
        returning name`,
      values: [principal.workspaceId, id],
    })
    if (rows[0] === undefined) throw new ApiError('NOT_FOUND', 'There is no such API key.')
    await audit(client, principal, 'api_key.revoked', publicId('key', id!), { name: rows[0].name })
  })
}
