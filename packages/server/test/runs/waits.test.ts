import {
  bulkRunsRoute,
  getRunRoute,
  listWaitsRoute,
  publicId,
  rescheduleRunRoute,
  updateSettings,
  uuidOf,
  validateAutomationRoute,
  type WaitEntry,
} from '@kantos/model'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestEngine, type TestEngine } from '../engine.ts'
import { until } from '../helpers.ts'

const DAY = 86_400_000
let engine: TestEngine

beforeAll(async () => {
  engine = await createTestEngine()
})
afterAll(() => engine.stop())

const created = { event: 'record.created', object: 'leads' }
let number = 0

/** A run that stands at its first wait. */
async function waiting(config: object, name = `Lead ${++number}`) {
  const automation = await engine.automation({
    trigger: created,
    conditions: { match: 'all', rules: [{ field: 'name', operator: 'equals', value: name }] },
    actions: [{ type: 'wait', config: config as Record<string, unknown> }],
  })
  const lead = await engine.create('leads', { name })
  const row = await until(async () => (await engine.live(automation)).find(({ status }) => status === 'waiting'))
  return { automation, lead, run: publicId('run', row.id) }
}

const list = (query: object = {}) => engine.client.call(listWaitsRoute, { query: query as never })
const stepOf = async (run: string) => (await engine.client.call(getRunRoute, { params: { id: run } })).steps[0]!
const runOf = async (automation: string) => (await engine.runs(automation))[0]!

describe('the list of what waits', () => {
  test('is due soonest first, in pages, and says what each waits for', async () => {
    const days = await waiting({ duration: 3, unit: 'days' })
    const hour = await waiting({ duration: '1', unit: 'hour' })
    const date = await waiting({ until: '2099-01-31' })
    const event = await waiting({
      event: 'field.changed',
      field: 'status',
      to: 'converted',
      timeout: { duration: 2, unit: 'weeks' },
    })
    engine.http.next({ kind: 'answer', status: 503 })
    const hook = await engine.automation({
      trigger: created,
      conditions: { match: 'all', rules: [{ field: 'name', operator: 'equals', value: 'Hook' }] },
      actions: [{ type: 'webhook', key: 'hook', name: 'Tell them', config: { url: engine.http.url } }],
    })
    await engine.create('leads', { name: 'Hook' })
    await engine.standing(hook, 'retry')
    const all = await list()
    expect(all.next_cursor).toBeNull()
    expect(all.data.map(({ kind, waits_for }) => [kind, waits_for])).toEqual([
      ['retry', expect.stringMatching(/^Attempt 2, after: .*503/)],
      ['wait', '1 hour'],
      ['wait', '3 days'],
      ['event', 'A change of status to "converted"'],
      ['wait', 'The date 2099-01-31'],
    ])
    expect(all.data[2]).toMatchObject({
      run_id: days.run,
      automation_id: days.automation,
      automation_name: 'An automation',
      record_id: days.lead,
      record_name: 'Lead 1',
      step_key: 'wait_1',
      mode: 'live',
    })
    const lasts = Date.parse(all.data[2]!.due_at) - Date.parse(all.data[2]!.since)
    expect(lasts).toBeGreaterThanOrEqual(3 * DAY)
    expect(lasts).toBeLessThan(3 * DAY + 60_000)
    expect(all.data[0]).toMatchObject({ step_key: 'hook', step_name: 'Tell them' })

    const paged: WaitEntry[] = []
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await list({ limit: 2, ...(cursor === undefined ? {} : { cursor }) })
      paged.push(...page.data)
      cursor = page.next_cursor
    }
    expect(paged).toEqual(all.data)

    const ids = async (query: object) => (await list(query)).data.map(({ run_id }) => run_id)
    expect(await ids({ automation_id: hour.automation })).toEqual([hour.run])
    expect(await ids({ record_id: date.lead })).toEqual([date.run])
    expect(await ids({ kind: 'event' })).toEqual([event.run])
    expect(await ids({ kind: 'wait', due_before: new Date(Date.now() + 2 * DAY).toISOString() })).toEqual([hour.run])
    expect(await ids({ automation_id: 'auto_nobody' })).toEqual([])
  })

  test.each(['nonsense', 'run_1', `run_${'0'.repeat(32)}@yesterday`])('a cursor like %s is a 400', async (cursor) => {
    await expect(list({ cursor })).rejects.toMatchObject({ status: 400 })
  })
})

