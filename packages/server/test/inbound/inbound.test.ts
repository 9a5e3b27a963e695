import { createHmac } from 'node:crypto'
import {
  activateAutomationRoute,
  type AutomationAnswer,
  createAutomationRoute,
  deactivateAutomationRoute,
  uuidOf,
} from '@kantos/model'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Webhook } from 'standardwebhooks'
import { signChain } from '../../src/webhooks/chain-header.ts'
import { createTestApp, type TestApp } from '../app.ts'

let t: TestApp
let byToken: AutomationAnswer
let bySignature: AutomationAnswer
let open: AutomationAnswer

beforeAll(async () => {
  t = await createTestApp()
  byToken = await create('By token')
  bySignature = await create('By signature', 'signature')
  open = await create('Open', 'none')
})
afterAll(() => t.drop())
beforeEach(async () => {
  await t.pool.query('truncate events, outbox, deliveries')
})

const STOP = [{ type: 'stop', config: {} }]

async function create(name: string, auth?: unknown, status: 'active' | 'inactive' = 'active') {
  const trigger = { event: 'webhook.received', ...(auth === undefined ? {} : { auth }) }
  return t.client.call(createAutomationRoute, { body: { name, status, trigger, actions: STOP } as never })
}

function pathTo(automation: AutomationAnswer): string {
  return new URL(automation.webhook!.url).pathname
}

async function post(path: string, body?: BodyInit, headers: Record<string, string> = {}) {
  const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
  const response = await t.request(path, { method: 'POST', body, headers: { ...type, ...headers } })
  const text = await response.text()
  return { status: response.status, text, body: JSON.parse(text) }
}

async function written() {
  const { rows } = await t.pool.query(
    'select e.*, o.seq, o.lane as queued_lane from events e left join outbox o on o.event_id = e.id order by e.id',
  )
  return rows
}

test('a call becomes an event for its automation, with the right to start a run, before it is answered', async () => {
  const before = t.wakes()
  const { status, body } = await post(`${pathTo(byToken)}?from=shop&tag=a&tag=b`, '{"order": {"id": 7}}', {
    'X-Source': 'shop',
    authorization: 'Bearer hidden',
    cookie: 'hidden=1',
    'x-api-key': 'hidden',
    'x-hub-signature-256': 'hidden',
  })
  expect(status).toBe(202)
  const [event, ...others] = await written()
  expect(others).toEqual([])
  expect(body).toEqual({ event_id: `evt_${event.id.replaceAll('-', '')}` })
  expect(event).toMatchObject({
    workspace_id: t.workspaceId,
    type: 'webhook.received',
    source: 'webhook',
    automation_id: uuidOf('automation', byToken.id),
    object: null,
    record_id: null,
    actor: null,
    chain_id: event.id,
    depth: 0,
    queued_lane: 0,
  })
  expect(event.payload.webhook.body).toEqual({ order: { id: 7 } })
  expect(event.payload.webhook.query).toEqual({ from: 'shop', tag: 'a, b' })
  expect(event.payload.webhook.headers).toMatchObject({ 'x-source': 'shop', 'content-type': 'application/json' })
  expect(JSON.stringify(event.payload)).not.toContain('hidden')
  expect(t.wakes()).toBe(before + 1)
})

test('a wrong token, an unknown id, an inactive automation and another trigger look the same from outside', async () => {
  const inactive = await create('Inactive', undefined, 'inactive')
  const other = await t.client.call(createAutomationRoute, {
    body: {
      name: 'Other',
      status: 'active',
      trigger: { event: 'record.created', object: 'leads' },
      actions: STOP,
    } as never,
  })
  const base = '/api/webhooks/automation'
  const token = byToken.webhook!.token!
  const answers = [
    await post(`${base}/${byToken.id}/${token.replace(/^./, (c) => (c === 'a' ? 'b' : 'a'))}`, '{}'),
    await post(`${base}/${byToken.id}/${token}0`, '{}'),
    await post(`${base}/${byToken.id}/${token.slice(1)}`, '{}'),
    await post(`${base}/${byToken.id}`, '{}'),
    await post(`${base}/${byToken.id}/${token}`.replace(/.{8}\/[0-9a-f]+$/, `00000000/${token}`), '{}'),
    await post(`${base}/nonsense/${token}`, '{}'),
    await post(`${base}/auto_%00/${token}`, '{}'),
    await post(pathTo(inactive), '{}'),
    await post(`${base}/${other.id}`, '{}'),
    await post(`${base}/${open.id}/${token}`, '{}'),
    await post(`${base}/${bySignature.id}/${token}`, '{}'),
    await post(`${base}/${byToken.id}/${token}x`, 'not json'),
  ]
  for (const { status } of answers) expect(status).toBe(404)
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
  expect(await written()).toEqual([])
})

test('an automation stops answering when it is deactivated and answers again when it is activated', async () => {
  const { id } = open
  await t.client.call(deactivateAutomationRoute, { params: { id } })
  expect((await post(pathTo(open), '{}')).status).toBe(404)
  await t.client.call(activateAutomationRoute, { params: { id } })
  expect((await post(pathTo(open), '{}')).status).toBe(202)
})

