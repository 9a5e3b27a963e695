import {
  deleteInvitation,
  deleteUser,
  invalid,
  inviteUser,
  listInvitations,
  listUsers,
  makePasswordLink,
  publicId,
  updateUser,
  uuidOf,
} from '@kantos/model'
import { linkUrl, makeLink, readInvitations, removeInvitation } from '../../accounts/links.ts'
import {
  changeUser,
  findByEmail,
  readUser,
  readUsers,
  removeUser,
  requireOwnerFor,
  type UserRow,
} from '../../accounts/users.ts'
import { audit } from '../../audit/audit.ts'
import { transaction } from '../../db/transaction.ts'
import { acrossWorkspaces } from '../../db/walls.ts'
import type { Services } from '../../services.ts'
import type { Authenticator } from '../auth.ts'
import type { Api } from '../implement.ts'

function present(row: UserRow) {
  return {
    ...row,
    id: publicId('user', row.id),
    created_at: row.created_at.toISOString(),
    last_seen_at: row.last_seen_at?.toISOString() ?? null,
  }
}

/** Users, their roles and the links with which they come in. Source: SPEC.md, section 12 */
export function userRoutes(api: Api, { pool, config }: Services, authenticator: Authenticator): void {
  api.handle(listUsers, async ({ principal }) => ({
    data: (await readUsers(pool, principal.workspaceId)).map(present),
  }))

  api.handle(inviteUser, async ({ principal, body: { email, role } }) => {
    requireOwnerFor(principal, role)
    // an address is one person's in the whole installation
    if ((await findByEmail(acrossWorkspaces(pool), email)) !== null)
      throw invalid([{ path: '/email', message: 'A user with this e-mail address exists already.' }])
    return transaction(pool, async (client) => {
      const { token, expiresAt } = await makeLink(client, principal.workspaceId, 'invite', email, role)
      await audit(client, principal, 'user.invited', null, { email, role })
      return { url: linkUrl(config.publicUrl, token), expires_at: expiresAt.toISOString() }
    })
  })

  api.handle(listInvitations, async ({ principal }) => ({
    data: (await readInvitations(pool, principal.workspaceId)).map(({ email, role, created_at, expires_at }) => ({
      email,
      role,
      created_at: created_at.toISOString(),
      expires_at: expires_at.toISOString(),
    })),
  }))

  api.handle(deleteInvitation, ({ principal, params: { email } }) =>
    transaction(pool, async (client) => {
      await removeInvitation(client, principal.workspaceId, email)
      await audit(client, principal, 'user.invitation_withdrawn', null, { email })
    }),
  )

  api.handle(updateUser, async ({ principal, params, body }) => {
    const user = await changeUser(pool, principal, uuidOf('user', params.id), body)
    authenticator.forget()
    return present(user)
  })

  api.handle(deleteUser, async ({ principal, params }) => {
    await removeUser(pool, principal, uuidOf('user', params.id))
    authenticator.forget()
  })

  api.handle(makePasswordLink, ({ principal, params }) =>
    transaction(pool, async (client) => {
      const user = await readUser(client, principal.workspaceId, uuidOf('user', params.id))
      requireOwnerFor(principal, user.role)
      const { token, expiresAt } = await makeLink(client, principal.workspaceId, 'reset', user.email)
      await audit(client, principal, 'user.password_link_made', params.id)
      return { url: linkUrl(config.publicUrl, token), expires_at: expiresAt.toISOString() }
    }),
  )
}
