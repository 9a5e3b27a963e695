import {
  changePassword,
  type Client,
  checkLink,
  inviteUser,
  listUsers,
  logIn,
  logOut,
  makePasswordLink,
  publicId,
  readSession,
  redeemLink,
  updateUser,
} from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createOwnerLink, ensureOwner } from '../../src/accounts/owner.ts'
import { createApp } from '../../src/api/app.ts'
import { createTestApp, TEST_ORIGIN, TEST_PASSWORD, type TestApp } from '../app.ts'
import { statementsOf } from '../statements.ts'

let t: TestApp
beforeAll(async () => {
  t = await createTestApp()
})
afterAll(() => t.drop())

const anonymous = () => t.clientOf('')
const tokenOf = (url: string) => new URL(url).searchParams.get('token')!
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  t.request(`/api${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })

test('a server key acts as an admin of its workspace', async () => {
  const session = await t.client.call(readSession)
  expect(session).toMatchObject({ kind: 'key', role: 'admin', workspace: { name: 'Default' } })
})

test('a user logs in, is known by the cookie, and is unknown after logging out', async () => {
  const { client, email } = await t.logIn('editor')
  expect(await client.call(readSession)).toMatchObject({ kind: 'user', email, role: 'editor' })
  await client.call(logOut)
  await expect(client.call(readSession)).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
})

test('the cookie can’t be read by scripts, stays on the site, and is Secure behind https', async () => {
  const { email } = await t.logIn('viewer')
  const login = { email, password: TEST_PASSWORD }
  const plain = (await post('/session', login)).headers.get('set-cookie')!
  expect(plain).toMatch(/^kantos_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=2592000$/)
  const secure = createApp({ ...t.services, config: { ...t.services.config, publicUrl: 'https://crm.example.org' } })
  const response = await secure.hono.request('https://crm.example.org/api/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(login),
  })
  expect(response.headers.get('set-cookie')).toMatch(/^__Host-kantos_session=[^;]+; Path=\/;.*; Secure$/)
})

test('behind https a cookie that a sibling domain could have set opens nothing', async () => {
  const { email } = await t.logIn('viewer')
  const { hono } = createApp({ ...t.services, config: { ...t.services.config, publicUrl: 'https://crm.example.org' } })
  const response = await hono.request('https://crm.example.org/api/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password: TEST_PASSWORD }),
  })
  const cookie = response.headers.get('set-cookie')!.split(';')[0]!
  const asks = async (given: string) =>
    (await hono.request('https://crm.example.org/api/session', { headers: { cookie: given } })).status
  expect(await asks(cookie)).toBe(200)
  expect(await asks(cookie.replace('__Host-', ''))).toBe(401)
  expect(await asks(`kantos_session=${'x'.repeat(43)}; ${cookie}`)).toBe(200)
})

test('neither the cookie nor a key is stored as it is', async () => {
  const { cookie } = await t.logIn('viewer')
  const { rows } = await t.pool.query('select s::text as row from sessions s union all select k::text from api_keys k')
  const token = cookie.slice('kantos_session='.length)
  for (const secret of [token, t.apiKey])
    for (const { row } of rows) {
      expect(row).not.toContain(secret)
      expect(row).not.toContain(Buffer.from(secret).toString('hex'))
    }
})

test('a wrong password and an unknown address are answered alike', async () => {
  const { email } = await t.logIn('viewer')
  const wrong = await post('/session', { email, password: 'not this one' })
  const unknown = await post('/session', { email: 'nobody@example.org', password: 'not this one' })
  expect([wrong.status, unknown.status]).toEqual([401, 401])
  expect(await wrong.text()).toBe(await unknown.text())
})

test('the eleventh wrong password in a quarter of an hour is not even looked at', async () => {
  const { email } = await t.logIn('viewer')
  for (let i = 0; i < 10; i++) expect((await post('/session', { email, password: 'wrong' })).status).toBe(401)
  const eleventh = await post('/session', { email, password: TEST_PASSWORD })
  expect(eleventh.status).toBe(429)
  expect(Number(eleventh.headers.get('retry-after'))).toBeGreaterThan(0)
  const { email: other } = await t.logIn('viewer')
  expect((await post('/session', { email: other, password: TEST_PASSWORD })).status).toBe(200)
})

const from = (address: string) => ({ 'x-forwarded-for': address })
const tries = async (n: number, email: string, address: (i: number) => string) => {
  const statuses: number[] = []
  for (let i = 0; i < n; i++)
    statuses.push((await post('/session', { email, password: 'wrong' }, from(address(i)))).status)
  return statuses
}
/** A bound that was nearly reached, so that the test needn't try a hundred times. */
const nearly = (n: number, left: number) =>
  t.pool.query('update login_tries set tries = $1 where tries = (select max(tries) from login_tries)', [n - left])

test('tries are counted by all processes together, and over a restart', async () => {
  const { email } = await t.logIn('viewer')
  expect(await tries(10, email, () => '192.0.2.1')).not.toContain(429)
  const other = createApp(t.services)
  const response = await other.hono.request(`${TEST_ORIGIN}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...from('192.0.2.1') },
    body: JSON.stringify({ email, password: TEST_PASSWORD }),
  })
  expect(response.status).toBe(429)
})

