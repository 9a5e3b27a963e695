import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import type { Problem } from '@kantos/model'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createEgress } from '../../src/ports/egress.ts'
import { type ActionInput, createTestEngine, type TestEngine } from '../engine.ts'
import { startHttpReceiver } from '../receivers.ts'
import { closeServer, listen } from '../receivers/listening.ts'

let e: TestEngine
beforeAll(async () => {
  e = await createTestEngine()
})
afterAll(() => e.stop())

const stop = { type: 'stop' }
const groups = (deep: number): object =>
  deep === 0 ? { field: 'status', operator: 'equals', value: 'new' } : { match: 'all', rules: [groups(deep - 1)] }
const rule = (field: string, operator: string, value: unknown) => ({
  conditions: { match: 'all', rules: [{ field, operator, value }] },
})
const notes = (text: string) => ({ actions: [{ type: 'update_record', fields: { notes: text } }] })

async function post(path: string, body: unknown): Promise<{ status: number; text: string; errors: Problem[] }> {
  const answer = await e.request(`/api${path}`, {
    method: 'POST',
    headers: { 'x-api-key': e.apiKey, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const text = await answer.text()
  const { details, code, status, error } = JSON.parse(text)
  expect([typeof error, code === undefined ? answer.status : status]).toEqual(
    answer.ok ? ['undefined', answer.status] : ['string', answer.status],
  )
  return { status: answer.status, text, errors: details?.errors ?? [] }
}

describe('an automation is refused, at its place and saying why, with', () => {
  test.each<[string, object, string, RegExp]>([
    ['an unknown key', { colour: 'red' }, '/colour', /not known/],
    ['a number as its name', { name: 5 }, '/name', /text, not a number/],
    ['a list as its trigger', { trigger: [] }, '/trigger', /object, not a list/],
    ['an object of actions', { actions: {} }, '/actions', /list/],
    ['an unknown event', { trigger: { event: 'record.exploded', object: 'leads' } }, '/trigger/event', /no trigger/],
    ['an unknown object', { trigger: { event: 'record.created', object: 'ledas' } }, '/trigger/object', /no object/],
    ['an unknown field in a rule', rule('statsu', 'equals', 'new'), '/conditions/rules/0/field', /no field "statsu"/],
    ['an unknown operator', rule('status', 'equalz', 'new'), '/conditions/rules/0/operator', /no operator "equalz"/],
    ['an operator of other types', rule('owner', 'contains', 'x'), '/conditions/rules/0/operator', /doesn't fit owner/],
    ['groups 11 deep', { conditions: groups(11) }, `/conditions${'/rules/0'.repeat(10)}`, /too deep: at most 10/],
    ['a broken expression', notes('Hi {{ record.name + }}'), '/actions/0/fields/notes', /found }}, at column 21/],
    ['an unclosed placeholder', notes('Hi {{ record.name'), '/actions/0/fields/notes', /never closed, at column 4/],
    ['an unknown name', notes('{{recrod.name}}'), '/actions/0/fields/notes', /no name "recrod", at column 3/],
    ['an unknown field in a template', notes('{{record.nope}}'), '/actions/0/fields/notes', /no field "nope"/],
    ['an unknown function', notes('{{ evil(1) }}'), '/actions/0/fields/notes', /no function evil, at column 4/],
    ['an unknown action', { actions: [{ type: 'send_sms' }] }, '/actions/0/type', /no action "send_sms"/],
    ['1,000 actions', { actions: Array.from({ length: 1000 }, () => stop) }, '/actions/500', /at most 500/],
    ['a cron that never fires', { trigger: { event: 'schedule', cron: '0 0 30 2 *' } }, '/trigger/cron', /never runs/],
    ['a cron of six fields', { trigger: { event: 'schedule', cron: '0 0 9 * * *' } }, '/trigger/cron', /5 fields/],
    [
      'an unknown zone',
      { trigger: { event: 'schedule', cron: '@daily', timezone: 'Mars/Olympus' } },
      '/trigger/timezone',
      /no time zone "Mars\/Olympus"/,
    ],
    [
      'an unknown secret',
      { actions: [{ type: 'webhook', url: 'https://example.org/{{secrets.nope}}' }] },
      '/actions/0/url',
      /no secret "nope"/,
    ],
  ])('%s', async (title, part, path, message) => {
    const document = { name: title, trigger: { event: 'record.created', object: 'leads' }, actions: [stop], ...part }
    const refused = await post('/automations', document)
    expect(refused.status).toBe(422)
    expect(refused.errors.find((problem) => problem.path === path)?.message).toMatch(message)
    const checked = JSON.parse((await post('/automations/validate', document)).text)
    expect(checked).toMatchObject({ valid: false, errors: refused.errors })
    const { rows } = await e.pool.query('select 1 from automations where name = $1', [title])
    expect(rows).toEqual([])
  })

  test('what is no JSON', async () => {
    expect(await post('/automations', '{"name": "x",')).toMatchObject({ status: 400 })
  })

  test('but groups 10 deep are fine', async () => {
    const document = { name: 'Deep', trigger: { event: 'record.created', object: 'leads' }, actions: [stop] }
    expect((await post('/automations', { ...document, conditions: groups(10) })).status).toBe(201)
  })
})

/** The run of an automation, started by a new task. */
async function runOf(...actions: ActionInput[]): Promise<Awaited<ReturnType<TestEngine['run']>>> {
  const id = await e.automation({ trigger: { event: 'record.created', object: 'tasks' }, actions })
  await e.create('tasks', { title: 'Start' })
  const run = await e.run(id)
  await e.request(`/api/automations/${id}`, { method: 'DELETE', headers: { 'x-api-key': e.apiKey } })
  return run
}

describe('an e-mail goes to nobody when its address is', () => {
  test.each([
    ['two with a comma', 'a@example.org,b@example.org'],
    ['followed by a line break and a header', 'a@example.org\r\nBcc: b@example.org'],
    ['one of a list with a line feed', ['ok@example.org', 'a@example.org\nb@example.org']],
    ['no address', 'nobody'],
  ])('%s', async (_, to) => {
    const run = await runOf({ type: 'send_email', config: { to, subject: 's', body: 'b' } })
    expect(run).toMatchObject({ status: 'failed', error: { code: 'INVALID_ADDRESS', step_key: 'send_email_1' } })
    expect(e.smtp.mails).toEqual([])
  })
})

describe('an outbound webhook', () => {
  /** Runs `work` with the way out that allows nothing. */
  async function strictly<T>(work: () => Promise<T>): Promise<T> {
    const { services } = e
    const open = services.egress
    services.egress = createEgress({ allow: [] })
    try {
      return await work()
    } finally {
      await services.egress.close()
      services.egress = open
    }
  }

  test.each(['http://169.254.169.254/latest/meta-data', 'http://[::ffff:127.0.0.1]:PORT/', 'http://0x7f.1:PORT/'])(
    'to %s is refused for good, and no connection is opened',
    async (url) => {
      const before = e.http.connections()
      const config = { url: url.replace('PORT', String(e.http.port)) }
      const run = await strictly(() => runOf({ type: 'webhook', config }))
      expect(run).toMatchObject({ status: 'failed', error: { code: 'EGRESS_REFUSED' } })
      expect(run.steps[0]!.attempts).toHaveLength(1)
      expect(e.http.connections()).toBe(before)
    },
  )

  test('follows no redirect to a private address', async () => {
    const inside = await startHttpReceiver()
    e.http.next({ kind: 'answer', status: 307, headers: { location: `${inside.url}/secret` } })
    const run = await runOf({ type: 'webhook', config: { url: e.http.url, retry: { delays_seconds: [] } } })
    expect(run).toMatchObject({ status: 'failed', error: { code: 'WEBHOOK_FAILED' } })
    expect(run.error!.message).toContain('307')
    expect(inside.connections()).toBe(0)
    await inside.close()
  })

  test('to a receiver that never answers fails when its time is up', async () => {
    const silent = await startHttpReceiver()
    silent.otherwise({ kind: 'hang' })
    const config = { url: silent.url, timeout_seconds: 0.3, retry: { delays_seconds: [] } }
    const run = await runOf({ type: 'webhook', config })
    expect(run).toMatchObject({ status: 'failed', error: { code: 'TIMEOUT' } })
    expect(silent.requests).toHaveLength(1)
    await silent.close()
  })

  test('to a receiver that answers 10 GB keeps 1 MiB, marked as cut, and hangs up', async () => {
    const size = 10 * 1024 ** 3
    const block = Buffer.alloc(1024 * 1024, 'x')
    let sent = 0
    const sockets = new Set<Socket>()
    const huge = createServer((_, response) => {
      response.writeHead(200, { 'content-length': size })
      const write = () => {
        while (sent < size && !response.destroyed && response.write(block)) sent += block.length
      }
      response.on('drain', write)
      write()
    })
    huge.on('connection', (socket) => sockets.add(socket))
    const port = await listen(huge)
    const run = await runOf(
      { type: 'webhook', key: 'call', config: { url: `http://127.0.0.1:${port}` } },
      {
        type: 'update_record',
        config: {
          fields: { description: '{{steps.call.status}} {{steps.call.truncated}} {{length(steps.call.body)}}' },
        },
      },
    )
    expect(run.status).toBe('succeeded')
    expect(run.steps[0]).toMatchObject({ attempts: [{ output: { status: 200 } }], output: { truncated: true } })
    expect(run.steps[1]!.input).toMatchObject({ fields: { description: `200 true ${1024 * 1024}` } })
    expect(sent).toBeLessThan(64 * 1024 * 1024)
    await closeServer(huge, sockets)
  })
})

describe('what automations use is not deleted, and they are named:', () => {
  test('an object', async () => {
    const made = await post('/crm/objects', { name: 'Machines' })
    expect(made.status).toBe(201)
    expect((await post('/crm/objects/obj_machines/fields', { name: 'Serial', type: 'text' })).status).toBe(201)
    await e.automation({
      name: 'Count the machines',
      trigger: { event: 'record.created', object: 'obj_def_machines' },
      actions: [{ type: 'update_record', config: { fields: { serial: '{{record.id}}' } } }],
    })
    for (const path of [
      '/crm/objects/obj_machines',
      '/crm/objects/obj_machines?force=true',
      '/crm/objects/obj_machines/fields/serial',
    ]) {
      const answer = await e.request(`/api${path}`, { method: 'DELETE', headers: { 'x-api-key': e.apiKey } })
      expect([path, answer.status]).toEqual([path, 409])
      expect(await answer.text()).toContain('Count the machines')
    }
  })
})
