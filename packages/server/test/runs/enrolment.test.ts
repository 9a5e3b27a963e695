import {
  createAutomationRoute,
  deleteAutomationRoute,
  dryRunAutomationRoute,
  listRecordEventsRoute,
  replayRunRoute,
  runAutomationRoute,
  setAutomationModeRoute,
  updateAutomationRoute,
  uuidOf,
} from '@kantos/model'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createTestEngine, type TestEngine } from '../engine.ts'
import { until } from '../helpers.ts'

let e: TestEngine
beforeAll(async () => {
  e = await createTestEngine()
})
afterAll(() => e.stop())

const made: string[] = []
afterEach(async () => {
  for (const id of made.splice(0)) await e.client.call(deleteAutomationRoute, { params: { id } }).catch(() => {})
})

type Rule = string | { once_per: { days: number } }
const count = { type: 'update_record', config: { fields: { follow_up_count: '{{record.follow_up_count + 1}}' } } }
const body = (enrolment: Rule, changes: Record<string, unknown> = {}) => ({
  name: 'Enrols',
  status: 'active',
  trigger: { event: 'field.changed', object: 'leads', field: 'company' },
  actions: [count],
  enrolment,
  ...changes,
})
async function automation(enrolment: Rule, changes: Record<string, unknown> = {}): Promise<string> {
  const { id } = await e.client.call(createAutomationRoute, { body: body(enrolment, changes) as never })
  made.push(id)
  return id
}
const statuses = async (id: string) => (await e.runs(id)).map(({ status }) => status)
const rowsOf = async (id: string) =>
  (
    await e.pool.query<{ mode: string; at: Date; run_id: string }>(
      'select mode, at, run_id from enrolments where automation_id = $1 order by mode',
      [uuidOf('automation', id)],
    )
  ).rows
/** As if the enrolments were older. */
const age = (id: string, days: number) =>
  e.pool.query('update enrolments set at = at - make_interval(days => $2) where automation_id = $1', [
    uuidOf('automation', id),
    days,
  ])
const followUps = async (record: string) => (await e.values(record))!.follow_up_count

