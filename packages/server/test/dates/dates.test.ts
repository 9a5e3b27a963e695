import {
  activateAutomationRoute,
  deactivateAutomationRoute,
  getAutomationRoute,
  listUpcomingRoute,
  updateAutomationRoute,
  updateSettings,
  uuidOf,
} from '@kantos/model'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from '../helpers.ts'
import { createTestEngine, type TestEngine } from '../engine.ts'

let t: TestEngine

beforeAll(async () => {
  t = await createTestEngine()
})
afterAll(() => t.stop())

const HOUR = 3_600_000
const DAY = 24 * HOUR
const from = (ms: number) => new Date(t.services.time.now() + ms).toISOString()
const TASKS = { event: 'date.reached', object: 'obj_def_tasks', field: 'due_date' }
const ACTIONS = [
  { type: 'update_record' as const, config: { fields: { description: '{{event.type}} {{record.title}}' } } },
]

const NOTHING = [{ type: 'stop' as const }]

const reminder = (trigger: object = {}, more: object = {}) =>
  t.automation({ trigger: { ...TASKS, ...trigger }, actions: ACTIONS, ...more })
/** Through with the records that were there. */
const ready = (id: string) =>
  until(async () => (await t.client.call(getAutomationRoute, { params: { id } })).backfill === undefined)
const upcoming = async (id: string) => (await t.client.call(listUpcomingRoute, { params: { id } })).data
const dueOf = async (id: string, record: string) =>
  (await upcoming(id)).find(({ record_id }) => record_id === record)?.due_at ?? null
const alarmsOf = async (id: string) =>
  (await t.pool.query('select 1 from date_alarms where automation_id = $1', [uuidOf('automation', id)])).rowCount

describe('a run starts when a record’s date is reached', () => {
  test('of a record that was there, and of one that came later', async () => {
    const before = await t.create('tasks', { title: 'Before', due_date: from(4_000) })
    const id = await reminder()
    const after = await t.create('tasks', { title: 'After', due_date: from(4_000) })
    const runs = await t.ended(id, 2)
    expect(runs.map(({ status }) => status)).toEqual(['succeeded', 'succeeded'])
    expect(runs.map(({ trigger }) => trigger.record_id).toSorted()).toEqual([before, after].toSorted())
    expect(runs[0]!.trigger).toMatchObject({ event: 'date.reached', source: 'schedule', actor: null, changes: null })
    expect(runs[0]!.chain.depth).toBe(1)
    expect((await t.values(after))!['description']).toBe('date.reached After')
  })

  test('never early, and before or after it as the offset says', async () => {
    const id = await reminder({ offset: { amount: -2, unit: 'hours' } })
    await ready(id)
    const date = from(2 * HOUR + 4_000)
    await t.create('tasks', { title: 'Soon', due_date: date })
    const run = await t.run(id)
    expect(Date.parse(run.started_at!)).toBeGreaterThanOrEqual(Date.parse(date) - 2 * HOUR)
  })

  test('its conditions judge the record as it is then', async () => {
    const id = await reminder(
      {},
      { conditions: { match: 'all', rules: [{ field: 'title', operator: 'equals', value: 'New' }] } },
    )
    await ready(id)
    const record = await t.create('tasks', { title: 'Old', due_date: from(5_000) })
    await t.update(record, { title: 'New' })
    expect((await t.run(id)).status).toBe('succeeded')
  })

  test('an automation that moves the date follows it to the new one', async () => {
    const id = await reminder(
      {},
      {
        actions: [
          { type: 'update_record', config: { fields: { due_date: `{{date_add(record.due_date, 3, 'days')}}` } } },
        ],
      },
    )
    await ready(id)
    const date = from(4_000)
    const record = await t.create('tasks', { title: 'Again', due_date: date })
    await t.run(id)
    await until(async () => (await dueOf(id, record)) === new Date(Date.parse(date) + 3 * DAY).toISOString())
    expect((await t.runs(id)).length).toBe(1)
  })
})

