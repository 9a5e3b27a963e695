import {
  ApiError,
  changePassword,
  checkLink,
  invalid,
  logIn,
  logOut,
  publicId,
  readSession,
  type Session,
  redeemLink,
} from '@kantos/model'
import { dropLinks, type LinkRow, readLink, spendLink } from '../../accounts/links.ts'
import { createLoginLimit } from '../login-limit.ts'
import { checkPassword, hashPassword, refuseCrowd } from '../../accounts/password.ts'
import { beginSession, endSession, endSessions, SESSION_DAYS } from '../../accounts/sessions.ts'
import { findByEmail, insertUser, setPassword } from '../../accounts/users.ts'
import { audit } from '../../audit/audit.ts'
import { query, type Queryable } from '../../db/pool.ts'
import { transaction } from '../../db/transaction.ts'
import { acrossWorkspaces, insideWorkspace } from '../../db/walls.ts'
import type { Principal, Services } from '../../services.ts'
import { type Authenticator, requireSameOrigin } from '../auth.ts'
import type { RequestContext } from '../context.ts'
import type { Api } from '../implement.ts'
import { createSessionCookie } from '../session-cookie.ts'

/** Logging in and out, and the one-time links of owners, invitations and new passwords. Source: SPEC.md, sections 12 and 14 */
export function sessionRoutes(api: Api, { pool, config, log }: Services, authenticator: Authenticator): void {
  // for finding out who somebody is
  const everywhere = acrossWorkspaces(pool)
  const limit = createLoginLimit(everywhere, log)
  const cookie = createSessionCookie(config.publicUrl)
  const setCookie = (context: RequestContext, token: string, seconds: number) => {
    context.headers['Set-Cookie'] = cookie.write(token, seconds)
  }
  const begin = async (db: Queryable, context: RequestContext, workspaceId: string, userId: string) => {
    setCookie(context, await beginSession(db, workspaceId, userId), SESSION_DAYS * 86_400)
    return readUserSession(db, workspaceId, userId)
  }

  api.handle(readSession, ({ principal }) =>
    principal.kind === 'user'
      ? readUserSession(pool, principal.workspaceId, principal.id)
      : readKeySession(pool, principal),
  )

  api.handle(logIn, async ({ body: { email, password }, context }) => {
    requireSameOrigin(context.request.headers, config.publicUrl, true)
    refuseCrowd()
    const user = await findByEmail(everywhere, email.trim())
    // one account however its address is spelt
    const account = user?.id ?? email.trim().toLowerCase()
    await limit.count(account, context.ip)
    if (!(await checkPassword(password, user?.password_hash ?? null)) || user === null)
      throw new ApiError('UNAUTHORIZED', 'The e-mail address or the password is wrong.')
    if (user.suspended) throw new ApiError('FORBIDDEN', 'This account is suspended. Ask an administrator.')
    await limit.forget(account, context.ip)
    // a session that was there before isn't carried on
    const former = cookie.read(context.request.headers)
    if (former !== null) await endSession(everywhere, former)
    const actor = publicId('user', user.id)
    return insideWorkspace(user.workspace_id, async () => {
      await audit(pool, { workspaceId: user.workspace_id, actor, ip: context.ip }, 'user.logged_in', actor)
      return begin(pool, context, user.workspace_id, user.id)
    })
  })

  api.handle(logOut, async ({ principal, context }) => {
    const token = cookie.read(context.request.headers)
    if (principal.kind !== 'user' || token === null) return
    await endSession(pool, token)
    authenticator.forget()
    setCookie(context, '', 0)
  })

  api.handle(checkLink, async ({ body }) => {
    const link = await readLink(everywhere, body.token)
    return {
      purpose: link.purpose,
      email: link.email,
      role: link.purpose === 'owner' ? 'owner' : link.role,
      workspace: link.workspace,
      expires_at: link.expires_at.toISOString(),
    }
  })

  api.handle(redeemLink, async ({ body, context }) => {
    requireSameOrigin(context.request.headers, config.publicUrl, true)
    const { workspace_id } = await readLink(everywhere, body.token)
    const passwordHash = await hashPassword(body.password)
    const session = await insideWorkspace(workspace_id, () =>
      transaction(pool, async (client) => {
        const link = await spendLink(client, body.token)
        const userId =
          link.purpose === 'reset'
            ? await resetPassword(client, link, passwordHash)
            : await join(client, link, body, passwordHash)
        return begin(client, context, link.workspace_id, userId)
      }),
    )
    authenticator.forget()
    return session
  })

  api.handle(changePassword, async ({ principal, body, context }) => {
    if (principal.kind !== 'user') throw new ApiError('FORBIDDEN', 'An API key has no password.')
    await limit.count(principal.id, context.ip)
    const { rows } = await query<{ password_hash: string; email: string }>(pool, {
      text: 'select password_hash, email from users where workspace_id = $1 and id = $2',
      values: [principal.workspaceId, principal.id],
    })
    const [user] = rows
    if (user === undefined || !(await checkPassword(body.current_password, user.password_hash)))
      throw invalid([{ path: '/current_password', message: 'This is not your password.' }])
    await limit.forget(principal.id, context.ip)
    const passwordHash = await hashPassword(body.password)
    await transaction(pool, async (client) => {
      await setPassword(client, principal.workspaceId, principal.id, passwordHash)
      await endSessions(client, principal.workspaceId, principal.id, cookie.read(context.request.headers))
      await dropLinks(client, principal.workspaceId, 'reset', user.email)
      await audit(client, principal, 'user.password_changed', principal.actor)
    })
    authenticator.forget()
  })
}

