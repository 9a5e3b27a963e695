import { type AutomationAnswer, createAutomationRoute, updateAutomationRoute, uuidOf } from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startWorker, type Worker } from '../../src/worker.ts'
import { createTestApp, type TestApp } from '../app.ts'
import { until } from '../helpers.ts'

let t: TestApp
let worker: Worker

beforeAll(async () => {
  t = await createTestApp()
  // what our own webhook steps send comes back to us, as over the network
  t.services.egress.send = async ({ url, method, headers, body }) => {
    const response = await t.request(url.slice(new URL(url).origin.length), { method, headers, body: body as BodyInit })
    const answer = Buffer.from(await response.arrayBuffer())
    return { kind: 'answer', status: response.status, headers: {}, body: answer, truncated: false, durationMs: 1 }
  }
  worker = await startWorker(t.services)
  t.services.wake = () => worker.wake()
})
afterAll(async () => {
  await worker.stop()
  await t.drop()
})

async function create(name: string, actions: object[], auth = 'none'): Promise<AutomationAnswer> {
  const trigger = { event: 'webhook.received', auth }
  return t.client.call(createAutomationRoute, { body: { name, status: 'active', trigger, actions } as never })
}

async function runsOf(automation: AutomationAnswer) {
  const { rows } = await t.pool.query('select * from runs where automation_id = $1 order by id', [
    uuidOf('automation', automation.id),
  ])
  return rows
}

test('a delivery that comes many times at once starts one run, which sees body, headers and query', async () => {
  const action = {
    type: 'create_record',
    config: {
      object_definition_id: 'leads',
      data: { name: "{{webhook.body.name}} {{webhook.headers['x-source']}} {{webhook.query.q}}" },
    },
  }
  const automation = await create('Leads from outside', [action])
  const headers = { 'content-type': 'application/json', 'x-source': 'fair', 'webhook-id': 'once' }
  const call = () => t.request(`${new URL(automation.webhook!.url).pathname}?q=1`, { method: 'POST', headers, body })
  const body = '{"name": "Ada"}'
  const answers = await Promise.all(Array.from({ length: 8 }, call))
  expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(202))
  const [run] = await until(async () => {
    const runs = await runsOf(automation)
    return runs.length > 0 && runs.every(({ class: kind }) => kind !== 'live') ? runs : null
  })
  expect(run).toMatchObject({ status: 'succeeded', trigger: { event: 'webhook.received', source: 'webhook' } })
  await call()
  const { rows } = await t.pool.query(`select data ->> 'name' as name from records where object = 'leads'`)
  expect(rows).toEqual([{ name: 'Ada fair 1' }])
  expect((await t.pool.query('select count(*)::int as n from outbox')).rows[0].n).toBe(0)
  expect(await runsOf(automation)).toHaveLength(1)
})

test('a loop through our own inbound webhook is one chain, and the loop guard ends it', async () => {
  const automation = await create('Loop', [{ type: 'stop', config: {} }])
  const { id } = automation
  const url = automation.webhook!.url
  await t.client.call(updateAutomationRoute, {
    params: { id },
    body: {
      name: 'Loop',
      trigger: automation.trigger,
      actions: [{ type: 'webhook', config: { url, method: 'POST', body: { again: true } } }],
    } as never,
  })
  const response = await t.request(new URL(url).pathname, { method: 'POST' })
  expect(response.status).toBe(202)
  const runs = await until(async () => {
    const found = await runsOf(automation)
    return found.some(({ status }) => status === 'blocked') && found.every(({ class: kind }) => kind !== 'live')
      ? found
      : null
  })
  expect(runs.map(({ status }) => status).toSorted()).toEqual(['blocked', ...Array(5).fill('succeeded')])
  expect(new Set(runs.map(({ chain_id }) => chain_id)).size).toBe(1)
  expect(runs.map(({ depth }) => depth).toSorted()).toEqual([1, 2, 3, 4, 5, 6])
  const byDepth = runs.toSorted((a, b) => a.depth - b.depth)
  expect(byDepth.slice(1).map((run) => run.parent_run_id)).toEqual(byDepth.slice(0, -1).map((run) => run.id))
  expect(byDepth.at(-1).error.code).toBe('LOOP')
})
