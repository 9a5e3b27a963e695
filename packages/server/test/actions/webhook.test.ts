import { createHmac } from 'node:crypto'
import {
  cancelRunRoute,
  deactivateAutomationRoute,
  dryRunAutomationRoute,
  readSigningSecret,
  putSecret,
  resumeRunRoute,
  rotateSigningSecret,
} from '@kantos/model'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createRecords } from '../../src/records/write.ts'
import { createTestEngine, type TestEngine } from '../engine.ts'
import { until } from '../helpers.ts'
import { type HttpReceiver, startHttpReceiver } from '../receivers.ts'

const BY_KEY = { actor: 'key_test', source: 'api' as const, lane: 1 as const, chain: null }

let e: TestEngine
let http: HttpReceiver
beforeAll(async () => {
  e = await createTestEngine()
})
afterAll(() => e.stop())
// a receiver of its own, so that nobody's failures hold another's
beforeEach(async () => {
  http = await startHttpReceiver()
  return () => http.close()
})

const trigger = { event: 'record.created', object: 'leads' }
const start = async (config: Record<string, unknown>, more: object = {}, lead: Record<string, unknown> = {}) => {
  const id = await e.automation({
    trigger,
    conditions: { match: 'all', rules: [{ field: 'name', operator: 'equals', value: `for ${http.port}` }] },
    actions: [{ type: 'webhook', key: 'call', config: { url: `${http.url}/hook`, ...config } }],
    ...more,
  })
  const record = await e.create('leads', { name: `for ${http.port}`, ...lead })
  return { id, record }
}
const header = (i: number, name: string) => http.requests[i]!.headers[name] as string

test('the default body names the automation and the record', async () => {
  const { id, record } = await start({})
  const run = await e.run(id)
  const [request] = http.requests
  expect(request).toMatchObject({ method: 'POST', path: '/hook' })
  expect(request!.headers['content-type']).toBe('application/json')
  expect(JSON.parse(request!.body.toString())).toEqual({
    event: 'automation.executed',
    automation_id: id,
    automation_name: 'An automation',
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    record: {
      id: record,
      object_id: 'obj_leads',
      data: expect.objectContaining({ name: `for ${http.port}`, status: 'new' }),
    },
  })
  expect(run.steps[0]).toMatchObject({
    status: 'succeeded',
    attempt: 1,
    attempts: [{ attempt: 1, output: { status: 200 } }],
    output: { status: 200, truncated: false },
  })
})

test('a text body is sent as it is, GET has none, and own headers win except ours', async () => {
  const { id } = await start({
    method: 'PUT',
    body: '<x>{{record.name}}</x>',
    headers: { 'content-type': 'application/xml', 'Webhook-Id': 'mine', 'X-Own': '{{record.name}}' },
  })
  await e.run(id)
  expect(http.requests[0]!.body.toString()).toBe(`<x>for ${http.port}</x>`)
  expect(http.requests[0]!.headers).toMatchObject({
    'content-type': 'application/xml',
    'x-own': `for ${http.port}`,
    'webhook-id': expect.stringMatching(/^msg_/),
  })
  const get = await e.automation({
    trigger: { event: 'record.created', object: 'tasks' },
    actions: [{ type: 'webhook', config: { url: `${http.url}/get?q={{record.title}}`, method: 'GET' } }],
  })
  await e.create('tasks', { title: 'a' })
  await e.run(get)
  expect(http.requests[1]).toMatchObject({ method: 'GET', path: '/get?q=a' })
  expect(http.requests[1]!.body.length).toBe(0)
})

test('every attempt is signed so that a Standard Webhooks library accepts it, by old and new secret during a rotation', async () => {
  const before = await e.client.call(readSigningSecret)
  const after = await e.client.call(rotateSigningSecret)
  await start({ body: { ü: '€ {{record.name}}' } })
  // secrets are kept at hand for a moment
  const { headers, body } = await until(async () => {
    await e.create('leads', { name: `for ${http.port}` })
    return http.requests.find((request) => String(request.headers['webhook-signature']).includes(' '))
  })
  for (const { secret } of [before, after])
    expect(() => new Webhook(secret).verify(body, headers as Record<string, string>)).not.toThrow()
  const key = Buffer.from(after.secret.slice('whsec_'.length), 'base64')
  expect(headers['x-kantos-signature']).toBe(`sha256=${createHmac('sha256', key).update(body).digest('hex')}`)
  expect(headers['idempotency-key']).toBe(headers['webhook-id'])
})

