import { createApiKey, ROLES, type Role } from '@kantos/model'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Endpoint } from '../../src/api/implement.ts'
import { TEST_ORIGIN, type TestApp } from '../app.ts'
import { NESTED, nestedRequest, requestOf, titleOf } from './requests.ts'
import { type Answered, send } from './send.ts'
import { changes, snapshot } from './snapshot.ts'
import { ABSENT, createBothSides, furnish, type Ids, type World } from './world.ts'

// Every route of the router's own table, asked by everybody who may not and by those who may, with ids of one's own, of another
// workspace and of nothing. A new route is asked too; if it takes more than a schema tells, `requests.ts` says what to add.

let t: TestApp
let own: World
let foreign: World
beforeAll(async () => {
  ;({ t, own, foreign } = await createBothSides())
})
afterAll(() => t.drop())

const guarded = () => t.app.endpoints.filter(({ route }) => route.policy !== 'public')
const above = (role: Role) => guarded().filter(({ route }) => ROLES.indexOf(route.policy as Role) > ROLES.indexOf(role))
const PUBLIC = [
  'POST /session',
  'POST /session/setup',
  'POST /session/setup/check',
  'POST /webhooks/automation/{automation_id}',
  'POST /webhooks/automation/{automation_id}/{token}',
]
const GUARD = { 'sec-fetch-site': 'same-origin' }

/** Asks routes with ids of one's own; those that answer otherwise than `expected`, and what the refusals left in the data. */
async function refusals(endpoints: readonly Endpoint[], headers: Record<string, string>, expected: number) {
  const before = await snapshot(t.pool)
  const wrong: string[] = []
  for (const endpoint of endpoints) {
    const { status, text } = await send(t, requestOf(endpoint, own.ids), headers)
    const refused = status === expected && (JSON.parse(text) as { status: number }).status === expected
    if (!refused || text.includes(own.canary)) wrong.push(`${titleOf(endpoint)} → ${status} ${text.slice(0, 120)}`)
  }
  return { wrong, traces: changes(before, await snapshot(t.pool)), asked: endpoints.length > 5 }
}
const NONE = { wrong: [], traces: [], asked: true }

test('every route declares a policy, and the public ones are known here', () => {
  const undeclared = t.app.endpoints.filter(({ route }) => ![...ROLES, 'public'].includes(route.policy))
  expect(undeclared.map(titleOf)).toEqual([])
  const open = t.app.endpoints.filter(({ route }) => route.policy === 'public')
  expect(open.map(titleOf).toSorted()).toEqual(PUBLIC)
  expect(guarded().length).toBeGreaterThan(70)
})

