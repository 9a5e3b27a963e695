import { z } from 'zod'
import { ROLES, route } from './route.ts'
import { emailInput } from './session.ts'
import { instant, listOf } from './shapes.ts'

const params = z.strictObject({ id: z.string() })

export const user = z
  .object({
    id: z.string(),
    name: z.string(),
    email: z.string(),
    role: z.enum(ROLES),
    suspended: z.boolean(),
    created_at: instant,
    last_seen_at: instant.nullable(),
  })
  .meta({ id: 'User' })
export type User = z.infer<typeof user>

export const oneTimeLink = z.object({ url: z.string().describe('works once'), expires_at: instant })

export const listUsers = route({
  method: 'get',
  path: '/users',
  summary: 'The users of the workspace',
  tag: 'Users',
  policy: 'viewer',
  status: 200,
  response: listOf(user),
})

export const inviteUser = route({
  method: 'post',
  path: '/users/invite',
  summary: 'Make a one-time link with which a colleague joins',
  tag: 'Users',
  policy: 'admin',
  body: z.strictObject({ email: emailInput, role: z.enum(ROLES) }),
  status: 201,
  response: oneTimeLink,
})

export const invitation = z
  .object({ email: z.string(), role: z.enum(ROLES), created_at: instant, expires_at: instant })
  .meta({ id: 'Invitation' })

export const listInvitations = route({
  method: 'get',
  path: '/users/invitations',
  summary: 'The invitations that wait to be accepted',
  tag: 'Users',
  policy: 'admin',
  status: 200,
  response: listOf(invitation),
})

export const deleteInvitation = route({
  method: 'delete',
  path: '/users/invitations/{email}',
  summary: 'Take an invitation back: its link stops working',
  tag: 'Users',
  policy: 'admin',
  params: z.strictObject({ email: z.string() }),
  status: 204,
  response: null,
})

export const updateUser = route({
  method: 'patch',
  path: '/users/{id}',
  summary: 'Change a user’s name or role, suspend or let in again',
  tag: 'Users',
  policy: 'admin',
  params,
  body: z.strictObject({
    name: z.string().trim().min(1).max(100).optional(),
    role: z.enum(ROLES).optional(),
    suspended: z.boolean().optional(),
  }),
  status: 200,
  response: user,
})

export const deleteUser = route({
  method: 'delete',
  path: '/users/{id}',
  summary: 'Delete a user; what they made stays',
  tag: 'Users',
  policy: 'admin',
  params,
  status: 204,
  response: null,
})

export const makePasswordLink = route({
  method: 'post',
  path: '/users/{id}/password-link',
  summary: 'Make a one-time link with which a user sets a new password',
  tag: 'Users',
  policy: 'admin',
  params,
  status: 201,
  response: oneTimeLink,
})