describe('signed calls', () => {
  const body = '{"a":1}'
  const secret = () => bySignature.webhook!.secret!
  const hex = (key: string | Buffer, text: string) => `sha256=${createHmac('sha256', key).update(text).digest('hex')}`
  const call = (headers: Record<string, string>, text = body) => post(pathTo(bySignature), text, headers)

  test('Standard Webhooks, X-Hub-Signature-256 and X-Kantos-Signature are accepted', async () => {
    const at = new Date()
    const standard = {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(secret()).sign('msg_1', at, body),
    }
    const decoded = Buffer.from(secret().slice('whsec_'.length), 'base64')
    expect((await call(standard)).status).toBe(202)
    expect((await call({ 'x-hub-signature-256': hex(secret(), body) })).status).toBe(202)
    expect((await call({ 'x-kantos-signature': hex(decoded, body) })).status).toBe(202)
    expect(await written()).toHaveLength(3)
  })

  test('a missing or bad signature, and a signature of another body, are a 401', async () => {
    for (const headers of [
      {},
      { 'x-hub-signature-256': hex('another secret', body) },
      { 'x-hub-signature-256': hex(secret(), `${body} `) },
      { 'webhook-id': 'm', 'webhook-timestamp': '1', 'webhook-signature': 'v1,AAAA' },
    ]) {
      const { status, body: answer } = await call(headers as Record<string, string>)
      expect(status).toBe(401)
      expect(answer.code).toBe('UNAUTHORIZED')
    }
    expect(await written()).toEqual([])
  })
})

describe('bodies', () => {
  const path = () => pathTo(open)
  const bodyOf = async () => (await written()).at(-1).payload.webhook.body

  test('a form is read by its names; what stands there several times is a list', async () => {
    const type = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }
    expect((await post(path(), 'name=J%C3%B8rgen+A&tag=a&tag=b&empty=', type)).status).toBe(202)
    expect(await bodyOf()).toEqual({ name: 'Jørgen A', tag: ['a', 'b'], empty: '' })
  })

  test('a call without a body starts its automation too', async () => {
    expect((await post(path())).status).toBe(202)
    expect(await bodyOf()).toBeNull()
  })

  test('any JSON value is a body, with a byte order mark or without', async () => {
    for (const [text, value] of [
      ['[1, "ü"]', [1, 'ü']],
      ['"text"', 'text'],
      ['\ufeff{"a": null}', { a: null }],
    ] as const) {
      expect((await post(path(), text)).status).toBe(202)
      expect(await bodyOf()).toEqual(value)
    }
  })

  test('a body over 1 MiB is a 413, one of 1 MiB is not', async () => {
    const json = (bytes: number) => JSON.stringify({ x: 'x'.repeat(bytes - 8) })
    expect((await post(path(), json(1024 * 1024))).status).toBe(202)
    const { status, body } = await post(path(), json(1024 * 1024 + 1))
    expect([status, body.code]).toEqual([413, 'PAYLOAD_TOO_LARGE'])
  })

  test('other kinds of bodies are a 415', async () => {
    for (const [body, type] of [
      ['<a/>', 'application/xml'],
      ['a', 'text/plain'],
      ['--x--', 'multipart/form-data; boundary=x'],
      ['{}', 'application/jsonp'],
    ] as const)
      expect((await post(path(), body, { 'content-type': type })).status).toBe(415)
    expect((await post(path(), '{}', { 'content-encoding': 'gzip' })).status).toBe(415)
    expect(await written()).toEqual([])
  })

  test('what is malformed or can not be stored is a 400', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    for (const [body, headers] of [
      ['{"a":', {}],
      ['{"a":1}x', {}],
      ['nope', {}],
      [Buffer.from([0x22, 0xff, 0x22]), {}],
      ['{"a": "\\u0000"}', {}],
      ['{"a\\u0000": 1}', {}],
      ['{"a": "\\ud800"}', {}],
      ['{"__proto__": {"x": 1}}', {}],
      ['{"\\u005f_proto__": {"x": 1}}', {}],
      ['['.repeat(65) + ']'.repeat(65), {}],
      ['a=%00', form],
      ['__proto__=1', form],
    ] as const) {
      const { status, body: answer } = await post(path(), body, headers)
      expect([status, answer.code], String(body)).toEqual([400, 'BAD_REQUEST'])
    }
    expect((await post(`${path()}?__proto__=1`, '{}')).status).toBe(400)
    expect((await post(`${path()}?a=%00`, '{}')).status).toBe(400)
    expect(await written()).toEqual([])
  })
})

