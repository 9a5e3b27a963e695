import { z } from 'zod'
import { ROLES, route } from './route.ts'
import { instant } from './shapes.ts'

export const emailInput = z
  .string()
  .trim()
  .max(254)
  .regex(/^[^\s@<>,;:"()[\]\\]+@[^\s@<>,;:"()[\]\\]+$/, 'must be an e-mail address')
export const passwordInput = z.string().min(10, 'must have 10 characters or more').max(200)
const personName = z.string().trim().min(1).max(100)

/** Who is logged in. Source: SPEC-DETAILS.md, section 12 */
export const session = z
  .object({
    kind: z.enum(['user', 'key']),
    id: z.string(),
    name: z.string(),
    email: z.string().nullable(),
    role: z.enum(ROLES),
    workspace: z.object({ id: z.string(), name: z.string() }),
  })
  .meta({ id: 'Session' })
export type Session = z.infer<typeof session>

export const readSession = route({
  method: 'get',
  path: '/session',
  summary: 'Who I am',
  tag: 'Session',
  policy: 'viewer',
  status: 200,
  response: session,
})

export const logIn = route({
  method: 'post',
  path: '/session',
  summary: 'Log in; the answer sets the session cookie',
  tag: 'Session',
  policy: 'public',
  body: z.strictObject({ email: z.string().max(254), password: z.string().max(200) }),
  status: 200,
  response: session,
})

export const logOut = route({
  method: 'delete',
  path: '/session',
  summary: 'Log out',
  tag: 'Session',
  policy: 'viewer',
  status: 204,
  response: null,
})

/** What a one-time link is for: the first owner, an invited colleague, or a new password. */
export const LINK_PURPOSES = ['owner', 'invite', 'reset'] as const
export type LinkPurpose = (typeof LINK_PURPOSES)[number]
const token = z.string().min(20).max(100)

export const checkLink = route({
  method: 'post',
  path: '/session/setup/check',
  summary: 'What a one-time link is for',
  tag: 'Session',
  policy: 'public',
  body: z.strictObject({ token }),
  status: 200,
  response: z.object({
    purpose: z.enum(LINK_PURPOSES),
    email: z.string().nullable().describe('given by an invitation and a password link'),
    role: z.enum(ROLES).nullable(),
    workspace: z.string(),
    expires_at: instant,
  }),
})

export const redeemLink = route({
  method: 'post',
  path: '/session/setup',
  summary: 'Use a one-time link: create the owner, accept an invitation or set a new password; then be logged in',
  tag: 'Session',
  policy: 'public',
  body: z.strictObject({
    token,
    name: personName.optional().describe('needed unless the link is for a new password'),
    email: emailInput.optional().describe('needed by the owner’s link; else the link gives it'),
    password: passwordInput,
  }),
  status: 201,
  response: session,
})

export const changePassword = route({
  method: 'put',
  path: '/session/password',
  summary: 'Change my password; my other sessions end',
  tag: 'Session',
  policy: 'viewer',
  body: z.strictObject({ current_password: z.string().max(200), password: passwordInput }),
  status: 204,
  response: null,
})