test('tries at the same moment are counted one by one', async () => {
  const { email } = await t.logIn('viewer')
  const all = await Promise.all(
    Array.from({ length: 20 }, () => post('/session', { email, password: 'wrong' }, from('192.0.2.2'))),
  )
  expect(all.filter(({ status }) => status === 401)).toHaveLength(10)
})

test('a network of IPv6 is one address', async () => {
  const { email } = await t.logIn('viewer')
  const statuses = await tries(11, email, (i) => `2001:db8:0:1::${i + 1}`)
  expect([statuses[9], statuses[10]]).toEqual([401, 429])
  expect(await tries(1, email, () => '2001:db8:0:2::1')).toEqual([401])
})

test('who guesses one account from everywhere is stopped, and its user is not where they have logged in before', async () => {
  await t.pool.query('delete from login_tries')
  const { email } = await t.logIn('viewer')
  const logIn = (address: string) => post('/session', { email, password: TEST_PASSWORD }, from(address))
  expect((await logIn('198.51.100.1')).status).toBe(200)
  await tries(3, email, (i) => `203.0.113.${i + 1}`)
  await nearly(100, 1)
  expect(await tries(2, email, (i) => `203.0.113.${i + 10}`)).toEqual([401, 429])
  expect((await logIn('203.0.113.99')).status).toBe(429)
  expect((await logIn('198.51.100.1')).status).toBe(200)
})

test('spellings of one address are one account', async () => {
  await t.pool.query('delete from login_tries')
  const { email } = await t.logIn('viewer')
  const spelt = [email, email.toUpperCase(), ` ${email} `, `\t${email}`]
  const statuses: number[] = []
  for (let i = 0; i < 11; i++)
    statuses.push((await post('/session', { email: spelt[i % 4], password: 'wrong' }, from('192.0.2.3'))).status)
  expect(statuses.slice(9)).toEqual([401, 429])
})

test('an unknown address costs the same statements and the same hashing as a known one', async () => {
  const { email } = await t.logIn('viewer')
  const work = (given: string) => statementsOf(() => tries(1, given, () => '192.0.2.4'))
  const known = await work(email)
  expect(known.map((text) => text.slice(0, 40))).toHaveLength(2)
  expect(await work('nobody@example.org')).toEqual(known)
})

test('a suspended user’s session ends, and logging in is refused', async () => {
  const { client, id, email } = await t.logIn('editor')
  await t.client.call(updateUser, { params: { id: publicId('user', id) }, body: { suspended: true } })
  await expect(client.call(readSession)).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
  expect((await post('/session', { email, password: TEST_PASSWORD })).status).toBe(403)
  await t.client.call(updateUser, { params: { id: publicId('user', id) }, body: { suspended: false } })
  expect((await post('/session', { email, password: TEST_PASSWORD })).status).toBe(200)
})

test.each([
  ['seven days without a request', `seen_at = now() - interval '7 days 1 minute'`],
  ['thirty days', `created_at = now() - interval '30 days', expires_at = now() - interval '1 second'`],
])('a session ends after %s', async (_, change) => {
  const { cookie, id } = await t.logIn('viewer')
  await t.pool.query(`update sessions set ${change} where user_id = $1`, [id])
  expect((await t.request('/api/session', { headers: { cookie } })).status).toBe(401)
})

