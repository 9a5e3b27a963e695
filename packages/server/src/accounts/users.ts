import { ApiError, invalid, publicId, type Role, ROLES } from '@kantos/model'
import { uuidv7 } from 'uuidv7'
import { audit } from '../audit/audit.ts'
import { type Pool, query, type Queryable } from '../db/pool.ts'
import { transaction } from '../db/transaction.ts'
import type { Principal } from '../services.ts'
import { dropLinks } from './links.ts'
import { endSessions } from './sessions.ts'

export interface UserRow {
  id: string
  name: string
  email: string
  role: Role
  suspended: boolean
  created_at: Date
  last_seen_at: Date | null
}

const COLUMNS = 'id, name, email, role, suspended_at is not null as suspended, created_at, last_seen_at'

export async function readUsers(db: Queryable, workspaceId: string): Promise<UserRow[]> {
  const { rows } = await query<UserRow>(db, {
    text: `select ${COLUMNS} from users where workspace_id = $1 order by lower(name), id`,
    values: [workspaceId],
  })
  return rows
}

/** @throws ApiError NOT_FOUND */
export async function readUser(db: Queryable, workspaceId: string, id: string | null): Promise<UserRow> {
  const { rows } = await query<UserRow>(db, {
    text: `select ${COLUMNS} from users where workspace_id = $1 and id = $2`,
    values: [workspaceId, id],
  })
  if (rows[0] === undefined) throw new ApiError('NOT_FOUND', 'There is no such user.')
  return rows[0]
}

/** Whom an e-mail address belongs to, whatever its case. It is one person's in the whole installation. */
export async function findByEmail(
  db: Queryable,
  email: string,
): Promise<{ id: string; workspace_id: string; password_hash: string; suspended: boolean } | null> {
  const { rows } = await query<{ id: string; workspace_id: string; password_hash: string; suspended: boolean }>(db, {
    text: `select id, workspace_id, password_hash, suspended_at is not null as suspended from users
      where email_key = lower($1)`,
    values: [email],
  })
  return rows[0] ?? null
}

/** @throws ApiError VALIDATION_ERROR when the address is taken */
export async function insertUser(
  db: Queryable,
  workspaceId: string,
  user: { name: string; email: string; role: Role; passwordHash: string },
): Promise<string> {
  const id = uuidv7()
  const { rowCount } = await query(db, {
    text: `insert into users (workspace_id, id, email, name, role, password_hash) values ($1, $2, $3, $4, $5, $6)
      on conflict (lower(email)) do nothing`,
    values: [workspaceId, id, user.email, user.name, user.role, user.passwordHash],
  })
  if (rowCount !== 1) throw invalid([{ path: '/email', message: 'A user with this e-mail address exists already.' }])
  return id
}

export async function setPassword(db: Queryable, workspaceId: string, id: string, passwordHash: string): Promise<void> {
  await query(db, {
    text: 'update users set password_hash = $3 where workspace_id = $1 and id = $2',
    values: [workspaceId, id, passwordHash],
  })
}

export interface UserChange {
  name?: string
  role?: Role
  suspended?: boolean
}

/**
 * Changes a user's name or role, suspends or lets in again. A suspended user's sessions end, and with a role the password link.
 *
 * @throws ApiError NOT_FOUND; FORBIDDEN when one who isn't an owner touches an owner or makes one; CONFLICT for the last owner
 */
export async function changeUser(
  pool: Pool,
  principal: Principal,
  id: string | null,
  change: UserChange,
): Promise<UserRow> {
  const { workspaceId } = principal
  return transaction(pool, async (client) => {
    const user = await lockUser(client, principal, id)
    requireOwnerFor(principal, user.role, change.role)
    const losesOwner =
      user.role === 'owner' && ((change.role ?? 'owner') !== 'owner' || (change.suspended === true && !user.suspended))
    if (losesOwner) await requireAnotherOwner(client, workspaceId, user.id)
    await query(client, {
      text: `update users set name = coalesce($3, name), role = coalesce($4, role),
          suspended_at = case when $5::boolean is null then suspended_at when $5 then coalesce(suspended_at, now()) end
        where workspace_id = $1 and id = $2`,
      values: [workspaceId, user.id, change.name ?? null, change.role ?? null, change.suspended ?? null],
    })
    if (change.suspended === true) await endSessions(client, workspaceId, user.id)
    // whoever made a password link for an editor isn't to come in with it as the owner that the editor has become
    if (change.suspended === true || (change.role ?? user.role) !== user.role)
      await dropLinks(client, workspaceId, 'reset', user.email)
    await audit(client, principal, 'user.updated', publicId('user', user.id), { ...change })
    return readUser(client, workspaceId, user.id)
  })
}

/** Deletes a user with the sessions; what they made stays. @throws ApiError like `changeUser` */
export async function removeUser(pool: Pool, principal: Principal, id: string | null): Promise<void> {
  const { workspaceId } = principal
  await transaction(pool, async (client) => {
    const user = await lockUser(client, principal, id)
    requireOwnerFor(principal, user.role)
    if (user.role === 'owner') await requireAnotherOwner(client, workspaceId, user.id)
    await query(client, {
      text: `delete from setup_tokens where workspace_id = $1 and lower(email) = lower($2)`,
      values: [workspaceId, user.email],
    })
    await query(client, {
      text: 'delete from users where workspace_id = $1 and id = $2',
      values: [workspaceId, user.id],
    })
    await audit(client, principal, 'user.deleted', publicId('user', user.id), { name: user.name, email: user.email })
  })
}

/** Two who remove each other's ownership at once: the workspace's row lock lets them in one after the other. */
async function lockUser(db: Queryable, principal: Principal, id: string | null): Promise<UserRow> {
  await query(db, { text: 'select 1 from workspaces where id = $1 for no key update', values: [principal.workspaceId] })
  return readUser(db, principal.workspaceId, id)
}

async function requireAnotherOwner(db: Queryable, workspaceId: string, id: string): Promise<void> {
  const { rows } = await query(db, {
    text: `select 1 from users where workspace_id = $1 and id <> $2 and role = 'owner' and suspended_at is null limit 1`,
    values: [workspaceId, id],
  })
  if (rows.length === 0) throw new ApiError('CONFLICT', 'This is the last owner. Make somebody else an owner first.')
}

/** Owners are made, changed and removed by owners. @throws ApiError FORBIDDEN */
export function requireOwnerFor(principal: Principal, ...roles: (Role | undefined)[]): void {
  if (roles.includes('owner') && ROLES.indexOf(principal.role) < ROLES.indexOf('owner'))
    throw new ApiError('FORBIDDEN', 'Only an owner can do this to an owner.')
}