test('a failed call is tried again after 1, 5 and 30 minutes, with the same webhook-id, and then the step fails', async () => {
  http.otherwise({ kind: 'answer', status: 500, body: 'broken' })
  const { id } = await start({})
  for (const [i, minutes] of [1, 5, 30].entries()) {
    const row = await e.standing(id, 'retry')
    expect(row.status).toBe('waiting')
    expect(row.due_in).toBeGreaterThan(minutes * 60_000 * 0.97)
    expect(row.due_in).toBeLessThan(minutes * 60_000 * 1.1)
    expect(row.steps[0]).toMatchObject({
      status: 'retrying',
      error: { code: 'WEBHOOK_FAILED' },
      resume_at: expect.any(String),
    })
    expect(row.steps[0]!.attempts).toHaveLength(i + 1)
    await e.passTime(id)
    await http.received(i + 2)
  }
  const run = await e.run(id)
  expect(run).toMatchObject({ status: 'failed', error: { code: 'WEBHOOK_FAILED', step_key: 'call' } })
  expect(run.steps[0]!.attempts.map(({ attempt, output, error }) => [attempt, output, error!.code])).toEqual(
    [1, 2, 3, 4].map((n) => [n, { status: 500 }, 'WEBHOOK_FAILED']),
  )
  expect(run.steps[0]!.output).toMatchObject({ status: 500, body: 'broken' })
  expect(http.requests).toHaveLength(4)
  expect(new Set(http.requests.map((_, i) => header(i, 'webhook-id'))).size).toBe(1)
})

test('a call that succeeds on a later attempt goes on', async () => {
  http.next(
    { kind: 'answer', status: 503 },
    { kind: 'reset', part: 'headers' },
    { kind: 'answer', status: 200, body: 'late' },
  )
  const { id } = await start({ retry: { delays_seconds: [10, 20] } })
  for (const seconds of [10, 20]) {
    const row = await e.standing(id, 'retry')
    expect(row.due_in).toBeLessThan(seconds * 1_100)
    await e.passTime(id)
    await http.received(http.requests.length)
  }
  const run = await e.run(id)
  expect(run.status).toBe('succeeded')
  expect(run.steps[0]).toMatchObject({ status: 'succeeded', attempt: 3, output: { body: 'late' } })
  expect(run.steps[0]!.attempts.map(({ error }) => error?.code)).toEqual(['WEBHOOK_FAILED', 'NETWORK', undefined])
  expect(run.steps[0]!.error).toBeUndefined()
})

test('Retry-After is honoured when it is the later one, up to a day', async () => {
  http.next(
    { kind: 'answer', status: 429, headers: { 'retry-after': '7200' } },
    { kind: 'answer', status: 503, headers: { 'retry-after': '9999999' } },
    { kind: 'answer', status: 500, headers: { 'retry-after': '7200' } },
  )
  const { id } = await start({})
  expect((await e.standing(id, 'retry')).due_in).toBeGreaterThan(7_190_000)
  await e.passTime(id)
  await http.received(2)
  const second = await e.standing(id, 'retry')
  expect(second.due_in).toBeGreaterThan(86_300_000)
  expect(second.due_in).toBeLessThan(86_401_000)
  await e.passTime(id)
  await http.received(3)
  expect((await e.standing(id, 'retry')).due_in).toBeLessThan(1_980_001)
})

