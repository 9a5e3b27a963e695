import { cancelRunRoute, runAutomationRoute, uuidOf } from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { insertEvents } from '../../src/events/insert.ts'
import { createTestEngine, type TestEngine } from '../engine.ts'
import { until } from '../helpers.ts'

let e: TestEngine
beforeAll(async () => {
  e = await createTestEngine()
})
afterAll(() => e.stop())

const note = (text: string) => ({
  type: 'create_record' as const,
  config: { object_definition_id: 'tasks', data: { title: text } },
})
const titles = async () =>
  (
    await e.pool.query<{ title: string }>(`select data ->> 'title' as title from records where object = 'tasks'`)
  ).rows.map(({ title }) => title)

test('record.created starts one run with the new record', async () => {
  const id = await e.automation({
    trigger: { event: 'record.created', object: 'obj_def_leads' },
    actions: [note('C {{record.name}}')],
  })
  const record = await e.create('leads', { name: 'Ada' })
  const run = await e.run(id)
  expect(run).toMatchObject({
    status: 'succeeded',
    trigger: { event: 'record.created', source: 'api', record_id: record, object_id: 'obj_leads', changes: null },
    steps: [{ key: 'create_record_1', status: 'succeeded' }],
    chain: { depth: 1, parent_run_id: null },
  })
  expect(run.duration_ms).toBeGreaterThanOrEqual(0)
  expect(await titles()).toContain('C Ada')
  await e.update(record, { name: 'Ada L.' })
  await e.quiet()
  expect(await e.runs(id)).toHaveLength(1)
})

test('record.updated starts when a field changed, and sees before, after and what changed', async () => {
  const id = await e.automation({
    trigger: { event: 'record.updated', object: 'companies' },
    conditions: {
      match: 'all',
      rules: [
        { field: 'name', operator: 'changed' },
        { field: 'previous.name', operator: 'equals', value: 'Old' },
        { field: 'name', operator: 'changed_to', value: 'New' },
        { field: 'industry', operator: 'not_changed' },
      ],
    },
    actions: [note('U {{previous.name}} > {{record.name}} ({{changes.name.from}} > {{changes.name.to}})')],
  })
  const record = await e.create('companies', { name: 'Old', industry: 'Steel' })
  await e.update(record, { name: 'Old' })
  await e.update(record, { name: 'New' })
  const run = await e.run(id)
  expect(run.status).toBe('succeeded')
  expect(run.trigger.changes).toEqual({ name: { from: 'Old', to: 'New' } })
  expect(run.conditions.rules.map((rule) => (rule as { passed: boolean }).passed)).toEqual([true, true, true, true])
  expect(await titles()).toContain('U Old > New (Old > New)')
  expect(await e.runs(id)).toHaveLength(1)
})

test('field.changed starts only for its field, from and to', async () => {
  const id = await e.automation({
    trigger: { event: 'field.changed', object: 'deals', field: 'stage', from: ['Lead', 'Qualified'], to: 'Won' },
    actions: [note('F {{record.name}}')],
  })
  const deal = await e.create('deals', { name: 'Big', stage: 'Won' })
  await e.update(deal, { deal_value: 5 })
  await e.update(deal, { stage: 'Lost' })
  await e.update(deal, { stage: 'Won' })
  await e.update(deal, { stage: 'Lead' })
  await e.quiet()
  expect(await e.runs(id)).toEqual([])
  await e.update(deal, { stage: 'Won', deal_value: 7 })
  expect(await e.run(id)).toMatchObject({ status: 'succeeded', trigger: { event: 'field.changed' } })
})

test('record.deleted starts with the last values', async () => {
  const id = await e.automation({
    trigger: { event: 'record.deleted', object: 'contacts' },
    actions: [note('D {{record.name}}')],
  })
  const record = await e.create('contacts', { name: 'Gone' })
  await e.remove(record)
  expect((await e.run(id)).status).toBe('succeeded')
  expect(await titles()).toContain('D Gone')
})

test('a schedule starts a run on its tick', async () => {
  const id = await e.automation({
    trigger: { event: 'schedule', cron: '0 9 * * *', timezone: 'Europe/Berlin' },
    actions: [note('S {{today}}')],
  })
  await e.pool.query('update schedules set next_tick_at = now() where automation_id = $1', [uuidOf('automation', id)])
  const run = await e.run(id)
  expect(run).toMatchObject({
    status: 'succeeded',
    trigger: { event: 'schedule', source: 'schedule', record_id: null },
  })
})

test('a schedule with an object starts a run for each matching record', async () => {
  const id = await e.automation({
    trigger: {
      event: 'schedule',
      cron: '0 9 * * *',
      timezone: 'UTC',
      object: 'companies',
      filters: { industry: 'Ore' },
    },
    actions: [{ type: 'update_record', config: { fields: { size: 'seen' } } }],
  })
  const ores = [
    await e.create('companies', { name: 'A', industry: 'Ore' }),
    await e.create('companies', { name: 'B', industry: 'Ore' }),
  ]
  const other = await e.create('companies', { name: 'C', industry: 'Tin' })
  await e.pool.query('update schedules set next_tick_at = now() where automation_id = $1', [uuidOf('automation', id)])
  const runs = await e.ended(id, 2)
  expect(runs.map((run) => run.trigger.record_id).toSorted()).toEqual(ores.toSorted())
  expect(new Set(runs.map((run) => run.chain.id)).size).toBe(2)
  expect((await e.values(ores[0]!))!.size).toBe('seen')
  expect((await e.values(other))!.size).toBeNull()
})