describe('repeated deliveries', () => {
  test('parallel repetitions of a delivery write one event, and all of them get its id', async () => {
    for (const name of ['webhook-id', 'Idempotency-Key', 'X-GitHub-Delivery']) {
      await t.pool.query('truncate events, outbox, deliveries')
      const calls = Array.from({ length: 12 }, () => post(pathTo(byToken), '{}', { [name]: 'delivery 1' }))
      const answers = await Promise.all(calls)
      expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(202))
      const [event, ...others] = await written()
      expect(others).toEqual([])
      for (const { body } of answers) expect(uuidOf('event', body.event_id)).toBe(event.id)
    }
  })

  test('another delivery, or the same id at another automation, is a new one', async () => {
    await post(pathTo(byToken), '{}', { 'webhook-id': 'a' })
    await post(pathTo(byToken), '{}', { 'webhook-id': 'b' })
    await post(pathTo(open), '{}', { 'webhook-id': 'a' })
    await post(pathTo(byToken), '{}')
    await post(pathTo(byToken), '{}')
    expect(await written()).toHaveLength(5)
  })

  test('one id of several is enough to know a delivery again', async () => {
    const first = await post(pathTo(open), '{}', { 'webhook-id': 'a', 'idempotency-key': 'k' })
    const second = await post(pathTo(open), '{}', { 'webhook-id': 'b', 'idempotency-key': 'k' })
    const third = await post(pathTo(open), '{}', { 'webhook-id': 'b' })
    expect(second.body).toEqual(first.body)
    expect(third.body).toEqual(first.body)
    expect(await written()).toHaveLength(1)
  })

  test('a delivery is known for seven days', async () => {
    const headers = { 'webhook-id': 'x'.repeat(5_000) }
    await post(pathTo(open), '{}', headers)
    await t.pool.query(`update deliveries set at = now() - interval '6 days 23 hours'`)
    await post(pathTo(open), '{}', headers)
    expect(await written()).toHaveLength(1)
    await t.pool.query(`update deliveries set at = now() - interval '7 days 1 minute'`)
    const later = await post(pathTo(open), '{}', headers)
    expect(await written()).toHaveLength(2)
    expect((await post(pathTo(open), '{}', headers)).body).toEqual(later.body)
  })

  test('a delivery that was refused is no delivery', async () => {
    expect((await post(pathTo(open), '{', { 'webhook-id': 'r' })).status).toBe(400)
    expect((await post(pathTo(open), '{}', { 'webhook-id': 'r' })).status).toBe(202)
    expect(await written()).toHaveLength(1)
  })
})

describe('chains', () => {
  const link = ['0198c0de-0000-7000-8000-00000000000a', null, '0198c0de-0000-7000-8000-00000000000b']
  const chainId = '0198c0de-0000-7000-8000-00000000000c'

  async function parentRun(): Promise<string> {
    const id = t.services.time.id()
    await t.pool.query(
      `insert into runs (class, workspace_id, id, automation_id, version, status, mode, chain_id, depth, path, lane, rev)
       values ('live', $1, $2, $3, 1, 'running', 'live', $4, 2, $5, 2, 1)`,
      [t.workspaceId, id, uuidOf('automation', open.id), chainId, JSON.stringify([link])],
    )
    return id
  }
  const call = (header: string) => post(pathTo(open), '{}', { 'X-Kantos-Chain': header })

  test('a call by one of our own runs goes on with its chain, in its lane', async () => {
    const parentRunId = await parentRun()
    const header = signChain({ chainId, depth: 2, parentRunId }, t.services.chainKey(t.workspaceId))
    expect((await call(header)).status).toBe(202)
    const [event] = await written()
    expect(event).toMatchObject({ chain_id: chainId, depth: 2, queued_lane: 2 })
    expect(event.path).toEqual([link, [uuidOf('automation', open.id), null, parentRunId]])
    expect(JSON.stringify(event.payload)).not.toContain(chainId)
  })

  test('a chain that was not signed with the key of this workspace counts for nothing', async () => {
    const parentRunId = await parentRun()
    const reference = { chainId, depth: 2, parentRunId }
    const headers = [
      signChain(reference, t.services.chainKey('another workspace')),
      signChain({ ...reference, chainId: 'not-an-id' }, t.services.chainKey(t.workspaceId)),
      'v1.forged',
    ]
    for (const header of headers) expect((await call(header)).status).toBe(202)
    for (const event of await written()) expect(event).toMatchObject({ chain_id: event.id, depth: 0, path: null })
  })
})

test('each automation has its own rate limit', async () => {
  const small = await createTestApp({ rateLimitPerMinute: 40 })
  try {
    const paths: string[] = []
    for (const name of ['One', 'Two']) {
      const body = { name, status: 'active', trigger: { event: 'webhook.received' }, actions: STOP } as never
      paths.push(pathTo(await small.client.call(createAutomationRoute, { body })))
    }
    const call = async (path: string, n: number) => {
      const headers = { 'x-forwarded-for': `192.0.2.${n}` }
      return small.request(path, { method: 'POST', headers })
    }
    for (let n = 0; n < 40; n++) expect((await call(paths[0]!, n)).status).toBe(202)
    const refused = await call(paths[0]!, 41)
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await call(paths[1]!, 42)).status).toBe(202)
  } finally {
    await small.drop()
  }
})
