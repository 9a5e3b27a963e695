import { putSecret } from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEgress } from '../../src/ports/egress.ts'
import { createTestEngine, type TestEngine } from '../engine.ts'

const SECRET = 'Canary+Value/ü-9f8e7d6c5b'
const HOST_SECRET = 'CanaryHost-4d3c2b1a'

/** Everything that a secret must not be found as. */
const SPELLINGS = [SECRET, HOST_SECRET].flatMap((secret) => [
  secret,
  secret.toLowerCase(),
  encodeURIComponent(secret),
  Buffer.from(secret).toString('base64').replaceAll('=', ''),
  Buffer.from(secret).toString('base64url'),
  Buffer.from(`user:${secret}`).toString('base64').slice(8, -4),
  Buffer.from(secret).toString('hex'),
])

let e: TestEngine
beforeAll(async () => {
  e = await createTestEngine()
  e.services.egress = createEgress({ allow: ['127.0.0.1'], log: e.services.log })
  await e.client.call(putSecret, { params: { name: 'token' }, body: { value: SECRET } })
  await e.client.call(putSecret, { params: { name: 'host' }, body: { value: HOST_SECRET } })
})
afterAll(() => e.stop())

/** Whatever the database holds, table by table, as text; bytes in hexadecimal. */
async function dump(): Promise<string> {
  const { rows } = await e.pool.query<{ name: string }>(
    `select quote_ident(table_name) as name from information_schema.tables
     where table_schema = 'public' and table_type = 'BASE TABLE'`,
  )
  const tables = await Promise.all(rows.map(({ name }) => e.pool.query(`select t::text as row from ${name} t`)))
  expect(tables.some(({ rows: found }) => found.length > 0)).toBe(true)
  return tables.flatMap(({ rows: found }) => found.map(({ row }) => row as string)).join('\n')
}

async function answers(runs: readonly { id: string }[]): Promise<string> {
  const paths = [
    '/secrets',
    '/audit-log',
    '/automations',
    '/runs',
    '/runs/export?format=ndjson',
    '/outbox',
    '/settings',
  ]
  const texts = [...paths, ...runs.map(({ id }) => `/runs/${id}`)].map(async (path) => {
    const answer = await e.request(`/api${path}`, { headers: { 'x-api-key': e.apiKey } })
    expect([path, answer.status]).toEqual([path, 200])
    return answer.text()
  })
  return (await Promise.all(texts)).join('\n')
}

function expectNone(text: string): void {
  expect(SPELLINGS.filter((spelling) => text.includes(spelling))).toEqual([])
}

test('a secret leaves in its request and is found nowhere else: not in the database, the log, or any answer, however a receiver spells it', async () => {
  e.http.otherwise(({ headers, body }) => ({
    kind: 'answer',
    headers: { 'content-type': 'application/json', 'x-echo': headers['x-token'] as string },
    body: JSON.stringify({
      said: headers['x-token'],
      lower: String(headers['x-token']).toLowerCase(),
      body: body.toString(),
      base64: body.toString('base64'),
      basic: Buffer.from(`user:${SECRET}`).toString('base64'),
      encoded: encodeURIComponent(SECRET),
    }),
  }))
  const config = {
    url: `${e.http.url}/{{secrets.token}}`,
    headers: { 'X-Token': '{{secrets.token}}' },
    body: { token: 'a {{secrets.token}} b' },
  }
  const id = await e.automation({
    trigger: { event: 'record.created', object: 'leads' },
    actions: [
      { type: 'webhook', key: 'call', config },
      { type: 'update_record', config: { fields: { notes: '{{json(steps.call.body)}}' } } },
    ],
  })
  await e.create('leads', { name: 'Ada' })
  const run = await e.run(id)
  expect(run.status).toBe('succeeded')
  expect(Buffer.from(e.http.requests[0]!.headers['x-token'] as string, 'latin1').toString()).toBe(SECRET)
  expect(JSON.parse(e.http.requests[0]!.body.toString())).toEqual({ token: `a ${SECRET} b` })
  expectNone(await dump())
  expectNone(await answers([run]))
  expectNone(JSON.stringify(e.logged))
})

test('a secret in a host name is hidden in what is said and logged of it', async () => {
  const called = (url: string) =>
    e.automation({
      trigger: { event: 'record.created', object: 'tasks' },
      actions: [{ type: 'webhook', config: { url, retry: { delays_seconds: [] } } }],
    })
  const unknown = await called('http://{{secrets.host}}.invalid/')
  const refused = await called('http://{{secrets.host}}.localhost:22/')
  await e.create('tasks', { title: 'Call' })
  const runs = [await e.run(unknown), await e.run(refused)]
  expect(runs.map(({ error }) => error?.code)).toEqual(['NETWORK', 'EGRESS_REFUSED'])
  expect(runs[0]!.error?.message).toContain('••••.invalid')
  expect(e.logged.map(({ msg }) => msg)).toContain('outbound request refused')
  expectNone(await dump())
  expectNone(await answers(runs))
  expectNone(JSON.stringify(e.logged))
})