describe('who may not is refused by every route, and leaves no trace', () => {
  test.each<[string, () => Promise<Record<string, string>> | Record<string, string>]>([
    ['nobody', () => ({})],
    ['garbage as a key', () => ({ 'x-api-key': 'garbage' })],
    ['a key of the right form that nobody made', () => ({ 'x-api-key': `kantos_${'a'.repeat(43)}` })],
    ['a garbage bearer', () => ({ authorization: 'Bearer kantos_nothing_at_all_here' })],
    ['another scheme', () => ({ authorization: `Basic ${Buffer.from(`x:${own.apiKey}`).toString('base64')}` })],
    ['a garbage session', () => ({ cookie: `kantos_session=${'x'.repeat(43)}`, ...GUARD })],
    [
      'an empty key beside a good session',
      async () => ({ 'x-api-key': '', cookie: (await t.logIn('owner')).cookie, ...GUARD }),
    ],
    [
      'a revoked key',
      async () => {
        const { id, key } = await t.newKey('server')
        await t.pool.query('update api_keys set revoked_at = now() where id = $1', [id])
        return { 'x-api-key': key }
      },
    ],
    [
      'a suspended user’s session',
      async () => {
        const { id, cookie } = await t.logIn('owner')
        await t.pool.query('update users set suspended_at = now() where id = $1', [id])
        return { cookie, ...GUARD }
      },
    ],
    [
      'a session that ended',
      async () => {
        const { id, cookie } = await t.logIn('owner')
        await t.pool.query(`update sessions set expires_at = now() - interval '1 second' where user_id = $1`, [id])
        return { cookie, ...GUARD }
      },
    ],
    [
      'a deleted user’s session',
      async () => {
        const { id, cookie } = await t.logIn('admin')
        await t.pool.query('delete from users where id = $1', [id])
        return { cookie, ...GUARD }
      },
    ],
  ])('%s', async (_, headers) => {
    expect(await refusals(guarded(), await headers(), 401)).toEqual(NONE)
  })

  test('an intake key, but for the creation of a record', async () => {
    const { key } = await t.newKey('intake')
    const others = guarded().filter((endpoint) => titleOf(endpoint) !== 'POST /crm/record')
    expect(await refusals(others, { 'x-api-key': key }, 403)).toEqual(NONE)
    const create = guarded().find((endpoint) => titleOf(endpoint) === 'POST /crm/record')!
    const { status, text } = await send(t, requestOf(create, own.ids), { 'x-api-key': key })
    expect([status, Object.keys(JSON.parse(text) as object)]).toEqual([201, ['id']])
  })

  test.each(['viewer', 'editor'] as const)('a %s, where more is needed', async (role) => {
    const { cookie } = await t.logIn(role)
    expect(await refusals(above(role), { cookie, ...GUARD }, 403)).toEqual(NONE)
  })

  test('an admin, where an owner is needed', async () => {
    const { cookie } = await t.logIn('admin')
    expect(await refusals(above('admin'), { cookie, ...GUARD }, 403)).toEqual({
      ...NONE,
      asked: above('admin').length > 5,
    })
  })

  test.each<[string, Record<string, string>]>([
    ['without a sign of its origin', {}],
    ['of another site', { 'sec-fetch-site': 'cross-site' }],
    ['of a sibling site', { 'sec-fetch-site': 'same-site' }],
    ['of a link or a bookmark', { 'sec-fetch-site': 'none' }],
    ['with a foreign Origin', { origin: 'https://evil.example' }],
    ['with an opaque Origin', { origin: 'null' }],
    ['whose Origin begins like ours', { origin: `${TEST_ORIGIN}.evil.example` }],
    ['with a foreign Origin and a claimed host', { origin: 'http://evil.example', 'x-forwarded-host': 'evil.example' }],
  ])('an owner’s cookie %s, for every change', async (_, headers) => {
    const { cookie } = await t.logIn('owner')
    const changing = guarded().filter(({ changesState }) => changesState)
    expect(await refusals(changing, { cookie, ...headers }, 403)).toEqual(NONE)
  })
})

