import { createEmailTemplateRoute, publicId } from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Endpoint } from '../../src/api/implement.ts'
import { createTestApp, type TestApp } from '../app.ts'
import { type ChangeWatch, watchChanges } from '../input/changes.ts'
import { createWorld, sampleCall, type SampleCall, titleOf, type World } from '../input/sample-calls.ts'

/** What is audited: every change by a route of these tags. */
const TAGS = new Set(['automations', 'objects', 'email-templates', 'API keys', 'Users', 'Secrets', 'Settings'])
/** This starts what the execution log tells of. */
const TOLD_ELSEWHERE = new Set(['POST /automations/{id}/run'])
const VALUE = 'Canary-audit-7731'

let t: TestApp
let world: World
let changes: ChangeWatch
let unused: string
beforeAll(async () => {
  t = await createTestApp()
  world = await createWorld(t)
  changes = await watchChanges(t.pool)
  unused = await makeTemplate('Unused')
})
afterAll(() => t.drop())

/** A route's accepted call where the sample isn't one, or changes what others need. */
const CALLS: Record<string, () => Partial<SampleCall>> = {
  'PUT /automations/{id}': () => ({
    body: { name: 'Renamed', trigger: { event: 'manual', object: 'leads' }, actions: [{ type: 'stop' }] },
  }),
  'PUT /secrets/{name}': () => ({ body: { value: VALUE } }),
  'DELETE /secrets/{name}': () => ({ query: { force: 'true' } }),
  'DELETE /crm/objects/{id}': () => ({ query: { force: 'true' } }),
  'POST /api-keys': () => ({ body: { name: 'One more', type: 'server' } }),
  'POST /email-templates': () => ({ body: { name: 'Another', subject: 'Hi', html: 'Hi' } }),
  'PUT /email-templates/{id}': () => ({ body: { name: 'Renamed', subject: 'Ho', html: 'Ho' } }),
  'DELETE /email-templates/{id}': () => ({ params: { id: unused } }),
  'PATCH /users/{id}': () => ({ body: { role: 'editor' } }),
  'PUT /automations/{id}/mode': () => ({ body: { mode: 'test' } }),
  'PATCH /settings': () => ({ body: { default_timezone: 'Europe/Vienna' } }),
}

async function makeTemplate(name: string): Promise<string> {
  const answer = await t.client.call(createEmailTemplateRoute, { body: { name, subject: 'Hi', html: 'Hi' } })
  return answer.id
}

/** Undoing comes after doing, and deleting after all that needs what is deleted. */
const ORDER = ['put', 'patch', 'post', 'delete']
const rank = ({ route }: Endpoint) =>
  ORDER.indexOf(route.method) +
  (route.path.endsWith('/deactivate') ? 0.5 : 0) +
  (/\/\{id\}\/fields/.test(route.path) ? -0.1 : 0)

const audited = () =>
  t.app.endpoints
    .filter(({ route, changesState }) => changesState && TAGS.has(route.tag) && route.policy !== 'viewer')
    .filter(({ route }) => !TOLD_ELSEWHERE.has(titleOf(route)))
    .toSorted((a, b) => rank(a) - rank(b))

async function entries(): Promise<{ action: string; actor: string; text: string }[]> {
  const { rows } = await t.pool.query(`select action, actor, a::text as text from audit_log a order by at, id`)
  return rows
}

async function call({ route, body }: Endpoint, given: SampleCall, headers: Record<string, string>): Promise<Response> {
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(given.params[name]!))
  const search = new URLSearchParams(given.query).toString()
  return t.request(`/api${path}${search === '' ? '' : `?${search}`}`, {
    method: route.method.toUpperCase(),
    body: body === null ? undefined : JSON.stringify(given.body),
    headers: { ...(body === null ? {} : { 'content-type': 'application/json' }), ...headers },
  })
}

const callOf = (endpoint: Endpoint): SampleCall => ({
  ...sampleCall(endpoint, world),
  ...CALLS[titleOf(endpoint.route)]?.(),
})

