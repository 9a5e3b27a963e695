import { ApiError, type LinkPurpose, type Role } from '@kantos/model'
import { query, type Queryable } from '../db/pool.ts'
import { hashToken, newToken } from './tokens.ts'

/** What a one-time link is for. An owner's link leaves the e-mail to the person. */
export interface LinkRow {
  workspace_id: string
  workspace: string
  purpose: LinkPurpose
  email: string | null
  role: Role | null
  expires_at: Date
}

const HOURS: Record<LinkPurpose, number> = { owner: 24 * 365, invite: 24 * 7, reset: 24 }

/** A link as a person gets it. */
export function linkUrl(publicUrl: string, token: string): string {
  return `${publicUrl}/setup?token=${token}`
}

/**
 * Makes a one-time link; an older one for the same purpose and person stops working. Of two made at once the later one works: an unused
 * one is unique in its index.
 *
 * @returns its token, which is stored only as SHA-256
 */
export async function makeLink(
  db: Queryable,
  workspaceId: string,
  purpose: LinkPurpose,
  email: string | null = null,
  role: Role | null = null,
): Promise<{ token: string; expiresAt: Date }> {
  const token = newToken()
  const { rows } = await query<{ expires_at: Date }>(db, {
    text: `insert into setup_tokens (workspace_id, purpose, email, role, token_hash, expires_at)
      values ($1, $2, $3, $4, $5, now() + make_interval(hours => $6))
      on conflict (workspace_id, purpose, lower(coalesce(email, ''))) where used_at is null do update set
        email = excluded.email, role = excluded.role, token_hash = excluded.token_hash, created_at = now(),
        expires_at = excluded.expires_at
      returning expires_at`,
    values: [workspaceId, purpose, email, role, hashToken(token), HOURS[purpose]],
  })
  return { token, expiresAt: rows[0]!.expires_at }
}

/** Makes links of a purpose useless, as when what they were for has come about in another way. @param email null: an owner's link */
export async function dropLinks(
  db: Queryable,
  workspaceId: string,
  purpose: LinkPurpose,
  email: string | null = null,
): Promise<void> {
  await query(db, {
    text: `delete from setup_tokens where workspace_id = $1 and purpose = $2
      and lower(email) is not distinct from lower($3) and used_at is null`,
    values: [workspaceId, purpose, email],
  })
}

function unknownLink(): ApiError {
  return new ApiError('NOT_FOUND', 'This link is unknown, was used already or has expired. Ask for a new one.')
}

/** What a link is for, without using it. @throws ApiError NOT_FOUND */
export async function readLink(db: Queryable, token: string): Promise<LinkRow> {
  const { rows } = await query<LinkRow>(db, {
    text: `select t.workspace_id, w.name as workspace, t.purpose, t.email, t.role, t.expires_at
      from setup_tokens t join workspaces w on w.id = t.workspace_id
      where t.token_hash = $1 and t.used_at is null and t.expires_at > now()`,
    values: [hashToken(token)],
  })
  if (rows[0] === undefined) throw unknownLink()
  return rows[0]
}

/**
 * Uses a link up, in the transaction that does what it is for. Of two who use it at once the row lock lets one through.
 *
 * @throws ApiError NOT_FOUND
 */
export async function spendLink(db: Queryable, token: string): Promise<LinkRow> {
  const { rows } = await query<LinkRow>(db, {
    text: `update setup_tokens t set used_at = now() from workspaces w
      where t.token_hash = $1 and w.id = t.workspace_id and t.used_at is null and t.expires_at > now()
      returning t.workspace_id, w.name as workspace, t.purpose, t.email, t.role, t.expires_at`,
    values: [hashToken(token)],
  })
  if (rows[0] === undefined) throw unknownLink()
  return rows[0]
}

export interface InvitationRow {
  email: string
  role: Role
  created_at: Date
  expires_at: Date
}

/** The invitations that wait to be accepted, newest first. */
export async function readInvitations(db: Queryable, workspaceId: string): Promise<InvitationRow[]> {
  const { rows } = await query<InvitationRow>(db, {
    text: `select email, role, created_at, expires_at from setup_tokens
      where workspace_id = $1 and purpose = 'invite' and used_at is null and expires_at > now() order by created_at desc`,
    values: [workspaceId],
  })
  return rows
}

/** Takes an invitation back. @throws ApiError NOT_FOUND */
export async function removeInvitation(db: Queryable, workspaceId: string, email: string): Promise<void> {
  const { rowCount } = await query(db, {
    text: `delete from setup_tokens
      where workspace_id = $1 and purpose = 'invite' and lower(email) = lower($2) and used_at is null and expires_at > now()`,
    values: [workspaceId, email],
  })
  if (rowCount === 0) throw new ApiError('NOT_FOUND', 'There is no such invitation.')
}