describe('a date that is still to come', () => {
  test('is followed when it moves, and forgotten with its record', async () => {
    const id = await reminder()
    await ready(id)
    const [first, second] = [from(2 * DAY), from(5 * DAY)]
    const record = await t.create('tasks', { title: 'Moves', due_date: first })
    await until(async () => (await dueOf(id, record)) === first)
    await t.update(record, { due_date: second })
    await until(async () => (await dueOf(id, record)) === second)
    expect((await upcoming(id)).find(({ record_id }) => record_id === record)).toEqual({
      record_id: record,
      record_name: 'Moves',
      date: second,
      due_at: second,
    })
    await t.update(record, { due_date: null })
    await until(async () => (await dueOf(id, record)) === null)
    await t.update(record, { due_date: first })
    await until(async () => (await dueOf(id, record)) === first)
    await t.remove(record)
    await t.quiet()
    await until(async () => (await dueOf(id, record)) === null)
  })

  test('another change of its record is no concern of it', async () => {
    await t.quiet()
    const id = await reminder({ object: 'deals', field: 'close_date' }, { actions: NOTHING })
    await ready(id)
    const deal = await t.create('deals', { name: 'Deal', close_date: '2999-12-31' })
    await until(async () => (await dueOf(id, deal)) === '2999-12-31T09:00:00.000Z')
    const queued = async () =>
      (await t.pool.query<{ seq: number }>(`select nextval(pg_get_serial_sequence('outbox', 'seq'))::int as seq`))
        .rows[0]!.seq
    const before = await queued()
    await t.update(deal, { name: 'Another name' })
    expect(await queued()).toBe(before + 1)
    await t.update(deal, { close_date: '2999-12-30' })
    expect(await queued()).toBe(before + 3)
  })

  test('is counted anew when the trigger, or the workspace’s time zone changes', async () => {
    const id = await reminder({ object: 'deals', field: 'close_date' }, { actions: NOTHING })
    const deal = await t.create('deals', { name: 'Deal', close_date: '2998-06-01' })
    await until(async () => (await dueOf(id, deal)) === '2998-06-01T09:00:00.000Z')
    await t.client.call(updateSettings, { body: { default_timezone: 'Asia/Tokyo' } })
    await until(async () => (await dueOf(id, deal)) === '2998-06-01T00:00:00.000Z')
    await t.client.call(updateSettings, { body: { default_timezone: 'UTC' } })
    const trigger = {
      event: 'date.reached',
      object: 'deals',
      field: 'close_date',
      offset: { amount: 1, unit: 'months' },
      at: '08:00',
    }
    await t.client.call(updateAutomationRoute, {
      params: { id },
      body: { name: 'Later', trigger, actions: NOTHING } as never,
    })
    await until(async () => (await dueOf(id, deal)) === '2998-07-01T08:00:00.000Z')
  })
})

test('what passed before the activation, or while it was inactive, starts nothing', async () => {
  const past = await t.create('tasks', { title: 'Past', due_date: from(-1_000) })
  const id = await reminder()
  await ready(id)
  const created = await t.create('tasks', { title: 'Past, too', due_date: from(-1_000) })
  const soon = await t.create('tasks', { title: 'Soon', due_date: from(DAY) })
  await until(async () => (await dueOf(id, soon)) !== null)
  await t.client.call(deactivateAutomationRoute, { params: { id } })
  expect(await upcoming(id)).toEqual([])
  await until(async () => (await alarmsOf(id)) === 0)
  await t.update(soon, { due_date: from(-1_000) })
  const moved = await t.create('tasks', { title: 'While inactive', due_date: from(2 * DAY) })
  const again = await t.client.call(activateAutomationRoute, { params: { id } })
  expect(again.backfill).toEqual({ done: 0, total: null })
  await ready(id)
  expect(await dueOf(id, moved)).not.toBeNull()
  for (const record of [past, created, soon]) expect(await dueOf(id, record)).toBeNull()
  expect(await t.runs(id)).toEqual([])
})

test.each([
  [{ field: 'nope' }, '/trigger/field', 'there is no field "nope" in Tasks'],
  [{ field: 'title' }, '/trigger/field', 'Title is a text field, not a date'],
  [{ at: '25:00' }, '/trigger/at', '"25:00" is no time of day'],
  [{ at: '24:00' }, '/trigger/at', '"24:00" is no time of day'],
  [{ timezone: 'Mars/Olympus' }, '/trigger/timezone', 'there is no time zone "Mars/Olympus"'],
  [{ offset: { amount: -101, unit: 'years' } }, '/trigger/offset/amount', 'an offset is at most 100 years'],
])('%o is refused', async (trigger, path, message) => {
  await expect(reminder(trigger)).rejects.toMatchObject({
    code: 'VALIDATION_ERROR',
    details: { errors: [expect.objectContaining({ path, message })] },
  })
})