describe('rescheduling', () => {
  test('moves the end of a wait, and the step says who did, from when to when', async () => {
    const { automation, run } = await waiting({ duration: 3, unit: 'days' })
    const before = (await stepOf(run)).resume_at!
    const later = new Date(Date.now() + 9 * DAY).toISOString()
    const answer = await engine.client.call(rescheduleRunRoute, { params: { id: run }, body: { due_at: later } })
    expect(answer.steps[0]).toMatchObject({
      status: 'waiting',
      resume_at: later,
      notes: [`moved from ${before} to ${later} by A server key`],
    })
    await engine.passTime(automation)
    const [step] = (await engine.run(automation)).steps
    expect(step).toMatchObject({ status: 'succeeded', notes: [expect.stringContaining('moved from')] })
  })

  test('never goes to before now', async () => {
    const { run } = await waiting({ duration: 3, unit: 'days' })
    const call = (due_at: string) => engine.client.call(rescheduleRunRoute, { params: { id: run }, body: { due_at } })
    await expect(call('2020-01-01')).rejects.toMatchObject({
      status: 422,
      details: { errors: [{ path: '/due_at', hint: 'resume ends the wait at once' }] },
    })
    await expect(call('soon')).rejects.toMatchObject({ status: 422 })
  })

  test('is for waits only', async () => {
    engine.http.next({ kind: 'answer', status: 500 })
    const hook = await engine.automation({
      trigger: { event: 'record.created', object: 'contacts' },
      actions: [{ type: 'webhook', config: { url: engine.http.url } }],
    })
    await engine.create('contacts', { name: 'Ada' })
    const { id } = await engine.standing(hook, 'retry')
    const move = (run: string) =>
      engine.client.call(rescheduleRunRoute, { params: { id: run }, body: { due_at: '2099-01-01' } })
    await expect(move(publicId('run', id))).rejects.toMatchObject({ status: 409 })
    await expect(move(publicId('run', '00000000-0000-7000-8000-000000000000'))).rejects.toMatchObject({ status: 404 })
  })

  test('moves all waits of a filter, by a time or to one', async () => {
    const one = await waiting({ duration: 3, unit: 'days' })
    const before = Date.parse((await stepOf(one.run)).resume_at!)
    const bulk = (more: object) =>
      engine.client.call(bulkRunsRoute, {
        body: { action: 'reschedule', filter: { automation_id: one.automation }, ...more } as never,
      })
    expect(await bulk({ shift_seconds: 3600 })).toMatchObject({ matched: 1, done: 1, failed: 0 })
    expect(Date.parse((await stepOf(one.run)).resume_at!)).toBe(before + 3_600_000)
    expect(await bulk({ due_at: '2099-01-01' })).toMatchObject({ done: 1 })
    expect((await stepOf(one.run)).resume_at).toBe('2099-01-01T00:00:00.000Z')
    await expect(bulk({})).rejects.toMatchObject({ status: 422 })
    await expect(bulk({ due_at: '2099-01-01', shift_seconds: 1 })).rejects.toMatchObject({ status: 422 })
    await expect(bulk({ action: 'resume', shift_seconds: 1 })).rejects.toMatchObject({ status: 422 })
    // earlier than now is now
    await bulk({ shift_seconds: -3_200_000_000 })
    expect((await engine.run(one.automation)).status).toBe('succeeded')
  })

  test('moves the time-out of a wait for an event, and leaves it watching', async () => {
    const one = await waiting({
      event: 'field.changed',
      field: 'status',
      timeout: { duration: 1, unit: 'day' },
      on_timeout: 'fail',
    })
    const body = { due_at: '2099-01-01' }
    await engine.client.call(rescheduleRunRoute, { params: { id: one.run }, body })
    await engine.update(one.lead, { status: 'contacted' })
    expect((await engine.run(one.automation)).steps[0]).toMatchObject({ output: { timed_out: false } })
  })
})

describe('a date that has passed', () => {
  test.each([
    ['continue', 'succeeded', { status: 'succeeded' }],
    ['skip', 'succeeded', { status: 'skipped', output: { past: true } }],
    ['fail', 'failed', { status: 'failed', error: { code: 'WAIT_PAST' } }],
  ])('if_past: %s', async (ifPast, status, step) => {
    const automation = await engine.automation({
      trigger: { event: 'record.created', object: 'companies' },
      actions: [{ type: 'wait', config: { until: '2020-05-01', if_past: ifPast } }],
    })
    await engine.create('companies', { name: 'Past' })
    const run = await engine.run(automation)
    expect(run.status).toBe(status)
    expect(run.steps[0]).toMatchObject(step)
  })
})

