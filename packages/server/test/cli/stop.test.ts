import { createAutomationRoute, createClient, createRecordsRoute, streamRunsRoute } from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../database.ts'
import { until } from '../helpers.ts'
import { type HttpReceiver, startHttpReceiver } from '../receivers.ts'
import { emptyHome, startCommand } from './command.ts'

const API_KEY = 'kantos_0123456789abcdef'
const RECEIVERS = 10
const LEADS = 20

let database: TestDatabase
let receivers: HttpReceiver[]
let homes: Awaited<ReturnType<typeof emptyHome>>[]
beforeAll(async () => {
  database = await createTestDatabase()
  receivers = await Promise.all(Array.from({ length: RECEIVERS }, () => startHttpReceiver()))
  homes = [await emptyHome(), await emptyHome()]
})
afterAll(async () => {
  await Promise.all([...homes.map((home) => home.remove()), ...receivers.map((receiver) => receiver.close())])
  await database.drop()
})

const arrived = () => receivers.reduce((sum, { requests }) => sum + requests.length, 0)

test('stopped in the midst of 200 effects and open streams, a process says so, ends in good order, and another goes on at once', async () => {
  const env = {
    DATABASE_URL: database.url,
    KANTOS_SECRET_KEY: 'q8vJm0rT5yXbN2cLw7Zs4Hd1Kf6Pg9Ae3Uo+iRjQkVE=',
    KANTOS_API_KEY: API_KEY,
    EGRESS_ALLOW: '127.0.0.1',
  }
  const [first, second] = homes as [(typeof homes)[0], (typeof homes)[0]]
  const server = startCommand(['serve'], { ...env, ...first.env })
  await server.says(/is running at/)
  const client = createClient({ baseUrl: first.url, apiKey: API_KEY })
  for (const receiver of receivers) {
    receiver.otherwise({ kind: 'hang' })
    await client.call(createAutomationRoute, {
      body: {
        name: receiver.url,
        status: 'active',
        trigger: { event: 'record.created', object: 'leads' },
        actions: [{ type: 'webhook', config: { url: receiver.url, body: 'x', timeout_seconds: 30 } }],
      } as never,
    })
  }
  const leads = Array.from({ length: LEADS }, (_, n) => ({ name: `Lead ${n}` }))
  await client.call(createRecordsRoute, { body: { object_id: 'leads', records: leads } as never })
  await until(() => arrived() === RECEIVERS * LEADS)
  const streams = await Promise.all([1, 2, 3].map(() => client.request(streamRunsRoute)))
  const ended = streams.map((stream) => stream.text())

  const other = startCommand(['serve', '--role', 'worker'], { ...env, ...second.env, METRICS_PORT: second.env.PORT! })
  await other.says(/worker is running/)
  expect(await (await fetch(`${second.url}/readyz`)).json()).toMatchObject({
    status: 'ready',
    checks: { relay: { ok: true } },
  })
  expect((await fetch(`${second.url}/api/users`)).status).toBe(404)

  server.signal('SIGTERM')
  for (const receiver of receivers) receiver.otherwise({ kind: 'answer' })
  // they end by themselves, while the effects still hang
  for (const text of await Promise.all(ended)) expect(text).toMatch(/^retry: 2000/)
  // a connection that was kept may be closed just as it is used again
  const ready = await until(() => fetch(`${first.url}/readyz`))
  expect([ready.status, await ready.json()]).toMatchObject([503, { checks: { process: { ok: false } } }])
  const refused = await until(() => fetch(`${first.url}/api/runs`, { headers: { 'x-api-key': API_KEY } }))
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
  // 1 is what it ends with when its ten seconds are over
  expect(await server.ended).toBe(0)
  await until(() => arrived() === 2 * RECEIVERS * LEADS)
  await until(async () => (await database.pool.query('select from runs_live')).rowCount === 0)
  const { rows } = await database.pool.query('select status, count(*)::int as n from runs group by status')
  expect(rows).toEqual([{ status: 'succeeded', n: RECEIVERS * LEADS }])
  const ids = receivers.map(({ requests }) => new Set(requests.map(({ headers }) => headers['webhook-id'])).size)
  expect(new Set(ids)).toEqual(new Set([LEADS]))
  other.signal('SIGTERM')
  expect(await other.ended).toBe(0)
})
