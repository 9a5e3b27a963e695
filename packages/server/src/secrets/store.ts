import { ApiError, invalid } from '@kantos/model'
import { uuidv7 } from 'uuidv7'
import { audit } from '../audit/audit.ts'
import { type Client, type Pool, query, type Queryable } from '../db/pool.ts'
import { transaction } from '../db/transaction.ts'
import type { Principal } from '../services.ts'
import type { Sealer } from './seal.ts'

export interface SecretRow {
  name: string
  created_at: Date
  updated_at: Date
  updated_by: string | null
}

/** The secrets of a workspace without their values. */
export async function readSecretNames(db: Queryable, workspaceId: string): Promise<SecretRow[]> {
  const { rows } = await query<SecretRow>(db, {
    text: 'select name, created_at, updated_at, updated_by from secrets where workspace_id = $1 order by name',
    values: [workspaceId],
  })
  return rows
}

/**
 * Opens secrets, at the moment they are used.
 *
 * @returns name → value of those that exist
 * @throws SealError when the master key isn't the one they were sealed with
 * Source: SPEC.md, section 7
 */
export async function openSecrets(
  db: Queryable,
  sealer: Sealer,
  workspaceId: string,
  names: readonly string[],
): Promise<Map<string, string>> {
  if (names.length === 0) return new Map()
  const { rows } = await query<{ name: string; id: string; sealed: Buffer }>(db, {
    name: 'open-secrets',
    text: 'select name, id, sealed from secrets where workspace_id = $1 and name = any($2)',
    values: [workspaceId, names],
  })
  return new Map(rows.map(({ name, id, sealed }) => [name, sealer.open(sealed, { workspaceId, rowId: id })]))
}

/**
 * Stores a secret, or replaces its value.
 *
 * @throws ApiError VALIDATION_ERROR when the name is new and differs from another's in case alone
 */
export async function storeSecret(
  pool: Pool,
  sealer: Sealer,
  principal: Principal,
  name: string,
  value: string,
): Promise<void> {
  const { workspaceId } = principal
  await transaction(pool, async (client) => {
    // of two that are stored at once the second sees the first
    const lock = `secret ${workspaceId} ${name.toLowerCase()}`
    await query(client, { text: 'select pg_advisory_xact_lock(hashtextextended($1, 0))', values: [lock] })
    const { rows } = await query<{ id: string }>(client, {
      text: 'select id from secrets where workspace_id = $1 and name = $2 for update',
      values: [workspaceId, name],
    })
    if (rows[0] === undefined) await refuseTwin(client, workspaceId, name)
    // sealed for its row: a new one, or the one that is there
    const id = rows[0]?.id ?? uuidv7()
    const { rowCount } = await query(client, {
      text: `insert into secrets (workspace_id, name, id, sealed, updated_by) values ($1, $2, $3, $4, $5)
        on conflict (workspace_id, name) do update set sealed = $4, updated_at = now(), updated_by = $5
          where secrets.id = $3`,
      values: [workspaceId, name, id, sealer.seal(value, { workspaceId, rowId: id }), principal.actor],
    })
    if (rowCount !== 1) throw new ApiError('CONFLICT', 'The secret is being stored by somebody else. Try again.')
    await audit(client, principal, rows[0] === undefined ? 'secret.created' : 'secret.updated', name)
  })
}

/** Whoever mistook one for the other would send the wrong secret. Those that were there before both stay. */
async function refuseTwin(client: Client, workspaceId: string, name: string): Promise<void> {
  const { rows } = await query<{ name: string }>(client, {
    text: 'select name from secrets where workspace_id = $1 and lower(name) = lower($2) limit 1',
    values: [workspaceId, name],
  })
  const [twin] = rows
  if (twin === undefined) return
  const message = `There is a secret ${twin.name} already, and ${name} would differ from it in case alone. Replace that one, or choose another name.`
  throw invalid([{ path: '/name', message }])
}

/**
 * Deletes a secret.
 *
 * @param force although automations use it: their steps will fail with SECRET_NOT_FOUND
 * @throws ApiError NOT_FOUND; CONFLICT with the automations' names
 */
export async function removeSecret(pool: Pool, principal: Principal, name: string, force: boolean): Promise<void> {
  const { workspaceId } = principal
  await transaction(pool, async (client) => {
    const { rowCount } = await query(client, {
      text: 'delete from secrets where workspace_id = $1 and name = $2',
      values: [workspaceId, name],
    })
    if (rowCount !== 1) throw new ApiError('NOT_FOUND', 'There is no such secret.')
    const users = force ? [] : await usersOf(client, workspaceId, name)
    if (users.length > 0)
      throw new ApiError('CONFLICT', `Automations use this secret: ${users.join(', ')}.`, { automations: users })
    await audit(client, principal, 'secret.deleted', name)
  })
}

/** Names of the automations whose templates name a secret, at most 20. */
async function usersOf(db: Queryable, workspaceId: string, name: string): Promise<string[]> {
  const { rows } = await query<{ name: string }>(db, {
    text: `select name from automations where workspace_id = $1 and deleted_at is null
      and document::text ~ ('\\msecrets\\s*(\\.\\s*|\\[\\s*[^a-zA-Z0-9_]+)' || $2 || '\\M') order by name limit 20`,
    values: [workspaceId, name],
  })
  return rows.map((row) => row.name)
}