describe('business hours', () => {
  test('a wait counts the hours of the settings’ calendar, in its zone', async () => {
    const days = { mon: [['00:00', '24:00']] } as never
    await engine.client.call(updateSettings, {
      body: { default_timezone: 'Asia/Tokyo', business_hours: { days, holidays: [] } },
    })
    const { automation } = await waiting({ duration: 1, unit: 'minute', business_hours: true })
    const { steps } = await runOf(automation)
    const due = new Date(steps[0]!.resume_at!)
    const local = new Date(due.getTime() - 1 + 9 * 3_600_000)
    expect(local.getUTCDay()).toBe(1)
    const began = Date.parse(steps[0]!.started_at)
    const alreadyOpen = new Date(began + 9 * 3_600_000).getUTCDay() === 1
    if (!alreadyOpen) expect(local.toISOString().slice(11, 16)).toBe('00:00')
  })

  test.each([
    [{ days: {} }, '/business_hours/days'],
    [{ days: { mon: [['17:00', '09:00']] } }, '/business_hours/days/mon/0'],
    [
      {
        days: {
          mon: [
            ['09:00', '13:00'],
            ['12:00', '17:00'],
          ],
        },
      },
      '/business_hours/days/mon/1',
    ],
    [{ holidays: ['2026-02-30'] }, '/business_hours/holidays/0'],
    [{ timezone: 'Mars/Base' }, '/business_hours/timezone'],
  ])('a calendar like %j is refused', async (hours, path) => {
    await expect(
      engine.client.call(updateSettings, { body: { business_hours: hours as never } }),
    ).rejects.toMatchObject({ status: 422, details: { errors: [expect.objectContaining({ path })] } })
  })

  test('the part of a calendar that isn’t named stays', async () => {
    const holidays = ['2026-12-25']
    const changed = await engine.client.call(updateSettings, { body: { business_hours: { holidays } } })
    expect(changed.business_hours).toEqual({ timezone: null, days: { mon: [['00:00', '24:00']] }, holidays })
  })
})

test('a schedule without a zone goes by the workspace’s, from the moment that changes', async () => {
  const trigger = { event: 'schedule', cron: '0 9 * * *' }
  const stop = [{ type: 'stop' as const, config: {} }]
  const own = await engine.automation({ trigger: { ...trigger, timezone: 'UTC' }, actions: stop })
  const plain = await engine.automation({ trigger, actions: stop })
  const hourOf = async (id: string) => {
    const { rows } = await engine.pool.query<{ hour: number }>(
      `select extract(hour from next_tick_at at time zone 'UTC')::int as hour from schedules where automation_id = $1`,
      [uuidOf('automation', id)],
    )
    return rows[0]!.hour
  }
  await engine.client.call(updateSettings, { body: { default_timezone: 'Asia/Tokyo' } })
  expect([await hourOf(own), await hourOf(plain)]).toEqual([9, 0])
  await engine.client.call(updateSettings, { body: { default_timezone: 'UTC' } })
  expect([await hourOf(own), await hourOf(plain)]).toEqual([9, 9])
})

describe('what can’t be waited for is refused at its place', () => {
  const lead = { event: 'record.created', object: 'leads' }
  const wait = (config: object) => ({ actions: [{ type: 'wait', config }] })
  const timeout = { duration: 1, unit: 'day' }
  test.each([
    ['no time-out', lead, wait({ event: 'record.updated' }), '/actions/0/config/timeout'],
    ['no field', lead, wait({ event: 'field.changed', timeout }), '/actions/0/config/field'],
    ['an unknown field', lead, wait({ event: 'field.changed', field: 'nope', timeout }), '/actions/0/config/field'],
    [
      'a value the field can’t have',
      lead,
      wait({ event: 'field.changed', field: 'status', to: 'nope', timeout }),
      '/actions/0/config/to',
    ],
    [
      'a field of no change',
      lead,
      wait({ event: 'record.updated', field: 'name', timeout }),
      '/actions/0/config/field',
    ],
    [
      'two kinds at once',
      lead,
      wait({ event: 'record.updated', timeout, until: '2099-01-01' }),
      '/actions/0/config/until',
    ],
    ['if_past without a date', lead, wait({ duration: 1, unit: 'day', if_past: 'skip' }), '/actions/0/config/if_past'],
    [
      'no record',
      { event: 'schedule', cron: '0 9 * * *' },
      wait({ event: 'record.updated', timeout }),
      '/actions/0/config/event',
    ],
    [
      'a deleted record',
      { ...lead, event: 'record.deleted' },
      wait({ event: 'record.updated', timeout }),
      '/actions/0/config/event',
    ],
    [
      'exit without a record',
      { event: 'webhook.received', auth: 'none' },
      { ...wait({ duration: 1, unit: 'day' }), exit: { match: 'all', rules: [{ field: 'id', operator: 'is_empty' }] } },
      '/exit',
    ],
    [
      'exit without a rule',
      lead,
      { ...wait({ duration: 1, unit: 'day' }), exit: { match: 'all', rules: [] } },
      '/exit/rules',
    ],
    [
      'exit with an unknown field',
      lead,
      { ...wait({ duration: 1, unit: 'day' }), exit: { match: 'all', rules: [{ field: 'x', operator: 'is_empty' }] } },
      '/exit/rules/0/field',
    ],
  ])('%s', async (_, trigger, parts, path) => {
    const body = { name: 'Checked', trigger, ...parts }
    const { errors } = await engine.client.call(validateAutomationRoute, { body: body as never })
    expect(errors.map((error) => error.path)).toContain(path)
  })
})
