import {
  deleteAutomationRoute,
  getRunRoute,
  listRunsRoute,
  type Run,
  updateAutomationRoute,
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

const setScore = { type: 'update_record', config: { fields: { score: '{{record.score + 1}}' } } }

test('a run reads back whole: its trigger, every rule with its verdict, its steps and its times', async () => {
  const automation = await t.automation({
    name: 'Greet',
    conditions: {
      match: 'all',
      rules: [
        { field: 'status', operator: 'equals', value: 'new' },
        {
          match: 'any',
          rules: [
            { field: 'email', operator: 'is_empty' },
            { field: 'score', operator: 'greater_than', value: 5 },
          ],
        },
      ],
    },
    actions: [
      setScore,
      { type: 'webhook', config: { url: 'https://example.org/hook', body: { n: '{{record.score}}' } } },
    ],
  })
  const lead = await t.lead({ score: 6, email: 'ada@example.org' })
  const run = await t.runOf(automation, 'succeeded')
  expect(run).toMatchObject({
    automation_id: automation.id,
    automation_name: 'Greet',
    version: 1,
    mode: 'live',
    status: 'succeeded',
    trigger: {
      event: 'record.created',
      source: 'api',
      record_id: lead.id,
      object_id: 'obj_leads',
      actor: lead.created_by,
    },
    conditions: {
      passed: true,
      match: 'all',
      rules: [
        { field: 'status', operator: 'equals', expected: 'new', actual: 'new', passed: true },
        {
          match: 'any',
          passed: true,
          rules: [
            { field: 'email', operator: 'is_empty', actual: 'ada@example.org', passed: false },
            { field: 'score', operator: 'greater_than', expected: 5, actual: 6, passed: true },
          ],
        },
      ],
    },
    steps: [
      {
        key: 'update_record_1',
        status: 'succeeded',
        path: 'actions/0',
        output: { changes: { score: { before: 6, after: 7 } } },
      },
      { key: 'webhook_1', status: 'succeeded', attempt: 1, output: { status: 200 } },
    ],
    error: null,
    chain: { depth: 1, parent_run_id: null },
    retry_of: null,
  })
  expect(run.trigger.event_id).toMatch(/^evt_[0-9a-f]{32}$/)
  expect(run.conditions.rules[1]).not.toHaveProperty('rules.0.expected')
  expect(run.duration_ms).toBe(Date.parse(run.finished_at!) - Date.parse(run.started_at!))
})

test('a skipped run has its trigger from its event, and is left without when the event is kept no longer', async () => {
  const automation = await t.automation({
    trigger: { event: 'field.changed', object: 'leads', field: 'company' },
    conditions: { match: 'all', rules: [{ field: 'company', operator: 'equals', value: '{{record.name}} Ltd' }] },
    actions: [setScore],
  })
  const lead = await t.lead({ name: 'Ben', company: 'Old' })
  await t.client.call(updateRecordRoute, { params: { id: lead.id }, body: { field_values: { company: 'New' } } })
  const run = await t.runOf(automation, 'skipped')
  expect(run).toMatchObject({
    trigger: {
      event: 'field.changed',
      source: 'api',
      record_id: lead.id,
      object_id: 'obj_leads',
      changes: { company: { from: 'Old', to: 'New' } },
    },
    conditions: { passed: false, rules: [{ expected: 'Ben Ltd', actual: 'New', passed: false }] },
    steps: [],
    chain: { depth: 1, parent_run_id: null },
  })
  expect(run.chain.id).toMatch(/^chain_/)
  await t.pool.query('delete from events where record_id = (select record_id from runs_skipped limit 1)')
  expect((await t.run(run.id)).trigger).toEqual({
    event: 'field.changed',
    event_id: run.trigger.event_id,
    record_id: lead.id,
    source: null,
    object_id: null,
    actor: null,
    changes: null,
  })
})

test('a run that another one caused names its chain', async () => {
  const first = await t.automation({
    name: 'Makes a task',
    actions: [{ type: 'create_record', config: { object_definition_id: 'tasks', data: { title: 'Call' } } }],
  })
  const second = await t.automation({
    trigger: { event: 'record.created', object: 'tasks' },
    actions: [{ type: 'update_record', config: { fields: { description: 'x' } } }],
  })
  const lead = await t.lead()
  const child = await t.runOf(second, 'succeeded')
  const parent = await t.runOf(first, 'succeeded')
  expect(child.chain).toEqual({
    id: parent.chain.id,
    depth: 2,
    parent_run_id: parent.id,
    path: [{ automation_id: first.id, automation_name: 'Makes a task', record_id: lead.id, run_id: parent.id }],
  })
  expect(child.trigger).toMatchObject({ source: 'automation', actor: parent.id })
  await t.client.call(deleteAutomationRoute, { params: { id: second.id } })
  await t.client.call(deleteAutomationRoute, { params: { id: first.id } })
})

test('the list is filtered by automation, status, record, mode and time, newest first, and a cursor walks all of it once', async () => {
  const automation = await t.automation({
    conditions: { match: 'all', rules: [{ field: 'source', operator: 'equals', value: 'web' }] },
    actions: [setScore],
  })
  const before = new Date(t.services.time.now()).toISOString()
  const leads = []
  for (let i = 0; i < 7; i++) leads.push(await t.lead({ source: i % 2 === 0 ? 'web' : 'api' }))
  const list = (query: object) =>
    t.client.call(listRunsRoute, { query: { automation_id: automation.id, ...query } }).then(({ data }) => data)
  const all = await until(async () => ((await list({ status: 'succeeded,skipped' })).length === 7 ? list({}) : null))
  expect(all.map(({ id }) => id)).toEqual(
    all
      .map(({ id }) => id)
      .toSorted()
      .toReversed(),
  )
  expect((await list({ status: 'succeeded' })).map(({ status }) => status)).toEqual(Array(4).fill('succeeded'))
  expect((await list({ status: 'skipped' })).length).toBe(3)
  expect(await list({ status: 'queued,running,waiting,cancelled,blocked,failed' })).toEqual([])
  expect((await list({ record_id: leads[3]!.id })).map(({ trigger }) => trigger.record_id)).toEqual([leads[3]!.id])
  expect(await list({ mode: 'test' })).toEqual([])
  expect((await list({ mode: 'live' })).length).toBe(7)
  expect((await list({ from: before })).length).toBe(7)
  expect(await list({ to: before })).toEqual([])
  expect((await list({ from: before.slice(0, 10), to: before.slice(0, 10) })).length).toBe(7)
  const middle = all[3]!.started_at!
  expect((await list({ from: middle })).map(({ id }) => id)).toEqual(
    all.filter((run) => run.started_at! >= middle).map(({ id }) => id),
  )
  const walked: Run[] = []
  let cursor: string | null | undefined
  while (cursor !== null) {
    const page = await t.client.call(listRunsRoute, { query: { automation_id: automation.id, limit: 3, cursor } })
    walked.push(...page.data)
    cursor = page.next_cursor
  }
  expect(walked.map(({ id }) => id)).toEqual(all.map(({ id }) => id))
})

test('a wrong cursor or limit is a 400, an unknown status a 422, an id that isn’t one matches nothing', async () => {
  const get = (query: object) => t.client.call(listRunsRoute, { query: query as never })
  await expect(get({ cursor: 'x' })).rejects.toMatchObject({ status: 400 })
  await expect(get({ limit: 101 })).rejects.toMatchObject({ status: 400 })
  await expect(get({ statuses: 'failed' })).rejects.toMatchObject({ status: 400 })
  await expect(get({ status: 'failed,done' })).rejects.toMatchObject({ status: 422 })
  await expect(get({ from: 'yesterday' })).rejects.toMatchObject({ status: 422 })
  expect(await get({ automation_id: 'auto_x' })).toEqual({ data: [], next_cursor: null })
})

test('another workspace sees no run, and a foreign id answers like a missing one', async () => {
  const [run] = (await t.client.call(listRunsRoute)).data
  const { key } = await t.newWorkspace('other')
  const other = t.clientOf(key)
  expect((await other.call(listRunsRoute)).data).toEqual([])
  const foreign = await other.call(getRunRoute, { params: { id: run!.id } }).catch((error: unknown) => error)
  const missing = await other
    .call(getRunRoute, { params: { id: `run_${'0'.repeat(32)}` } })
    .catch((error: unknown) => error)
  expect(foreign).toMatchObject({ status: 404 })
  expect(foreign).toEqual(missing)
})

test('large payloads are cut in the list, and whole in the run and with include=steps', async () => {
  const automation = await t.automation({
    actions: [{ type: 'webhook', config: { url: 'https://example.org/hook', body: { text: '{{record.notes}}' } } }],
  })
  await t.lead({ notes: 'n'.repeat(5_000) })
  const run = await t.runOf(automation, 'succeeded')
  expect(JSON.stringify(run.steps[0]!.input)).toContain('n'.repeat(5_000))
  const listed = async (include?: 'steps') =>
    (await t.client.call(listRunsRoute, { query: { automation_id: automation.id, include } })).data[0]!.steps[0]!.input
  expect(await listed()).toMatchObject({ truncated: true, size: expect.any(Number), preview: expect.any(String) })
  expect(await listed('steps')).toEqual(run.steps[0]!.input)
  await t.client.call(deleteAutomationRoute, { params: { id: automation.id } })
})

test('a very long run keeps all its steps, in order', async () => {
  const automation = await t.automation({
    trigger: { event: 'manual', object: 'leads' },
    actions: Array.from({ length: 20 }, (_, i) => [
      { type: 'update_record', config: { fields: { notes: `${i} ${'x'.repeat(900)}` } } },
      { type: 'wait', config: { duration: 0.02, unit: 'seconds' } },
    ]).flat(),
  })
  const lead = await t.lead()
  await t.request(`/api/automations/${automation.id}/run`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': t.apiKey },
    body: JSON.stringify({ record_id: lead.id }),
  })
  const run = await t.runOf(automation, 'succeeded')
  expect((await t.pool.query('select 1 from run_steps')).rowCount).toBeGreaterThan(0)
  expect(run.steps.map(({ path }) => path)).toEqual(Array.from({ length: 40 }, (_, i) => `actions/${i}`))
})

test('runs keep the name of a deleted automation, and the words of the version they ran on', async () => {
  const automation = await t.automation({
    name: 'Short-lived',
    conditions: { match: 'all', rules: [{ field: 'name', operator: 'equals', value: 'Ada' }] },
    actions: [setScore],
  })
  await t.lead()
  const run = await t.runOf(automation, 'succeeded')
  const { trigger, actions } = automation
  await t.client.call(updateAutomationRoute, {
    params: { id: automation.id },
    body: { name: 'Short-lived', trigger, actions, conditions: { match: 'any', rules: [] } } as never,
  })
  await t.client.call(deleteAutomationRoute, { params: { id: automation.id } })
  expect(await t.run(run.id)).toEqual(run)
})
