import {
  activateAutomationRoute,
  createAutomationRoute,
  createRecordRoute,
  deactivateAutomationRoute,
  deleteAutomationRoute,
  deleteRecordRoute,
  type EventVerdict,
  listRecordEventsRoute,
  putOnHoldRoute,
  retryRunRoute,
  runAutomationRoute,
  updateRecordRoute,
  uuidOf,
} from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestApp } from '../app.ts'
import { answered, type AppWithWorker, startAppWithWorker } from '../app-with-worker.ts'

let t: AppWithWorker
beforeAll(async () => {
  t = await startAppWithWorker()
})
afterAll(() => t.drop())

const stop = { actions: [{ type: 'stop', config: {} }] }
const eventsOf = (record: { id: string }, query: object = {}) =>
  t.client.call(listRecordEventsRoute, { params: { id: record.id }, query })
const verdictOf = (verdicts: EventVerdict[], { id }: { id: string }) =>
  verdicts.find(({ automation_id }) => automation_id === id)

test('each event says of every automation that looked at it whether it ran, and why not', async () => {
  const ran = await t.automation({ name: 'Ran', ...stop })
  const skipped = await t.automation({
    name: 'Skipped',
    ...stop,
    conditions: {
      match: 'all',
      rules: [
        { field: 'status', operator: 'equals', value: 'contacted' },
        { field: 'name', operator: 'equals', value: 'Ada' },
      ],
    },
  })
  const changed = await t.automation({
    name: 'On won',
    ...stop,
    trigger: { event: 'field.changed', object: 'leads', field: 'status', to: 'qualified' },
  })
  const idle = await t.automation({ name: 'Idle', status: 'inactive', ...stop })
  const elsewhere = await t.automation({
    name: 'Elsewhere',
    ...stop,
    trigger: { event: 'record.created', object: 'tasks' },
  })
  const lead = await t.lead()
  await t.runOf(ran, 'succeeded')
  const skippedRun = await t.runOf(skipped, 'skipped')
  await t.client.call(updateRecordRoute, { params: { id: lead.id }, body: { field_values: { status: 'contacted' } } })
  const late = await t.automation({ name: 'Late', ...stop })

  const { data, next_cursor } = await eventsOf(lead)
  expect(next_cursor).toBeNull()
  expect(data.map(({ type, source, object_id }) => [type, source, object_id])).toEqual([
    ['record.updated', 'api', 'obj_leads'],
    ['record.created', 'api', 'obj_leads'],
  ])
  const [updated, created] = data
  expect(updated!.changes).toEqual({ status: { from: 'new', to: 'contacted' } })
  expect(verdictOf(created!.automations, ran)).toEqual({
    automation_id: ran.id,
    name: 'Ran',
    verdict: 'ran',
    why: 'It ran and succeeded.',
    run_id: (await t.runOf(ran, 'succeeded')).id,
    run_status: 'succeeded',
  })
  expect(verdictOf(created!.automations, skipped)).toEqual({
    automation_id: skipped.id,
    name: 'Skipped',
    verdict: 'skipped',
    why: 'Its conditions did not hold: Status is new, rule wants contacted.',
    run_id: skippedRun.id,
    run_status: 'skipped',
  })
  expect(verdictOf(created!.automations, changed)).toMatchObject({
    verdict: 'not_matched',
    why: 'It starts when Status changes.',
  })
  expect(verdictOf(created!.automations, idle)).toMatchObject({
    verdict: 'inactive',
    why: 'It was inactive when this happened.',
  })
  expect(verdictOf(updated!.automations, changed)).toMatchObject({
    verdict: 'not_matched',
    why: 'Status became contacted, the trigger wants qualified.',
  })
  expect(verdictOf(updated!.automations, ran)).toMatchObject({
    verdict: 'not_matched',
    why: 'It starts when a record is created.',
  })
  for (const { automations } of data) {
    expect(verdictOf(automations, elsewhere)).toBeUndefined()
    expect(verdictOf(automations, late)).toBeUndefined()
  }
  for (const { id } of [ran, skipped, changed, idle, elsewhere, late])
    await t.client.call(deleteAutomationRoute, { params: { id } })
  const after = (await eventsOf(lead)).data[1]!.automations
  expect(after.map(({ name, verdict }) => [name, verdict])).toEqual([
    ['Ran', 'ran'],
    ['Skipped', 'skipped'],
  ])
})