describe('once_per_record', () => {
  test('the second event leaves a skipped run that says since when, in the log and in the record’s events', async () => {
    const id = await automation('once_per_record')
    const record = await e.create('leads', { name: 'Ada' })
    await e.update(record, { company: 'A' })
    await e.ended(id)
    await e.update(record, { company: 'B' })
    const [first, second] = await e.ended(id, 2)
    expect(first!.status).toBe('succeeded')
    const day = new Date().toLocaleDateString('en-GB', {
      timeZone: 'UTC',
      day: 'numeric',
      month: 'long',
      year: 'numeric',
    })
    const message = `Already enrolled on ${day}: this automation takes each record once.`
    expect(second).toMatchObject({
      status: 'skipped',
      steps: [],
      conditions: { passed: true },
      error: { code: 'ALREADY_ENROLLED', message },
    })
    expect(await followUps(record)).toBe(1)
    const { data } = await e.client.call(listRecordEventsRoute, { params: { id: record }, query: {} as never })
    const verdicts = data.flatMap((event) => event.automations.filter(({ automation_id }) => automation_id === id))
    expect(verdicts.map(({ verdict, why }) => [verdict, why])).toContainEqual(['skipped', message])
  })

  test('events of one batch enrol their record once', async () => {
    const id = await automation('once_per_record', {
      trigger: { event: 'record.updated', object: 'leads' },
      actions: [{ type: 'stop', config: {} }],
    })
    const record = await e.create('leads', { name: 'Many' })
    await e.pool.query(`insert into holds (workspace_id, reason) values ($1, 'operator')`, [e.workspaceId])
    await Promise.all(Array.from({ length: 12 }, (_, i) => e.update(record, { notes: `n${i}` })))
    await e.pool.query('delete from holds')
    e.services.wake()
    const runs = await e.ended(id, 12)
    expect(runs.filter(({ status }) => status === 'succeeded')).toHaveLength(1)
    expect(runs.filter(({ error }) => error?.code === 'ALREADY_ENROLLED')).toHaveLength(11)
    expect(await rowsOf(id)).toHaveLength(1)
  })

  test('a run whose conditions fail doesn’t enrol', async () => {
    const id = await automation('once_per_record', {
      conditions: { match: 'all', rules: [{ field: 'company', operator: 'equals', value: 'Yes' }] },
    })
    const record = await e.create('leads', { name: 'Cond' })
    await e.update(record, { company: 'No' })
    expect((await e.run(id)).error).toBeNull()
    expect(await rowsOf(id)).toEqual([])
    await e.update(record, { company: 'Yes' })
    await e.ended(id, 2)
    expect(await statuses(id)).toEqual(['skipped', 'succeeded'])
  })

  test('a manual start respects the rule and answers why; a replay doesn’t ask it', async () => {
    const id = await automation('once_per_record')
    const record = await e.create('leads', { name: 'By hand' })
    const start = () => e.client.call(runAutomationRoute, { params: { id }, body: { record_id: record } })
    expect((await start()).data[0]).not.toHaveProperty('why')
    const first = await e.run(id)
    expect(first.status).toBe('succeeded')
    const why = expect.stringContaining('Already enrolled on')
    expect((await start()).data[0]).toMatchObject({ record_id: record, why })
    const [, second] = await e.ended(id, 2)
    expect(second).toMatchObject({ status: 'skipped', error: { code: 'ALREADY_ENROLLED', message: why } })
    await e.client.call(replayRunRoute, { params: { id: first.id } })
    await e.ended(id, 3)
    expect(await statuses(id)).toEqual(['succeeded', 'skipped', 'succeeded'])
  })

  test('a dry run says that a real one would be skipped, and a backtest counts whom the rule leaves out', async () => {
    const id = await automation('once_per_record', { actions: [{ type: 'stop', config: {} }] })
    const [one, two] = [await e.create('leads', { name: 'One' }), await e.create('leads', { name: 'Two' })]
    await e.update(one, { company: 'A' })
    await e.update(one, { company: 'B' })
    await e.update(two, { company: 'A' })
    await e.ended(id, 3)
    const tried = await e.client.call(dryRunAutomationRoute, {
      params: { id },
      body: { record_id: one, changes: { company: 'C' } },
    })
    expect(tried.status).toBe('succeeded')
    expect(tried.notes).toContainEqual(expect.stringMatching(/^A real run would be skipped\. Already enrolled on /))
    const answer = await e.request(`/api/automations/${id}/backtest`, {
      method: 'POST',
      headers: { 'x-api-key': e.apiKey, 'content-type': 'application/json' },
      body: JSON.stringify({ from: new Date(Date.now() - 60_000).toISOString() }),
    })
    const result = JSON.parse((await answer.text()).trim().split('\n').at(-1)!)
    expect(result.not_enrolled).toBeGreaterThanOrEqual(1)
    expect(result.would_run + result.not_enrolled).toBe(result.matched)
    expect(result.records.filter((entry: { record_id: string }) => entry.record_id === one)).toHaveLength(1)
  })

  test('test mode enrols apart from live', async () => {
    const id = await automation('once_per_record', { mode: 'test' })
    const record = await e.create('leads', { name: 'Tested' })
    await e.update(record, { company: 'A' })
    await e.ended(id)
    await e.client.call(setAutomationModeRoute, { params: { id }, body: { mode: 'live' } })
    await e.update(record, { company: 'B' })
    await e.ended(id, 2)
    expect(await statuses(id)).toEqual(['succeeded', 'succeeded'])
    expect((await rowsOf(id)).map(({ mode }) => mode)).toEqual(['live', 'test'])
  })

  test('the rows go with the record and with the automation, and stay when the rule changes', async () => {
    const id = await automation('once_per_record')
    const [gone, stays] = [await e.create('leads', { name: 'G' }), await e.create('leads', { name: 'S' })]
    for (const record of [gone, stays]) await e.update(record, { company: 'A' })
    await e.ended(id, 2)
    expect(await rowsOf(id)).toHaveLength(2)
    await e.remove(gone)
    expect(await rowsOf(id)).toHaveLength(1)
    await e.client.call(updateAutomationRoute, { params: { id }, body: body({ once_per: { days: 5 } }) as never })
    await e.update(stays, { company: 'B' })
    await e.ended(id, 3)
    expect((await e.runs(id)).at(-1)).toMatchObject({
      status: 'skipped',
      error: { message: expect.stringMatching(/it can be enrolled again from .*, \d\d:\d\d UTC\.$/) },
    })
    await e.client.call(deleteAutomationRoute, { params: { id } })
    expect(await rowsOf(id)).toEqual([])
  })
})

test('once_per takes a record again after so many days', async () => {
  const id = await automation({ once_per: { days: 3 } })
  const record = await e.create('leads', { name: 'Days' })
  for (const [n, days] of [
    [1, 2],
    [2, 2],
    [3, 0],
  ] as const) {
    await e.update(record, { company: `C${n}` })
    await e.ended(id, n)
    await age(id, days)
  }
  expect(await statuses(id)).toEqual(['succeeded', 'skipped', 'succeeded'])
})