test.each<[string, Record<string, string>, number]>([
  ['from the dashboard', { 'sec-fetch-site': 'same-origin' }, 200],
  ['of the dashboard’s origin, from a browser without Sec-Fetch-Site', { origin: TEST_ORIGIN }, 200],
  ['from another site', { 'sec-fetch-site': 'cross-site', origin: TEST_ORIGIN }, 403],
  ['from a sibling domain', { 'sec-fetch-site': 'same-site', origin: 'http://evil.kantos.test' }, 403],
  ['of another origin', { origin: 'https://evil.example.org' }, 403],
  ['of an origin that begins alike', { origin: `${TEST_ORIGIN}.evil.example.org` }, 403],
  ['without an origin', {}, 403],
  ['of origin null', { origin: 'null' }, 403],
])('a change with the cookie %s is answered %s', async (_, headers, status) => {
  const { cookie } = await t.logIn('admin')
  const response = await t.request('/api/settings', {
    method: 'PATCH',
    headers: { cookie, 'content-type': 'application/json', ...headers },
    body: '{"default_timezone":"Europe/Berlin"}',
  })
  expect(response.status).toBe(status)
})

test('a form of another site can’t make a change: its content type is refused', async () => {
  const { cookie } = await t.logIn('admin')
  const response = await t.request('/api/settings', {
    method: 'PATCH',
    headers: { cookie, 'sec-fetch-site': 'same-origin', 'content-type': 'text/plain' },
    body: '{}',
  })
  expect(response.status).toBe(415)
})

test('the owner’s link makes one owner, who is logged in, and then no other', async () => {
  const token = tokenOf(await createOwnerLink(t.pool, t.workspaceId, TEST_ORIGIN))
  expect(await anonymous().call(checkLink, { body: { token } })).toMatchObject({ purpose: 'owner', role: 'owner' })
  const body = { token, name: 'Ada', email: 'Ada@Example.org', password: 'a long password' }
  const answers = await Promise.all([
    post('/session/setup', body),
    post('/session/setup', { ...body, email: 'b@b.org' }),
  ])
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 404])
  const made = answers.find(({ status }) => status === 201)!
  const cookie = made.headers.get('set-cookie')!.split(';')[0]!
  expect(await (await t.request('/api/session', { headers: { cookie } })).json()).toMatchObject({ role: 'owner' })
  expect((await post('/session/setup', body)).status).toBe(404)
  await expect(anonymous().call(checkLink, { body: { token } })).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('a link that could not be used for a bad password stays good', async () => {
  const token = tokenOf(await createOwnerLink(t.pool, t.workspaceId, TEST_ORIGIN))
  const body = { token, name: 'Grace', email: 'grace@example.org' }
  expect((await post('/session/setup', { ...body, password: 'short' })).status).toBe(422)
  expect((await post('/session/setup', { token, password: 'a long password' })).status).toBe(422)
  expect((await post('/session/setup', { ...body, password: 'a long password' })).status).toBe(201)
})

