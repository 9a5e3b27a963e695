import {
  type ApiError,
  type Automation,
  type BacktestInput,
  type BacktestLine,
  type BacktestResult,
  createAutomationRoute,
  createRecordsRoute,
  listRunsRoute,
  type Run,
  updateRecordRoute,
} from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AppWithWorker, startAppWithWorker } from '../app-with-worker.ts'
import { until } from '../helpers.ts'
import { turnsOf } from '../turns.ts'

let t: AppWithWorker
beforeAll(async () => {
  t = await startAppWithWorker()
})
afterAll(() => t.drop())

const open = (automation: { id: string }, body: BacktestInput = {}) =>
  t.request(`/api/automations/${automation.id}/backtest`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': t.apiKey },
    body: JSON.stringify(body),
  })

async function lines(automation: { id: string }, body?: BacktestInput): Promise<BacktestLine[]> {
  const response = await open(automation, body)
  if (response.status !== 200) throw (await response.json()) as ApiError
  return (await response.text())
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as BacktestLine)
}

async function result(automation: { id: string }, body?: BacktestInput): Promise<BacktestResult> {
  const last = (await lines(automation, body)).at(-1)!
  if (last.type !== 'result') throw new Error(JSON.stringify(last))
  return last
}

async function runsOf({ id }: { id: string }, count: number): Promise<Run[]> {
  return until(async () => {
    const { data } = await t.client.call(listRunsRoute, {
      query: { automation_id: id, limit: 100, status: 'succeeded,skipped', include: 'steps' },
    })
    return data.length === count ? data : null
  })
}

const note = (key: string) => ({ type: 'update_record', key, config: { fields: { notes: key } } })
const branching = {
  trigger: { event: 'record.created', object: 'leads' },
  conditions: {
    match: 'all',
    rules: [
      { field: 'estimated_value', operator: 'greater_than', value: 100 },
      {
        match: 'any',
        rules: [
          { field: 'source', operator: 'equals', value: 'web' },
          { field: 'source', operator: 'equals', value: 'event' },
        ],
      },
    ],
  },
  actions: [
    {
      type: 'branch',
      key: 'size',
      config: {
        conditions: [
          { if: { field: 'estimated_value', operator: 'greater_than', value: 1000 }, then: [note('large')] },
          { if: { field: 'score', operator: 'less_than', value: 5 }, then: [note('cold')] },
        ],
      },
    },
  ],
}

test('a backtest finds the runs, the skipped ones and the ways of branches that really came of the events', async () => {
  const automation = await t.automation(branching)
  const values = [50, 200, 5000]
  const sources = ['web', 'event', 'referral']
  let made = 0
  for (const estimated_value of values)
    for (const source of sources)
      for (const score of [1, 9]) {
        await t.lead({ name: `Lead ${made++}`, estimated_value, source, score })
      }
  const runs = await runsOf(automation, made)
  const ran = runs.filter(({ status }) => status === 'succeeded')
  const ways = ran.map(({ steps }) => (steps[0]!.output as { taken: string | null }).taken)

  const found = await result(automation)
  expect(found).toMatchObject({
    scanned: made,
    matched: made,
    would_run: ran.length,
    skipped: made - ran.length,
    complete: true,
    rules: [
      { path: '/conditions/rules/0', field: 'estimated_value', operator: 'greater_than', held: 12, failed: 6 },
      { path: '/conditions/rules/1/rules/0', held: 6, failed: 12 },
      { path: '/conditions/rules/1/rules/1', held: 6, failed: 12 },
    ],
    branches: [
      {
        key: 'size',
        arms: [
          { arm: 0, runs: ways.filter((taken) => taken === 'conditions/0/then').length },
          { arm: 1, runs: ways.filter((taken) => taken === 'conditions/1/then').length },
        ],
        none: ways.filter((taken) => taken === null).length,
        unknown: 0,
      },
    ],
  })
  expect(found.records.map(({ record_id }) => record_id).toSorted()).toEqual(
    ran.map(({ trigger }) => trigger.record_id).toSorted(),
  )
  expect(found.records[0]!.name).toMatch(/^Lead \d+$/)
  expect(found.days.reduce((sum, { runs }) => sum + runs, 0)).toBe(ran.length)
})