test('fields are called by their names, also the value before and what every record has', async () => {
  const field = { field: 'estimated_value', operator: 'greater_than', value: 5000 }
  const skipped = await t.automation({
    ...stop,
    conditions: {
      match: 'all',
      rules: [field, { ...field, field: 'previous.follow_up_count' }, { ...field, field: 'id', operator: 'is_empty' }],
    },
  })
  const changed = await t.automation({
    trigger: { event: 'field.changed', object: 'leads', field: 'last_contacted_at', from: null },
    ...stop,
  })
  const lead = await t.lead({ estimated_value: 1200 })
  await t.runOf(skipped, 'skipped')
  const change = (last_contacted_at: string) =>
    t.client.call(updateRecordRoute, { params: { id: lead.id }, body: { field_values: { last_contacted_at } } })
  await change('2026-11-01T08:00:00Z')
  await t.runOf(changed, 'succeeded')
  await change('2026-11-02T08:00:00Z')

  const [updated, , created] = (await eventsOf(lead)).data
  expect(verdictOf(created!.automations, skipped)!.why).toMatch(
    /^Its conditions did not hold: Estimated value is 1200, rule wants more than 5000; previous Follow-up count is /,
  )
  expect(verdictOf(created!.automations, skipped)!.why).toContain('; Record id is rec_')
  expect(verdictOf(updated!.automations, changed)!.why).toMatch(/^Last contacted at was .+, the trigger wants empty\.$/)
  for (const { id } of [skipped, changed]) await t.client.call(deleteAutomationRoute, { params: { id } })
})

test('an event says by name who caused it: an automation, a key, and nobody once the run is gone', async () => {
  const automation = await t.automation({
    name: 'Count the follow-ups',
    actions: [{ type: 'update_record', config: { fields: { follow_up_count: 1 } } }],
  })
  const lead = await t.lead()
  await t.runOf(automation, 'succeeded')
  const names = async () => (await eventsOf(lead)).data.map(({ actor, actor_name }) => [actor?.slice(0, 4), actor_name])
  const [, [, key]] = (await names()) as [unknown, [string, string]]
  expect(key).toEqual(expect.any(String))
  expect(await names()).toEqual([
    ['run_', 'Count the follow-ups'],
    ['key_', key],
  ])
  await t.pool.query('delete from runs_done')
  expect(await names()).toEqual([
    ['run_', null],
    ['key_', key],
  ])
  await t.client.call(deleteAutomationRoute, { params: { id: automation.id } })
})

test('an automation that was off in between is inactive for the events of that time alone', async () => {
  const automation = await t.automation({ trigger: { event: 'record.updated', object: 'leads' }, ...stop })
  const lead = await t.lead()
  const change = (score: number) =>
    t.client.call(updateRecordRoute, { params: { id: lead.id }, body: { field_values: { score } } })
  await change(1)
  await t.runOf(automation, 'succeeded')
  await t.client.call(deactivateAutomationRoute, { params: { id: automation.id } })
  await change(2)
  await t.client.call(activateAutomationRoute, { params: { id: automation.id } })
  await change(3)
  const run = await t.runOf(automation, 'succeeded')
  await expect
    .poll(async () => (await eventsOf(lead)).data.map(({ automations }) => verdictOf(automations, automation)!.verdict))
    .toEqual(['ran', 'inactive', 'ran', 'not_matched'])
  expect(run.status).toBe('succeeded')
  await t.client.call(deleteAutomationRoute, { params: { id: automation.id } })
})

test('a failed run says why, and its retry takes its place', async () => {
  t.answer(() => answered(500))
  const automation = await t.automation({
    actions: [{ type: 'webhook', config: { url: 'https://example.org/x', retry: { delays_seconds: [] } } }],
  })
  const lead = await t.lead()
  const failed = await t.runOf(automation, 'failed')
  const verdict = async () => verdictOf((await eventsOf(lead)).data[0]!.automations, automation)
  expect(await verdict()).toMatchObject({ verdict: 'ran', run_id: failed.id, run_status: 'failed' })
  expect((await verdict())!.why).toContain('500')
  t.answer(() => answered(200))
  const { id } = await t.client.call(retryRunRoute, { params: { id: failed.id } })
  await t.runOf(automation, 'succeeded')
  expect(await verdict()).toMatchObject({ run_id: id, run_status: 'succeeded' })
  await t.client.call(deleteAutomationRoute, { params: { id: automation.id } })
})

