import { emailInput, passwordInput, publicId } from '@kantos/model'
import { audit } from '../audit/audit.ts'
import { type Pool, query } from '../db/pool.ts'
import { transaction } from '../db/transaction.ts'
import { dropLinks, linkUrl, makeLink } from './links.ts'
import { hashPassword } from './password.ts'
import { insertUser } from './users.ts'

/** Whether a workspace has an owner. */
export async function hasOwner(pool: Pool, workspaceId: string): Promise<boolean> {
  const { rows } = await query(pool, {
    text: `select 1 from users where workspace_id = $1 and role = 'owner' limit 1`,
    values: [workspaceId],
  })
  return rows.length > 0
}

/**
 * A one-time link with which a person becomes the owner; an older one stops working.
 *
 * @returns `<publicUrl>/setup?token=…`
 * Source: SPEC.md, section 14
 */
export async function createOwnerLink(pool: Pool, workspaceId: string, publicUrl: string): Promise<string> {
  const { token } = await makeLink(pool, workspaceId, 'owner')
  return linkUrl(publicUrl, token)
}

/**
 * Creates the owner of `KANTOS_OWNER_EMAIL` and `KANTOS_OWNER_PASSWORD`, and ends the link that an earlier start printed.
 * A user who has this address stays as they are.
 *
 * @returns whether the owner was created now
 * @throws Error naming the setting that can't be used
 */
export async function ensureOwner(pool: Pool, workspaceId: string, email: string, password: string): Promise<boolean> {
  const address = emailInput.safeParse(email)
  if (!address.success) throw new Error(`KANTOS_OWNER_EMAIL is "${email}"; it must be an e-mail address.`)
  if (!passwordInput.safeParse(password).success)
    throw new Error('KANTOS_OWNER_PASSWORD must have 10 to 200 characters.')
  const { rows } = await query(pool, {
    text: 'select 1 from users where email_key = lower($1)',
    values: [address.data],
  })
  if (rows.length > 0) return false
  const passwordHash = await hashPassword(password)
  await transaction(pool, async (client) => {
    const name = nameOf(address.data)
    const id = await insertUser(client, workspaceId, { name, email: address.data, role: 'owner', passwordHash })
    await dropLinks(client, workspaceId, 'owner')
    await audit(client, { workspaceId, actor: 'system' }, 'user.created', publicId('user', id), { role: 'owner' })
  })
  return true
}

/** `olga.owner@example.com` → "Olga Owner". */
function nameOf(email: string): string {
  const words = email
    .split('@')[0]!
    .split(/[._+-]+/)
    .filter((part) => part !== '')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
  return words.length === 0 ? email : words.join(' ')
}