test('a draft is judged on events from before it was ever active', async () => {
  const lead = await t.lead({ name: 'Grace', status: 'new' })
  await t.client.call(updateRecordRoute, { params: { id: lead.id }, body: { field_values: { status: 'contacted' } } })
  await t.client.call(updateRecordRoute, { params: { id: lead.id }, body: { field_values: { company: 'Navy' } } })
  const body = {
    name: 'Later',
    trigger: { event: 'field.changed', object: 'leads', field: 'status', to: 'contacted' },
    actions: [note('later')],
  }
  const automation = (await t.client.call(createAutomationRoute, { body })) as unknown as Automation
  const saved = await result(automation)
  expect(saved.would_run).toBe(1)
  expect(saved.scanned).toBeGreaterThan(saved.matched)
  expect(saved.records[0]).toMatchObject({ record_id: lead.id, name: 'Grace' })
  const edited = { ...body, trigger: { event: 'record.updated', object: 'leads' } }
  expect((await result(automation, { automation: edited })).would_run).toBeGreaterThan(1)
})

test('what only a run under way can know is counted as unknown', async () => {
  const automation = await t.automation({
    status: 'inactive',
    actions: [
      { type: 'find_records', key: 'same', config: { object: 'leads', filters: { company: 'Navy' } } },
      {
        type: 'branch',
        key: 'crowd',
        config: {
          conditions: [
            { if: { field: 'steps.same.count', operator: 'greater_than', value: 1 }, then: [note('many')] },
            { else: [{ type: 'stop', config: {} }] },
          ],
        },
      },
    ],
  })
  const { branches, would_run } = await result(automation)
  expect(branches).toMatchObject([{ key: 'crowd', unknown: would_run, none: 0 }])
})

test('it says that records are taken as they are now where rules reach some through a reference, and only there', async () => {
  const notes = async (trigger: object, field: string) => {
    const conditions = { match: 'all', rules: [{ field, operator: 'is_not_empty' }] }
    return (await result(await t.automation({ status: 'inactive', trigger, conditions, actions: [stop] } as never)))
      .notes
  }
  const stop = { type: 'stop', config: {} }
  const deals = { event: 'record.updated', object: 'deals' }
  const said = 'Records reached through a reference are taken as they are now.'
  expect(await notes(deals, 'company.name')).toContain(said)
  expect(await notes(deals, 'previous.company.name')).toContain(said)
  expect(await notes(deals, 'previous.stage')).not.toContain(said)
  expect(await notes({ event: 'webhook.received', auth: 'none' }, 'webhook.body.deal.stage')).not.toContain(said)
})

test('others are served while a page of events is judged', async () => {
  const records = Array.from({ length: 1000 }, (_, i) => ({ name: `Many ${i}` }))
  await t.client.call(createRecordsRoute, { body: { object_id: 'contacts', records } as never })
  const words = `{{length(join(split(replace(record.name + join(split('${'a,'.repeat(900)}', ','), '${'b'.repeat(12)}'), 'b', 'cc'), 'c'), 'd'))}}`
  const automation = await t.automation({
    status: 'inactive',
    trigger: { event: 'record.created', object: 'contacts' },
    conditions: { match: 'all', rules: [{ field: 'name', operator: 'equals', value: words }] },
    actions: [{ type: 'stop', config: {} }],
  } as never)
  const { result: found, longest, all } = await turnsOf(() => result(automation))
  expect(found).toMatchObject({ scanned: 1000, would_run: 0 })
  // in one go it is nearly all of the time
  expect(longest).toBeLessThan(all / 3)
})

test('only the events of the time that was asked for are looked at', async () => {
  const automation = await t.automation({ status: 'inactive', actions: [note('timed')] })
  const before = await result(automation)
  const to = new Date(Date.now() + 3_600_000).toISOString()
  expect(before.would_run).toBeGreaterThan(0)
  expect((await result(automation, { from: '2020-01-01', to: '2020-02-01' })).scanned).toBe(0)
  expect((await result(automation, { from: before.from, to })).scanned).toBe(before.scanned)
  const refused = lines(automation, { from: to, to: before.from })
  await expect(refused).rejects.toMatchObject({ status: 422, code: 'VALIDATION_ERROR' })
})

test('a draft with a problem and an automation that is not there are refused before anything is read', async () => {
  const automation = await t.automation({ status: 'inactive', actions: [note('plain')] })
  const body = { automation: { name: 'Bad', trigger: { event: 'record.created', object: 'nothing' }, actions: [] } }
  await expect(lines(automation, body)).rejects.toMatchObject({ status: 422 })
  await expect(lines({ id: 'auto_01990000000070008000000000000001' })).rejects.toMatchObject({ status: 404 })
})

test('three at once are one too many, and a reader that goes away makes room', async () => {
  const automation = await t.automation({ status: 'inactive', actions: [note('room')] })
  const first = await open(automation)
  const second = await open(automation)
  expect([first.status, second.status, (await open(automation)).status]).toEqual([200, 200, 429])
  await first.body!.cancel()
  const third = await open(automation)
  expect(third.status).toBe(200)
  await Promise.all([second.text(), third.text()])
  expect((await result(automation)).complete).toBe(true)
})