test('what a viewer may ask for with POST or PUT changes nothing', async () => {
  const asking = t.app.endpoints.filter(({ route, changesState }) => changesState && route.policy === 'viewer')
  const writing: string[] = []
  for (const endpoint of asking.filter(({ route }) => route.tag !== 'Session')) {
    await changes.take()
    const { status } = await call(endpoint, callOf(endpoint), { 'x-api-key': t.apiKey })
    const written = await changes.take()
    if (status !== 200 || written.length > 0) writing.push(`${titleOf(endpoint.route)} ${status} ${written}`)
  }
  expect(asking.length).toBeGreaterThan(3)
  expect(writing).toEqual([])
})

test('a change that is refused leaves no entry: without a key, by too low a role, of nothing, of nonsense', async () => {
  const viewer = await t.logIn('viewer')
  const before = (await entries()).length
  const allowed: string[] = []
  for (const endpoint of audited()) {
    const given = callOf(endpoint)
    const absent = Object.fromEntries(Object.keys(given.params).map((name) => [name, name === 'n' ? '9' : 'x_0000']))
    const answers = [
      await call(endpoint, given, {}),
      await call(endpoint, given, { cookie: viewer.cookie, 'sec-fetch-site': 'same-origin' }),
      await call(endpoint, given, { cookie: (await t.logIn('owner')).cookie, 'sec-fetch-site': 'cross-site' }),
    ]
    if (Object.keys(absent).length > 0 && titleOf(endpoint.route) !== 'PUT /secrets/{name}')
      answers.push(await call(endpoint, { ...given, params: absent }, { 'x-api-key': t.apiKey }))
    if (endpoint.body !== null)
      answers.push(await call(endpoint, { ...given, body: { nope: 1 } }, { 'x-api-key': t.apiKey }))
    for (const answer of answers) if (answer.ok) allowed.push(`${titleOf(endpoint.route)} ${answer.status}`)
  }
  expect(allowed).toEqual([])
  const logins = (await entries()).slice(before).filter(({ action }) => action !== 'user.logged_in')
  expect(logins).toEqual([])
})

test('every change of automations, objects, templates, keys, users, secrets and settings leaves one entry, with who did it and no secret', async () => {
  const wrong: string[] = []
  const actions = new Set<string>()
  const { rows } = await t.pool.query<{ id: string }>('select id from api_keys order by created_at limit 1')
  const actor = publicId('key', rows[0]!.id)
  for (const endpoint of audited()) {
    const before = (await entries()).length
    const given = callOf(endpoint)
    const answer = await call(endpoint, given, { 'x-api-key': t.apiKey })
    const text = await answer.text()
    const added = (await entries()).slice(before)
    if (!answer.ok) wrong.push(`${titleOf(endpoint.route)} ${answer.status} ${text}`)
    else if (added.length !== 1)
      wrong.push(`${titleOf(endpoint.route)} has ${added.length} entries: ${added.map((one) => one.action)}`)
    for (const entry of added) {
      actions.add(entry.action)
      if (entry.actor !== actor) wrong.push(`${titleOf(endpoint.route)} is said to be by ${entry.actor}`)
      const secrets = [VALUE, ...secretsIn(text)].filter((secret) => entry.text.includes(secret))
      if (secrets.length > 0) wrong.push(`${titleOf(endpoint.route)} notes ${secrets}`)
      if (!/127\.0\.0\.1/.test(entry.text)) wrong.push(`${titleOf(endpoint.route)} notes no address`)
    }
  }
  expect(wrong).toEqual([])
  expect(actions.size).toBeGreaterThan(20)
})

/** The keys, tokens and signing secrets that an answer shows. */
function secretsIn(text: string): string[] {
  return text.match(/kantos_[\w-]{16,}|whsec_[\w+/=]{20,}|(?<=token=)[\w-]{20,}|(?<="token":")[\w-]{20,}/g) ?? []
}

test('the log says so in the API too, and nobody below an admin reads it', async () => {
  const read = async (cookie: string) => (await t.request('/api/audit-log', { headers: { cookie } })).status
  expect(await read((await t.logIn('admin')).cookie)).toBe(200)
  expect(await read((await t.logIn('editor')).cookie)).toBe(403)
})
