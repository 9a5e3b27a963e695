import { createApiKey, inviteUser, publicId, putSecret, ROLES, type Role, type Route } from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Endpoint } from '../../src/api/implement.ts'
import { createTestApp, type TestApp } from '../app.ts'

let t: TestApp
beforeAll(async () => {
  t = await createTestApp()
})
afterAll(() => t.drop())

const ABSENT = '00000000000070008000000000000000'

/** The address of a route, with these values for its parameters, and ids of nothing for the others. */
function pathOf(route: Route, params: Record<string, string> = {}): string {
  return `/api${route.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ABSENT))}`
}

async function ask(route: Route, headers: Record<string, string>, params?: Record<string, string>) {
  const method = route.method.toUpperCase()
  const body = route.body === undefined || method === 'GET' ? undefined : '{}'
  const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
  const response = await t.request(pathOf(route, params), { method, body, headers: { ...type, ...headers } })
  return { status: response.status, text: await response.text() }
}

const title = ({ route }: Endpoint) => `${route.method.toUpperCase()} ${route.path}`
const guarded = () => t.app.endpoints.filter(({ route }) => route.policy !== 'public')

/** Asks every route and gives those whose status isn't as wanted. */
async function wrong(
  endpoints: readonly Endpoint[],
  headers: Record<string, string>,
  isRight: (status: number, endpoint: Endpoint) => boolean,
): Promise<string[]> {
  const found: string[] = []
  for (const endpoint of endpoints) {
    const { status } = await ask(endpoint.route, headers)
    if (!isRight(status, endpoint)) found.push(`${title(endpoint)} → ${status}`)
  }
  return found
}

test('few routes are public, and each of them is known here', () => {
  const known = new Set(['POST /session', 'POST /session/setup', 'POST /session/setup/check'])
  const open = t.app.endpoints.filter(({ route }) => route.policy === 'public').map(title)
  expect(open.filter((name) => !known.has(name) && !name.startsWith('POST /webhooks/automation/'))).toEqual([])
  expect(guarded().length).toBeGreaterThan(20)
})

test('every route refuses a caller without a key, with garbage, or with an ended session', async () => {
  const refused = (status: number) => status === 401
  expect(await wrong(guarded(), {}, refused)).toEqual([])
  expect(await wrong(guarded(), { 'x-api-key': 'garbage' }, refused)).toEqual([])
  expect(await wrong(guarded(), { 'x-api-key': 'kantos_0123456789abcdefghij' }, refused)).toEqual([])
  expect(await wrong(guarded(), { cookie: `kantos_session=${'x'.repeat(43)}` }, refused)).toEqual([])
})

test('every route refuses a revoked key', async () => {
  const { id, key } = await t.newKey('server')
  await t.pool.query('update api_keys set revoked_at = now() where id = $1', [id])
  expect(await wrong(guarded(), { 'x-api-key': key }, (status) => status === 401)).toEqual([])
})

test('an intake key gets nowhere but to the creation of records', async () => {
  const { key } = await t.newKey('intake')
  const allowed = guarded().filter(({ route }) => route.intake === true)
  expect(allowed.map(title).filter((name) => name !== 'POST /crm/record')).toEqual([])
  const others = guarded().filter(({ route }) => route.intake !== true)
  expect(await wrong(others, { 'x-api-key': key }, (status) => status === 403)).toEqual([])
  expect(await wrong(allowed, { 'x-api-key': key }, (status) => status !== 403 && status < 500)).toEqual([])
})

test.each(['viewer', 'editor'] as const)('no route lets in a %s where more is needed', async (role) => {
  const { cookie } = await t.logIn(role)
  const above = guarded().filter(({ route }) => ROLES.indexOf(route.policy as Role) > ROLES.indexOf(role))
  expect(above.length).toBeGreaterThan(10)
  const headers = { cookie, 'sec-fetch-site': 'same-origin' }
  expect(await wrong(above, headers, (status) => status === 403)).toEqual([])
})

test('no change is made with a cookie alone', async () => {
  const { cookie } = await t.logIn('owner')
  const changes = guarded().filter(({ changesState }) => changesState)
  expect(await wrong(changes, { cookie }, (status) => status === 403)).toEqual([])
  expect(await wrong(changes, { cookie, 'sec-fetch-site': 'cross-site' }, (status) => status === 403)).toEqual([])
})

test('what is foreign is answered like what doesn’t exist', async () => {
  const user = await t.logIn('viewer')
  const { id: keyId } = await t.client.call(createApiKey, { body: { name: 'Mine' } })
  await t.client.call(putSecret, { params: { name: 'token' }, body: { value: 'hush' } })
  await t.client.call(inviteUser, { body: { email: 'x@example.org', role: 'viewer' } })
  const { rows } = await t.pool.query(
    `insert into captured_emails (workspace_id, id, message_id, sender, recipients, subject)
     values ($1, gen_random_uuid(), '<a@b>', 'a@b.org', '{}', 'Hi') returning id`,
    [t.workspaceId],
  )
  const own: [path: string, value: string, absent: string][] = [
    ['/users/{id}', publicId('user', user.id), `user_${ABSENT}`],
    ['/api-keys/{id}', keyId, `key_${ABSENT}`],
    ['/outbox/{id}', publicId('email', rows[0].id), `mail_${ABSENT}`],
  ]
  const { key } = await t.newWorkspace('Other')
  let compared = 0
  for (const [path, value, absent] of own)
    for (const { route } of guarded().filter(({ route }) => route.path.startsWith(path))) {
      const name = /\{(\w+)\}/.exec(path)![1]!
      const foreign = await ask(route, { 'x-api-key': key }, { [name]: value })
      expect(foreign).toEqual(await ask(route, { 'x-api-key': key }, { [name]: absent }))
      expect(foreign.status).toBe(404)
      compared++
    }
  expect(compared).toBe(5)
  const secrets = await t.request('/api/secrets', { headers: { 'x-api-key': key } })
  expect(await secrets.json()).toEqual({ data: [] })
  const gone = await t.request('/api/secrets/token', { method: 'DELETE', headers: { 'x-api-key': key } })
  expect(gone.status).toBe(404)
})