async function join(
  db: Queryable,
  link: LinkRow,
  given: { name?: string; email?: string },
  passwordHash: string,
): Promise<string> {
  const email = link.email ?? given.email
  const problems = [
    ...(given.name === undefined ? [{ path: '/name', message: 'This is needed.' }] : []),
    ...(email === undefined ? [{ path: '/email', message: 'This is needed.' }] : []),
    ...(link.email !== null && given.email !== undefined && given.email.toLowerCase() !== link.email.toLowerCase()
      ? [{ path: '/email', message: `The invitation is for ${link.email}.` }]
      : []),
  ]
  if (problems.length > 0) throw invalid(problems)
  const role = link.purpose === 'owner' ? 'owner' : (link.role ?? 'viewer')
  const id = await insertUser(db, link.workspace_id, { name: given.name!, email: email!, role, passwordHash })
  const actor = publicId('user', id)
  await audit(db, { workspaceId: link.workspace_id, actor }, 'user.created', actor, { role })
  return id
}

async function resetPassword(db: Queryable, link: LinkRow, passwordHash: string): Promise<string> {
  const user = link.email === null ? null : await findByEmail(db, link.email)
  if (user === null || user.workspace_id !== link.workspace_id || user.suspended)
    throw new ApiError('NOT_FOUND', 'The user of this link is gone or suspended.')
  await setPassword(db, link.workspace_id, user.id, passwordHash)
  await endSessions(db, link.workspace_id, user.id)
  const actor = publicId('user', user.id)
  await audit(db, { workspaceId: link.workspace_id, actor }, 'user.password_changed', actor)
  return user.id
}

async function readUserSession(db: Queryable, workspaceId: string, userId: string): Promise<Session> {
  const { rows } = await query<{ name: string; email: string; role: Session['role']; workspace: string }>(db, {
    text: `select u.name, u.email, u.role, w.name as workspace from users u join workspaces w on w.id = u.workspace_id
      where u.workspace_id = $1 and u.id = $2`,
    values: [workspaceId, userId],
  })
  if (rows[0] === undefined) throw new ApiError('UNAUTHORIZED', 'Log in, or give an API key in the header X-Api-Key.')
  const { workspace, ...user } = rows[0]
  const id = publicId('user', userId)
  return { kind: 'user', id, ...user, workspace: { id: publicId('workspace', workspaceId), name: workspace } }
}

async function readKeySession(db: Queryable, principal: Principal): Promise<Session> {
  const { rows } = await query<{ name: string }>(db, {
    text: 'select name from workspaces where id = $1',
    values: [principal.workspaceId],
  })
  const { actor: id, name, role, workspaceId } = principal
  const workspace = { id: publicId('workspace', workspaceId), name: rows[0]!.name }
  return { kind: 'key', id, name, email: null, role, workspace }
}