test('with retry on transient a 404 fails at once and a 503 is tried again', async () => {
  http.next({ kind: 'answer', status: 404 })
  const gone = await start({ retry: { on: 'transient' } })
  const run = await e.run(gone.id)
  expect(run).toMatchObject({ status: 'failed', steps: [{ attempts: [{ output: { status: 404 } }] }] })
  http.next({ kind: 'answer', status: 503 })
  const busy = await e.automation({
    trigger: { event: 'record.created', object: 'deals' },
    actions: [{ type: 'webhook', config: { url: http.url, retry: { on: 'transient' } } }],
  })
  await e.create('deals', { name: 'x' })
  expect((await e.standing(busy, 'retry')).attempt).toBe(1)
})

test('a redirect is an answer like any other, and not a success', async () => {
  http.next({ kind: 'answer', status: 302, headers: { location: `${http.url}/elsewhere` } })
  const { id } = await start({ retry: { delays_seconds: [] } })
  expect(await e.run(id)).toMatchObject({ status: 'failed', steps: [{ output: { status: 302 } }] })
  expect(http.requests).toHaveLength(1)
})

test('a private address is refused for good', async () => {
  const { id } = await start({ url: 'http://10.1.2.3/x' })
  const run = await e.run(id)
  expect(run).toMatchObject({ status: 'failed', error: { code: 'EGRESS_REFUSED' } })
  expect(run.steps[0]!.attempts).toHaveLength(1)
})

test.each([
  [{ url: '{{record.source}}' }, 'the URL is empty'],
  [{ url: '{{record.name}}' }, 'the URL is not valid'],
  [{ url: '{{record.company}}' }, 'ftp: URLs are not sent, only http: and https:'],
  [
    { url: 'http://10.1.2.3/{{record.name}}' },
    '10.1.2.3 is not a public address; whoever runs this server can allow it with EGRESS_ALLOW',
  ],
  [{ headers: { 'X-Name': '{{record.notes}}' } }, 'the header X-Name holds a line break or another control character'],
])('a request that can’t be sent fails its step, in a dry run and in test mode too: %j', async (config, message) => {
  const lead = { company: 'ftp://example.org/', notes: 'Ada\r\nX-Other: 1' }
  const error = { code: 'EGRESS_REFUSED', kind: 'permanent', message }
  for (const mode of ['live', 'test'] as const) {
    const { id } = await start(config, { mode }, lead)
    expect((await e.run(id)).steps).toMatchObject([{ status: 'failed', error }])
    const body = { record: { name: `for ${http.port}`, ...lead } }
    const tried = await e.client.call(dryRunAutomationRoute, { params: { id }, body })
    expect(tried.steps).toMatchObject([{ status: 'failed', attempts: [], error }])
    await e.client.call(deactivateAutomationRoute, { params: { id } })
  }
  expect(http.requests).toEqual([])
})

test('a waiting retry can be made now', async () => {
  http.next({ kind: 'answer', status: 500 })
  const { id } = await start({})
  const row = await e.standing(id, 'retry')
  await e.client.call(resumeRunRoute, { params: { id: `run_${row.id.replaceAll('-', '')}` } })
  expect((await e.run(id)).status).toBe('succeeded')
})

test('secrets are filled in when the request is made, and appear nowhere else, not even when they are echoed', async () => {
  await e.client.call(putSecret, { params: { name: 'crm_token' }, body: { value: 's3cr3t-"quoted"-välue' } })
  http.otherwise((request) => ({
    kind: 'answer',
    headers: { 'content-type': 'application/json', 'x-echo': request.headers.authorization ?? '' },
    body: JSON.stringify({ you_sent: request.headers.authorization, body: request.body.toString() }),
  }))
  const { id } = await start(
    {
      headers: { Authorization: 'Bearer {{secrets.crm_token}}' },
      body: { key: '{{secrets.crm_token}}', name: '{{record.name}}', fake: '{{record.notes}}' },
    },
    {},
    { notes: '{{secrets.crm_token}}' },
  )
  const run = await e.run(id)
  expect(run.status).toBe('succeeded')
  const sent = JSON.parse(http.requests[0]!.body.toString())
  expect(sent).toEqual({ key: 's3cr3t-"quoted"-välue', name: `for ${http.port}`, fake: '{{secrets.crm_token}}' })
  expect(run.steps[0]!.input).toMatchObject({ headers: { Authorization: 'Bearer ••••' }, body: { key: '••••' } })
  const { rows } = await e.pool.query('select r::text as text from runs r')
  for (const { text } of rows) {
    expect(text).not.toContain('s3cr3t')
  }
  expect(JSON.stringify(e.logged)).not.toContain('s3cr3t')
})

