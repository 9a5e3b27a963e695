import {
  createObjectRoute,
  deleteAutomationRoute,
  deleteRecordRoute,
  getRunRoute,
  listRunsRoute,
  putSecret,
  updateRecordRoute,
} from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startAppWithWorker, type AppWithWorker } from '../app-with-worker.ts'
import { until } from '../helpers.ts'

let t: AppWithWorker
beforeAll(async () => {
  t = await startAppWithWorker()
})
afterAll(() => t.drop())

const stop = { type: 'stop', config: {} }
const list = async (query: object) => (await t.client.call(listRunsRoute, { query })).data

test('a run names its record as it is called now, and once it is deleted as the run’s event knew it', async () => {
  const automation = await t.automation({ actions: [stop] })
  const lead = await t.lead({ name: 'Ada' })
  const nameless = await t.lead({ name: ' ', company: 'Engines' })
  const runs = await until(async () => {
    const found = await list({ automation_id: automation.id, status: 'succeeded' })
    return found.length === 2 ? found : null
  })
  expect(runs.map((run) => run.record_name)).toEqual(['Engines', 'Ada'])
  await t.client.call(updateRecordRoute, { params: { id: lead.id }, body: { field_values: { name: 'Ada King' } } })
  expect((await t.run(runs[1]!.id)).record_name).toBe('Ada King')
  await t.client.call(deleteRecordRoute, { params: { id: lead.id } })
  expect((await t.run(runs[1]!.id)).record_name).toBe('Ada')
  await t.client.call(updateRecordRoute, { params: { id: nameless.id }, body: { field_values: { company: null } } })
  expect((await t.run(runs[0]!.id)).record_name).toBeNull()
  await t.client.call(deleteAutomationRoute, { params: { id: automation.id } })
})

test('a record without any text has no name', async () => {
  const { slug } = await t.client.call(createObjectRoute, {
    body: { slug: 'readings', name: 'Readings', fields: [{ slug: 'value', name: 'Value', type: 'number' }] } as never,
  })
  const automation = await t.automation({ trigger: { event: 'record.created', object: slug }, actions: [stop] })
  await t.request('/api/crm/record', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': t.apiKey },
    body: JSON.stringify({ object_id: slug, field_values: { value: 5 } }),
  })
  expect((await t.runOf(automation, 'succeeded')).record_name).toBeNull()
})

test('the runs of a chain, and those that one run started, are found by it', async () => {
  const first = await t.automation({
    actions: [
      { type: 'create_record', config: { object_definition_id: 'tasks', data: { title: 'Call' } } },
      { type: 'create_record', config: { object_definition_id: 'tasks', data: { title: 'Write' } } },
    ],
  })
  const second = await t.automation({ trigger: { event: 'record.created', object: 'tasks' }, actions: [stop] })
  const never = await t.automation({
    trigger: { event: 'record.created', object: 'tasks' },
    conditions: { match: 'all', rules: [{ field: 'title', operator: 'equals', value: 'Never' }] },
    actions: [stop],
  })
  await t.lead()
  await t.lead()
  const children = await until(async () => {
    const found = await list({ automation_id: second.id, status: 'succeeded' })
    const skipped = await list({ automation_id: never.id, status: 'skipped' })
    return found.length === 4 && skipped.length === 4 ? found : null
  })
  const [parent] = await list({ automation_id: first.id })
  const mine = children.filter(({ chain }) => chain.parent_run_id === parent!.id)
  expect(mine).toHaveLength(2)
  expect(await list({ parent_run_id: parent!.id })).toEqual(mine)
  expect(await list({ chain_id: parent!.chain.id })).toEqual([...mine, parent])
  expect(await list({ chain_id: parent!.chain.id, status: 'skipped' })).toEqual([])
  expect(await list({ chain_id: 'chain_x' })).toEqual([])
  expect(await list({ parent_run_id: 'run_x' })).toEqual([])
  for (const { id } of [first, second, never]) await t.client.call(deleteAutomationRoute, { params: { id } })
})

test('a run that a webhook started shows the call, cut at 64 KiB and without anybody’s credentials', async () => {
  await t.client.call(putSecret, { params: { name: 'shop' }, body: { value: 'wood-pigeon-77' } })
  const automation = await t.automation({
    trigger: { event: 'webhook.received', auth: 'none' } as never,
    actions: [stop],
  })
  const call = (body: object) =>
    t.request(`${new URL(automation.webhook!.url).pathname}?page=2&access_token=abc&note=wood-pigeon-77`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: 'Bearer x',
        'x-shop-token': 'abc',
        'x-shop': 'Ada',
      },
      body: JSON.stringify(body),
    })
  await call({ name: 'Ada', deep: [{ say: 'it is wood-pigeon-77!' }] })
  const run = await t.runOf(automation, 'succeeded')
  expect(run.trigger.webhook).toMatchObject({
    body: { name: 'Ada', deep: [{ say: 'it is ••••!' }] },
    headers: { 'x-shop': 'Ada', 'x-shop-token': '••••' },
    query: { page: '2', access_token: '••••', note: '••••' },
  })
  expect(run.trigger.webhook!.headers).not.toHaveProperty('authorization', 'Bearer x')
  const [listed] = await list({ automation_id: automation.id })
  expect(listed!.trigger).not.toHaveProperty('webhook')
  await call({ text: 'x'.repeat(70_000) })
  const long = await until(async () => {
    const found = await list({ automation_id: automation.id, status: 'succeeded' })
    return found.length === 2 ? found[0] : null
  })
  const { trigger } = await t.client.call(getRunRoute, { params: { id: long!.id } })
  expect(trigger.webhook!.body).toMatchObject({
    truncated: true,
    size: expect.any(Number),
    preview: expect.any(String),
  })
  await t.pool.query('delete from events where automation_id is not null')
  expect((await t.run(run.id)).trigger).not.toHaveProperty('webhook')
})