test('a start by hand is an event of the record that only its own automation looked at', async () => {
  const automation = await t.automation({ trigger: { event: 'manual', object: 'leads' }, ...stop })
  const other = await t.automation({ ...stop })
  const lead = await t.lead()
  await t.client.call(runAutomationRoute, { params: { id: automation.id }, body: { record_id: lead.id } })
  const [event] = (await eventsOf(lead)).data
  expect(event).toMatchObject({ type: 'manual', source: 'manual', changes: null })
  expect(event!.automations.map(({ automation_id }) => automation_id)).toEqual([automation.id])
  for (const { id } of [automation, other]) await t.client.call(deleteAutomationRoute, { params: { id } })
})

test('the history of a deleted record stays, page by page; a record that never was is a 404', async () => {
  const lead = await t.lead()
  for (let score = 1; score <= 4; score++)
    await t.client.call(updateRecordRoute, { params: { id: lead.id }, body: { field_values: { score } } })
  await t.client.call(deleteRecordRoute, { params: { id: lead.id } })
  const all = (await eventsOf(lead)).data
  expect(all.map(({ type }) => type)).toEqual(['record.deleted', ...Array(4).fill('record.updated'), 'record.created'])
  const first = await eventsOf(lead, { limit: 4 })
  const second = await eventsOf(lead, { limit: 4, cursor: first.next_cursor })
  expect([...first.data, ...second.data]).toEqual(all)
  expect(second.next_cursor).toBeNull()
  await expect(eventsOf(lead, { cursor: 'x' })).rejects.toMatchObject({ status: 400 })
  await expect(eventsOf({ id: `rec_${'0'.repeat(32)}` })).rejects.toMatchObject({ status: 404 })
  const { key } = await t.newWorkspace('other')
  await expect(t.clientOf(key).call(listRecordEventsRoute, { params: { id: lead.id } })).rejects.toMatchObject({
    status: 404,
  })
})

test('an event not taken up yet is pending, and one whose run is kept no longer has expired', async () => {
  const automation = await t.automation({ ...stop })
  const lead = await t.lead()
  const run = await t.runOf(automation, 'succeeded')
  await t.pool.query(
    'delete from runs_done where automation_id = (select automation_id from runs_done order by id desc limit 1)',
  )
  const verdict = verdictOf((await eventsOf(lead)).data[0]!.automations, automation)
  expect(run.trigger.record_id).toBe(lead.id)
  expect(verdict).toMatchObject({ verdict: 'expired', why: 'Its run is older than the log is kept.' })
  await t.client.call(deleteAutomationRoute, { params: { id: automation.id } })

  const idle = await createTestApp()
  const body = { name: 'A', status: 'active', trigger: { event: 'record.created', object: 'leads' }, ...stop }
  await idle.client.call(createAutomationRoute, { body: body as never })
  const { id } = await idle.client.call(createRecordRoute, {
    body: { object_id: 'leads', field_values: { name: 'Ada' } },
  })
  const verdicts = async () => (await idle.client.call(listRecordEventsRoute, { params: { id } })).data[0]!.automations
  const pending = { name: 'A', verdict: 'pending' }
  expect(await verdicts()).toMatchObject([{ ...pending, why: 'The event is about to be taken up.' }])
  await idle.client.call(putOnHoldRoute, { body: {} })
  expect(await verdicts()).toMatchObject([
    { ...pending, why: 'The workspace is on hold; the event is taken up once it is released.' },
  ])
  await idle.drop()
})

test('of very many automations the newest that were there are asked', async () => {
  const inactive = { status: 'inactive', trigger: { event: 'record.created', object: 'companies' }, ...stop }
  const old = await t.automation({ ...inactive })
  await t.pool.query(
    `insert into automations select (jsonb_populate_record(a, jsonb_build_object(
        'id', gen_random_uuid(), 'created_at', now() - interval '1 hour', 'key', null))).*
      from automations a, generate_series(1, 200) where a.id = $1`,
    [uuidOf('automation', old.id)],
  )
  const newest = await t.automation({ ...inactive })
  const company = await t.client.call(createRecordRoute, {
    body: { object_id: 'companies', field_values: { name: 'Many' } },
  })
  await t.automation({ ...inactive })
  const { automations } = (await eventsOf(company)).data[0]!
  expect(automations).toHaveLength(200)
  expect(verdictOf(automations, newest)).toMatchObject({ verdict: 'inactive' })
})