describe('not_while_running', () => {
  const waits = [{ type: 'wait', config: { duration: 1, unit: 'days' } }, count]

  test('no second run begins beside a live one, and the next does when it has ended', async () => {
    const id = await automation('not_while_running', { actions: waits })
    const record = await e.create('leads', { name: 'Runs' })
    await e.update(record, { company: 'A' })
    const first = await e.standing(id, 'wait')
    await e.update(record, { company: 'B' })
    const second = await until(async () => (await e.runs(id))[1])
    expect(second).toMatchObject({
      status: 'skipped',
      error: {
        code: 'ALREADY_ENROLLED',
        message: `A run of this automation is under way on this record: run_${first.id.replaceAll('-', '')}.`,
      },
    })
    await e.passTime(id)
    await e.update(record, { company: 'C' })
    await e.standing(id, 'wait')
    expect(await statuses(id)).toEqual(['succeeded', 'skipped', 'waiting'])
    expect(await rowsOf(id)).toEqual([])
  })

  test('of several manual starts of one record one runs', async () => {
    const id = await automation('not_while_running', { actions: waits })
    const record = await e.create('leads', { name: 'Hands' })
    const start = () => e.client.call(runAutomationRoute, { params: { id }, body: { record_id: record } })
    await Promise.all([start(), start(), start()])
    await until(async () => (await statuses(id)).filter((status) => status === 'skipped').length === 2)
    expect((await statuses(id)).toSorted()).toEqual(['skipped', 'skipped', 'waiting'])
  })
})

test('two workers, starts by hand and events enrol each record once', async () => {
  const workers = [await e.addWorker(), await e.addWorker()]
  try {
    const id = await automation('once_per_record')
    const records = await Promise.all(Array.from({ length: 20 }, (_, i) => e.create('leads', { name: `R${i}` })))
    await Promise.all(
      [0, 1, 2].flatMap((round) => [
        ...records.map((record) => e.update(record, { company: `c${round}` })),
        e.client.call(runAutomationRoute, { params: { id }, body: { record_ids: records } }),
      ]),
    )
    const runs = await e.ended(id, 120)
    expect(runs.filter(({ status }) => status === 'succeeded')).toHaveLength(20)
    expect(runs.filter(({ error }) => error?.code === 'ALREADY_ENROLLED')).toHaveLength(100)
    for (const record of records) expect(await followUps(record)).toBe(1)
    expect(await rowsOf(id)).toHaveLength(20)
  } finally {
    await Promise.all(workers.map((worker) => worker.stop(2_000)))
  }
})

test('a rule that can’t be kept, or isn’t one, is refused with its path; defaults are left away', async () => {
  const refused = async (changes: Record<string, unknown>) => {
    const answer = await e.request('/api/automations', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': e.apiKey },
      body: JSON.stringify({ ...body('every_time'), status: 'inactive', ...changes }),
    })
    const json = (await answer.json()) as { details?: { errors: { path: string }[] } }
    return [answer.status, json.details?.errors.map(({ path }) => path)]
  }
  expect(await refused({ enrolment: 'once' })).toEqual([422, ['/enrolment']])
  expect(await refused({ enrolment: { once_per: { days: 0 } } })).toEqual([422, ['/enrolment/once_per/days']])
  expect(await refused({ enrolment: { once_per: { days: 3, hours: 1 } } })).toEqual([
    422,
    ['/enrolment/once_per/hours'],
  ])
  expect(
    await refused({
      enrolment: 'once_per_record',
      trigger: { event: 'webhook.received' },
      actions: [{ type: 'stop' }],
    }),
  ).toEqual([422, ['/enrolment']])
  expect(await refused({ on_import: 'never' })).toEqual([422, ['/on_import']])
  expect(await refused({ on_import: 'skip', trigger: { event: 'manual', object: 'leads' } })).toEqual([
    422,
    ['/on_import'],
  ])
  const { id, ...made } = await e.client.call(createAutomationRoute, {
    body: { ...body('every_time'), status: 'inactive', on_import: 'run' } as never,
  })
  expect(made).not.toHaveProperty('enrolment')
  expect(made).not.toHaveProperty('on_import')
  const put = { ...body({ once_per: { days: 30 } }), status: 'inactive', on_import: 'skip' }
  expect(await e.client.call(updateAutomationRoute, { params: { id }, body: put as never })).toMatchObject({
    enrolment: { once_per: { days: 30 } },
    on_import: 'skip',
  })
})