/** Rows in which one's own ids are answered like those of nothing: such a run has no children here, such a key has done nothing. */
const UNTOLD = [
  expect.stringMatching(/^POST \/runs\/bulk, parent run → 200 .*"matched":0/),
  expect.stringMatching(/^GET \/runs, parent run → 200 \{"data":\[\]/),
  expect.stringMatching(/^GET \/audit-log, actor → 200 \{"data":\[\]/),
]

describe('what is foreign is answered like what doesn’t exist, and stays untouched', () => {
  /** An answer without the ids that were asked for, and without what no two requests share. */
  const blurred = ({ status, text }: Answered, ids: Ids) => {
    let shown = text
    for (const id of Object.values(ids) as string[])
      for (const spelling of [id, id.replace(/^obj_(?:def_)?/, ''), encodeURIComponent(id)])
        shown = shown.replaceAll(spelling, '‹id›')
    return `${status} ${shown
      .replaceAll(/"(?:run|evt|chain|auto|tmpl|rec|imp|key|user|fld)_[0-9a-f]{32}"/g, '"‹new›"')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '‹at›')
      .replaceAll(/"duration_ms":\d+/g, '')}`
  }

  test('every id in a path', async () => {
    const before = await snapshot(t.pool, foreign.workspaceId)
    const withIds = guarded()
      .filter(({ route }) => route.path.includes('{'))
      .toSorted((a, b) => Number(b.route.method === 'delete') - Number(a.route.method === 'delete'))
    const differing: string[] = []
    for (const endpoint of withIds) {
      const there = await send(t, requestOf(endpoint, foreign.ids, own.ids), { 'x-api-key': own.apiKey })
      const nowhere = await send(t, requestOf(endpoint, ABSENT, own.ids), { 'x-api-key': own.apiKey })
      const same = blurred(there, foreign.ids) === blurred(nowhere, ABSENT)
      const isCreation = titleOf(endpoint) === 'PUT /secrets/{name}'
      if (!same || there.text.includes(foreign.canary) || (there.status !== 404 && !isCreation))
        differing.push(`${titleOf(endpoint)} → ${blurred(there, foreign.ids)} ≠ ${blurred(nowhere, ABSENT)}`)
    }
    expect(differing).toEqual([])
    expect(withIds.length).toBeGreaterThan(35)
    expect(changes(before, await snapshot(t.pool, foreign.workspaceId))).toEqual([])
  })

  test('every id in a body or a query, at any depth', async () => {
    const before = await snapshot(t.pool, foreign.workspaceId)
    const differing: string[] = []
    for (const row of NESTED) {
      const ask = (ids: Ids) => send(t, nestedRequest(t.app.endpoints, row, own.ids, ids), { 'x-api-key': own.apiKey })
      const there = await ask(foreign.ids)
      const nowhere = await ask(ABSENT)
      const same = blurred(there, foreign.ids) === blurred(nowhere, ABSENT)
      if (!same || there.text.includes(foreign.canary) || there.status >= 500)
        differing.push(`${row[0]}, ${row[1]} → ${blurred(there, foreign.ids)} ≠ ${blurred(nowhere, ABSENT)}`)
    }
    expect(differing).toEqual([])
    expect(changes(before, await snapshot(t.pool, foreign.workspaceId))).toEqual([])
  })

  test('the same requests with ids of one’s own are answered otherwise, so the ids were looked at', async () => {
    const alike: string[] = []
    for (const row of NESTED) {
      const ask = (ids: Ids) => send(t, nestedRequest(t.app.endpoints, row, own.ids, ids), { 'x-api-key': own.apiKey })
      const nowhere = blurred(await ask(ABSENT), ABSENT)
      if (blurred(await ask(own.ids), own.ids) === nowhere)
        alike.push(`${row[0]}, ${row[1]} → ${nowhere.slice(0, 300)}`)
    }
    expect(alike).toEqual(UNTOLD)
  })

  test('no route without ids shows or changes anything foreign', async () => {
    const before = await snapshot(t.pool, foreign.workspaceId)
    const shown: string[] = []
    for (const endpoint of guarded().filter(
      ({ route }) => !route.path.includes('{') && route.path !== '/session/password',
    )) {
      const { status, text } = await send(t, requestOf(endpoint, own.ids), { 'x-api-key': own.apiKey })
      if (text.includes(foreign.canary) || status >= 500)
        shown.push(`${titleOf(endpoint)} → ${status} ${text.slice(0, 200)}`)
    }
    expect(shown).toEqual([])
    expect(changes(before, await snapshot(t.pool, foreign.workspaceId))).toEqual([])
  })
})

describe('tricks', () => {
  const admin = () => ({ 'x-api-key': own.apiKey, 'content-type': 'application/json' })
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await t.request(path, init)
    return { status: response.status, text: await response.text(), headers: response.headers }
  }

  test.each([
    '/api/users?/webhooks/trigger',
    '/api/users?x=/webhooks/automation/auto_x',
    '/api/users;/webhooks/automation',
    '/api//users',
    '//api/users',
    '/api/users/',
    '/api/./users',
    '/api/session/../users',
    '/api/session/setup/../../users',
    '/api/session/setup/%2e%2e/%2e%2e/users',
    '/api/webhooks/automation/..%2f..%2fusers',
    '/api%2fusers',
    '/api/%75sers',
    '/API/users',
    '/api/Users',
    '/api/users.',
    '/api/users.json',
    '/api/users%00',
    '/api/users%20',
    '/api/users#/webhooks/automation',
    '/api/users/..;/users',
  ])('%s shows nobody’s users', async (path) => {
    for (const headers of [{}, { 'x-api-key': (await t.newKey('intake')).key }] as Record<string, string>[]) {
      const { status, text } = await ask(path, { headers })
      expect(text).not.toContain(own.canary)
      expect(text).not.toContain('@example.org')
      // the dashboard's page, or a refusal
      expect(status === 200 ? text.slice(0, 15).toLowerCase() : status).toSatisfy(
        (shown) => shown === '<!doctype html>' || (typeof shown === 'number' && shown >= 400 && shown < 500),
      )
    }
  })

  test('a method can’t be overridden', async () => {
    const { cookie } = await t.logIn('viewer')
    const path = `/api/crm/record/${own.ids.record}`
    const before = await snapshot(t.pool)
    for (const name of ['x-http-method-override', 'x-http-method', 'x-method-override'])
      for (const headers of [{ 'x-api-key': own.apiKey }, { cookie, ...GUARD }] as Record<string, string>[])
        await ask(path, { headers: { ...headers, [name]: 'DELETE' } })
    expect((await ask(`${path}?_method=DELETE`, { headers: admin() })).status).toBe(400)
    expect(
      (await ask(path, { method: 'POST', headers: { ...admin(), 'x-http-method-override': 'DELETE' } })).status,
    ).toBe(405)
    expect(changes(before, await snapshot(t.pool))).toEqual([])
  })

  test('HEAD is as guarded as GET; OPTIONS and unknown methods do nothing', async () => {
    const reads = guarded().filter(({ route }) => route.method === 'get')
    const before = await snapshot(t.pool)
    const wrong: string[] = []
    for (const endpoint of reads) {
      const { path } = requestOf(endpoint, own.ids)
      if ((await ask(path, { method: 'HEAD' })).status !== 401) wrong.push(`HEAD ${path}`)
    }
    for (const endpoint of t.app.endpoints)
      for (const method of ['OPTIONS', 'PROPFIND', 'LOCK', 'PURGE']) {
        const { status, text, headers } = await ask(requestOf(endpoint, own.ids).path, {
          method,
          headers: { 'x-api-key': own.apiKey, origin: 'https://evil.example' },
        })
        const open = headers.get('access-control-allow-origin') !== null
        if (status < 400 || text.includes(own.canary) || open)
          wrong.push(`${method} ${endpoint.route.path} → ${status}`)
      }
    expect(wrong).toEqual([])
    expect(changes(before, await snapshot(t.pool))).toEqual([])
  })

  test('headers that claim to be somebody count for nothing', async () => {
    const claims = {
      'x-user-id': own.ids.user,
      'x-user': 'owner',
      'x-user-role': 'owner',
      'x-workspace-id': foreign.workspaceId,
      'x-kantos-workspace': foreign.workspaceId,
      'x-forwarded-user': 'owner@example.org',
      'x-forwarded-for': '127.0.0.1',
      'x-real-ip': '127.0.0.1',
      'x-original-url': '/api/session/setup',
      'x-rewrite-url': '/healthz',
      'x-forwarded-prefix': '/api/webhooks',
      forwarded: 'for=127.0.0.1;host=localhost',
    }
    expect(await refusals(guarded(), claims, 401)).toEqual(NONE)
    const { text } = await ask('/api/users', { headers: { ...claims, 'x-api-key': own.apiKey } })
    expect(text).toContain(own.canary)
    expect(text).not.toContain(foreign.canary)
  })

  test('a field too many is refused by every body, whatever it claims', async () => {
    const before = await snapshot(t.pool)
    const wrong: string[] = []
    for (const endpoint of guarded().filter(({ route }) => route.body !== undefined)) {
      const request = requestOf(endpoint, own.ids)
      for (const extra of [
        { workspace_id: foreign.workspaceId },
        { workspaceId: foreign.workspaceId },
        { is_admin: true },
      ]) {
        const body = JSON.stringify({ ...(JSON.parse(request.body!) as object), ...extra })
        const { status, text } = await send(t, { ...request, body }, { 'x-api-key': own.apiKey })
        const told = status === 200 && text.includes('is not known here')
        if (status !== 400 && status !== 422 && !told)
          wrong.push(`${request.title} with ${Object.keys(extra)} → ${status} ${text.slice(0, 100)}`)
      }
    }
    expect(wrong).toEqual([])
    expect(changes(before, await snapshot(t.pool))).toEqual([])
  })

  test('nobody gives themselves a role, an id or another’s workspace', async () => {
    const { id, client, cookie } = await t.logIn('admin')
    const headers = { cookie, ...GUARD, 'content-type': 'application/json' }
    const userId = `user_${id.replaceAll('-', '')}`
    const change = (body: object) =>
      ask(`/api/users/${userId}`, { method: 'PATCH', headers, body: JSON.stringify(body) })
    expect((await change({ role: 'owner' })).status).toBe(403)
    expect((await change({ id: own.ids.user })).status).toBe(400)
    const made = await client.call(createApiKey, { body: { name: 'Mine' } })
    const { rows } = await t.pool.query('select workspace_id from api_keys where id = $1', [made.id.slice(4)])
    expect(rows).toEqual([{ workspace_id: own.workspaceId }])
  })

  test('a parameter given twice is refused', async () => {
    for (const query of [
      'object_id=leads&object_id=deals',
      'object_id=leads&page=1&page=2',
      'object_id[]=leads&object_id=deals',
    ]) {
      const { status } = await ask(`/api/crm/records/query?${query}`, { headers: admin() })
      expect([query, status]).toEqual([query, 400])
    }
  })

  test('a second key beside the first doesn’t widen it', async () => {
    const { key } = await t.newKey('intake')
    const both = await ask('/api/users', { headers: { 'x-api-key': key, authorization: `Bearer ${own.apiKey}` } })
    expect(both.status).toBe(403)
    const joined = await ask('/api/users', { headers: { 'x-api-key': `${key}, ${own.apiKey}` } })
    expect(joined.status).toBe(401)
  })
})

// last, since it changes and deletes
test.each(ROLES)('every route lets in a %s whose role is enough', async (role) => {
  const world = await furnish(t, await t.newWorkspace(`For ${role}`), `CANARY${role.toUpperCase()}`)
  const { key } = await t.newKey('server', world.workspaceId)
  const asOwn = role === 'admin' ? { 'x-api-key': key } : null
  const wrong: string[] = []
  const allowed = guarded()
    .filter(({ rank }) => rank <= ROLES.indexOf(role))
    .toSorted((a, b) => Number(a.route.method === 'delete') - Number(b.route.method === 'delete'))
  for (const endpoint of allowed) {
    const headers = asOwn ?? { cookie: (await t.logIn(role)).cookie, ...GUARD }
    const { status, text } = await send(t, requestOf(endpoint, asOwn === null ? own.ids : world.ids), headers)
    const needsPassword = titleOf(endpoint) === 'PUT /session/password'
    if (!needsPassword && (status === 401 || status === 403 || status >= 500))
      wrong.push(`${titleOf(endpoint)} → ${status} ${text.slice(0, 200)}`)
  }
  expect(wrong).toEqual([])
})