test('a newer owner’s link replaces the older one', async () => {
  const older = tokenOf(await createOwnerLink(t.pool, t.workspaceId, TEST_ORIGIN))
  const newer = tokenOf(await createOwnerLink(t.pool, t.workspaceId, TEST_ORIGIN))
  await expect(anonymous().call(checkLink, { body: { token: older } })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect(await anonymous().call(checkLink, { body: { token: newer } })).toMatchObject({ purpose: 'owner' })
})

test('the owner of the environment is created once and never changed by it', async () => {
  expect(await ensureOwner(t.pool, t.workspaceId, 'env@example.org', 'first password')).toBe(true)
  expect(await ensureOwner(t.pool, t.workspaceId, 'ENV@example.org', 'other password')).toBe(false)
  const login = (password: string) => post('/session', { email: 'env@example.org', password })
  expect((await login('first password')).status).toBe(200)
  expect((await login('other password')).status).toBe(401)
  await expect(ensureOwner(t.pool, t.workspaceId, 'no address', 'first password')).rejects.toThrow('KANTOS_OWNER_EMAIL')
})

test('the link that an earlier start printed is worth nothing once the environment has made an owner', async () => {
  const { id } = await t.newWorkspace('Late owner')
  const token = tokenOf(await createOwnerLink(t.pool, id, TEST_ORIGIN))
  await ensureOwner(t.pool, id, 'late@example.org', 'first password')
  await expect(anonymous().call(checkLink, { body: { token } })).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test.each<[string, (user: { id: string; client: Client }) => Promise<unknown>]>([
  [
    'its user has set another',
    ({ client }) =>
      client.call(changePassword, { body: { current_password: TEST_PASSWORD, password: 'a newer password' } }),
  ],
  [
    'its user has another role',
    async ({ id }) => {
      const owner = await t.logIn('owner')
      await owner.client.call(updateUser, { params: { id: publicId('user', id) }, body: { role: 'owner' } })
    },
  ],
  [
    'its user was suspended meanwhile',
    async ({ id }) => {
      for (const suspended of [true, false])
        await t.client.call(updateUser, { params: { id: publicId('user', id) }, body: { suspended } })
    },
  ],
])('a password link is worth nothing once %s', async (_, change) => {
  const user = await t.logIn('editor')
  const { url } = await t.client.call(makePasswordLink, { params: { id: publicId('user', user.id) } })
  await change(user)
  const body = { token: tokenOf(url), password: 'a stolen password' }
  expect((await post('/session/setup', body)).status).toBe(404)
})

test('an invitation makes a user of its address and role, whatever is claimed', async () => {
  const { url } = await t.client.call(inviteUser, { body: { email: 'new@example.org', role: 'editor' } })
  const body = { token: tokenOf(url), name: 'New', password: 'a long password' }
  expect((await post('/session/setup', { ...body, role: 'owner' })).status).toBe(400)
  expect((await post('/session/setup', { ...body, email: 'other@example.org' })).status).toBe(422)
  const joined = await anonymous().call(redeemLink, { body })
  expect(joined).toMatchObject({ email: 'new@example.org', role: 'editor' })
  expect((await t.client.call(listUsers)).data.find(({ email }) => email === 'new@example.org')?.role).toBe('editor')
  await expect(t.client.call(inviteUser, { body: { email: 'NEW@example.org', role: 'viewer' } })).rejects.toMatchObject(
    {
      code: 'VALIDATION_ERROR',
    },
  )
})

test('a password link sets a new password and ends the old sessions', async () => {
  const { client, id, email } = await t.logIn('viewer')
  const { url } = await t.client.call(makePasswordLink, { params: { id: publicId('user', id) } })
  await anonymous().call(redeemLink, { body: { token: tokenOf(url), password: 'a newer password' } })
  await expect(client.call(readSession)).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
  expect((await post('/session', { email, password: TEST_PASSWORD })).status).toBe(401)
  expect((await post('/session', { email, password: 'a newer password' })).status).toBe(200)
})

test('of links made at the same moment for one person one works', async () => {
  const { id } = await t.logIn('viewer')
  const make = [
    () => t.client.call(makePasswordLink, { params: { id: publicId('user', id) } }),
    () => t.client.call(inviteUser, { body: { email: 'Twice@example.org', role: 'admin' } }),
  ]
  for (const one of make) {
    const urls = (await Promise.all(Array.from({ length: 8 }, one))).map(({ url }) => url)
    const checks = await Promise.all(urls.map((url) => post('/session/setup/check', { token: tokenOf(url) })))
    expect(checks.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(1)
  }
})

test('a changed password ends the other sessions, not this one', async () => {
  const { client, email, cookie } = await t.logIn('viewer')
  const other = (await post('/session', { email, password: TEST_PASSWORD })).headers.get('set-cookie')!.split(';')[0]!
  const change = (current_password: string) =>
    client.call(changePassword, { body: { current_password, password: 'a newer password' } })
  await expect(change('wrong')).rejects.toMatchObject({ code: 'VALIDATION_ERROR' })
  await change(TEST_PASSWORD)
  expect((await t.request('/api/session', { headers: { cookie } })).status).toBe(200)
  expect((await t.request('/api/session', { headers: { cookie: other } })).status).toBe(401)
})

test('logging in ends the session that the browser had before', async () => {
  const { email, cookie } = await t.logIn('viewer')
  expect((await post('/session', { email, password: TEST_PASSWORD }, { cookie })).status).toBe(200)
  t.app = createApp(t.services)
  expect((await t.app.hono.request(`${TEST_ORIGIN}/api/session`, { headers: { cookie } })).status).toBe(401)
})

test('the login of another site’s page is refused', async () => {
  const { email } = await t.logIn('viewer')
  const headers = { 'sec-fetch-site': 'cross-site' }
  expect((await post('/session', { email, password: TEST_PASSWORD }, headers)).status).toBe(403)
  await expect(t.clientOf('').call(logIn, { body: { email, password: TEST_PASSWORD } })).resolves.toMatchObject({
    email,
  })
})