test('a webhook call starts a run that reads its body, headers and query', async () => {
  const id = await e.automation({
    trigger: { event: 'webhook.received', auth: 'none' },
    conditions: {
      match: 'all',
      rules: [
        { field: 'webhook.body.kind', operator: 'equals', value: 'order' },
        { field: 'webhook.headers.x-source', operator: 'equals', value: 'shop' },
      ],
    },
    actions: [note("W {{webhook.body.lines[0].sku}} {{webhook.headers['x-source']}} {{webhook.query.v}}")],
  })
  const eventId = e.services.time.id()
  await insertEvents(e.pool, [
    {
      workspaceId: e.workspaceId,
      id: eventId,
      type: 'webhook.received',
      object: null,
      recordId: null,
      source: 'webhook',
      actor: null,
      lane: 0,
      automationId: uuidOf('automation', id),
      changes: null,
      after: null,
      payload: {
        webhook: {
          body: { kind: 'order', lines: [{ sku: 'K-1' }] },
          headers: { 'x-source': 'shop' },
          query: { v: '2' },
        },
      },
      chain: { id: eventId, depth: 0, path: [] },
    },
  ])
  e.services.wake()
  expect((await e.run(id)).status).toBe('succeeded')
  expect(await titles()).toContain('W K-1 shop 2')
})

test('a manual start runs at once, judges the conditions and has a chain of its own', async () => {
  const id = await e.automation({
    trigger: { event: 'manual', object: 'leads' },
    conditions: { match: 'all', rules: [{ field: 'company', operator: 'equals', value: 'Yes' }] },
    actions: [note('M {{record.name}}')],
  })
  const yes = await e.create('leads', { name: 'Y', company: 'Yes' })
  const no = await e.create('leads', { name: 'N', company: 'No' })
  const { data } = await e.client.call(runAutomationRoute, { params: { id }, body: { record_ids: [yes, no] } })
  const runs = await e.ended(id, 2)
  expect(Object.fromEntries(runs.map((run) => [run.trigger.record_id, run.status]))).toEqual({
    [yes]: 'succeeded',
    [no]: 'skipped',
  })
  expect(data.map((entry) => entry.run_id).toSorted()).toEqual(runs.map((run) => run.id).toSorted())
})

test('a run whose conditions fail is skipped, with each rule’s expected and actual value', async () => {
  const id = await e.automation({
    trigger: { event: 'record.created', object: 'leads' },
    conditions: {
      match: 'all',
      rules: [
        { field: 'name', operator: 'equals', value: 'Nobody' },
        { match: 'any', rules: [{ field: 'score', operator: 'greater_than', value: 10 }] },
      ],
    },
    actions: [note('never')],
  })
  await e.create('leads', { name: 'Somebody', score: 7 })
  const run = await e.run(id)
  expect(run.status).toBe('skipped')
  expect(run.steps).toEqual([])
  expect(run.conditions).toMatchObject({
    passed: false,
    match: 'all',
    rules: [
      { field: 'name', operator: 'equals', expected: 'Nobody', actual: 'Somebody', passed: false },
      { match: 'any', passed: false, rules: [{ field: 'score', expected: 10, actual: 7, passed: false }] },
    ],
  })
})

test('conditions and templates read one step along a reference', async () => {
  const id = await e.automation({
    trigger: { event: 'record.created', object: 'contacts' },
    conditions: { match: 'all', rules: [{ field: 'company.industry', operator: 'equals', value: 'Rail' }] },
    actions: [note('R {{record.company.name}} {{record.company.industry}}')],
  })
  const company = await e.create('companies', { name: 'DB', industry: 'Rail' })
  await e.create('contacts', { name: 'Conductor', company })
  expect((await e.run(id)).status).toBe('succeeded')
  expect(await titles()).toContain('R DB Rail')
})

test('cancelling a waiting run ends it, and its wait is shown as cancelled', async () => {
  const id = await e.automation({
    trigger: { event: 'record.created', object: 'leads' },
    actions: [{ type: 'wait', config: { duration: 3, unit: 'days' } }, note('never again')],
  })
  await e.create('leads', { name: 'Waiting' })
  const row = await e.standing(id, 'wait')
  await e.client.call(cancelRunRoute, { params: { id: `run_${row.id.replaceAll('-', '')}` } })
  const run = await e.run(id)
  expect(run).toMatchObject({ status: 'cancelled', steps: [{ type: 'wait', status: 'cancelled' }] })
  await until(async () => (await e.live(id)).length === 0)
  expect(await titles()).not.toContain('never again')
})