test('a run that is cancelled during its call ends as cancelled, with the call’s outcome in its log', async () => {
  http.next({ kind: 'answer', status: 200, body: 'too late', delayMs: 400 })
  const { id } = await start({})
  await http.received(1)
  const row = await e.standing(id, 'effect')
  const marked = await e.client.call(cancelRunRoute, { params: { id: `run_${row.id.replaceAll('-', '')}` } })
  expect(marked.cancel_requested).toBe(true)
  const run = await e.run(id)
  expect(run).toMatchObject({ status: 'cancelled', steps: [{ status: 'succeeded', output: { body: 'too late' } }] })
  expect(http.requests).toHaveLength(1)
})

test('each item of a loop has a webhook-id of its own', async () => {
  const id = await e.automation({
    trigger: { event: 'record.created', object: 'companies' },
    actions: [
      {
        type: 'for_each',
        config: { items: '{{[1, 2, 3]}}', actions: [{ type: 'webhook', config: { url: http.url, body: '{{item}}' } }] },
      },
    ],
  })
  await e.create('companies', { name: 'Loop' })
  expect((await e.run(id)).status).toBe('succeeded')
  expect(http.requests.map((request) => request.body.toString())).toEqual(['1', '2', '3'])
  expect(new Set(http.requests.map((_, i) => header(i, 'webhook-id'))).size).toBe(3)
})

test('receivers that hang do not stop the others', async () => {
  const hanging = await Promise.all([startHttpReceiver(), startHttpReceiver(), startHttpReceiver()])
  for (const receiver of hanging) receiver.otherwise({ kind: 'hang' })
  const stuck = await e.automation({
    trigger: { event: 'record.created', object: 'contacts' },
    actions: [{ type: 'webhook', config: { url: 'http://127.0.0.1:{{record.name}}/' } }],
  })
  const free = await e.automation({
    trigger: { event: 'record.created', object: 'deals' },
    actions: [{ type: 'webhook', config: { url: http.url } }],
  })
  // one write a receiver: six hundred requests at once would wait for a connection longer than a request may
  for (const { port } of hanging) {
    const contacts = Array.from({ length: 200 }, () => ({ name: String(port) }))
    await createRecords(e.services, e.workspaceId, 'contacts', contacts, BY_KEY)
  }
  await Promise.all(hanging.map((receiver) => receiver.received(20)))
  for (let i = 0; i < 30; i++) await e.create('deals', { name: `d${i}` })
  await e.ended(free, 30)
  // the hanging ones hold on still
  expect((await e.live(stuck)).length).toBe(600)
  await e.pool.query('update runs_live set cancel_requested = true')
  await Promise.all(hanging.map((receiver) => receiver.close()))
})

test('a receiver that let five calls in a row time out is left alone for a while', async () => {
  http.otherwise({ kind: 'hang' })
  const id = await e.automation({
    trigger: { event: 'field.changed', object: 'tasks', field: 'description' },
    actions: [{ type: 'webhook', config: { url: http.url, timeout_seconds: 0.2, retry: { delays_seconds: [] } } }],
  })
  const task = await e.create('tasks', { title: 'T' })
  for (let i = 1; i <= 5; i++) {
    await e.update(task, { description: `${i}` })
    const runs = await e.ended(id, i)
    expect(runs.at(-1)).toMatchObject({ status: 'failed', error: { code: 'TIMEOUT' } })
  }
  await e.update(task, { description: '6' })
  const held = await e.standing(id, 'effect')
  expect(held.lease_by).toBeNull()
  expect(held.due_in).toBeGreaterThan(20_000)
  // one that timed out before it was sent whole isn't among them
  expect(http.requests.length).toBeLessThanOrEqual(5)
})
