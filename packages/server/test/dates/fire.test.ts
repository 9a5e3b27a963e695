import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createPool } from '../../src/db/pool.ts'
import { transaction } from '../../src/db/transaction.ts'
import { fillDates, fillOnce } from '../../src/dates/fill.ts'
import { fireDates, fireOnce } from '../../src/dates/fire.ts'
import { applyRetention } from '../../src/chores/retention.ts'
import { createTestCrm, insertAutomation, type TestCrm } from '../crm.ts'
import { createTestDatabase, type TestDatabase } from '../database.ts'
import { until } from '../helpers.ts'

let database: TestDatabase
let crm: TestCrm
const logged: { automation: string; dates: number }[] = []
const log = { warn: (said: never) => void logged.push(said) } as unknown as Parameters<typeof fireDates>[2]

beforeAll(async () => {
  database = await createTestDatabase()
  crm = await createTestCrm(database.pool)
})
afterAll(() => database.drop())
beforeEach(async () => {
  await database.pool.query(
    'truncate date_triggers, date_alarms, date_firings, outbox, events, automations, records, holds',
  )
  await database.pool.query(`update workspaces set settings = '{}'`)
  crm.woken = 0
  logged.length = 0
})

const HOUR = 3_600_000
const DAY = 24 * HOUR
const TASKS = { event: 'date.reached', object: 'obj_def_tasks', field: 'due_date' }

interface Row {
  automation_id: string
  record_id: string
  due_at: Date
}

const fire = () => fireDates(database.pool, crm.time, log, () => crm.wake())
const iso = (ms: number) => new Date(Math.round(ms)).toISOString()

async function insertTasks(dates: readonly (string | null)[], field = 'due_date'): Promise<string[]> {
  const ids = dates.map(() => crm.time.id())
  await database.pool.query(
    `insert into records (workspace_id, id, object, data, created_at, updated_at)
     select $1, id, 'tasks', data, now(), now() from unnest($2::uuid[], $3::jsonb[]) as x(id, data)`,
    [
      crm.workspaceId,
      ids,
      dates.map((date, i) => JSON.stringify({ title: `Task ${i}`, ...(date === null ? {} : { [field]: date }) })),
    ],
  )
  return ids
}

/** An automation that follows dates, through with its backfill. */
async function follow(trigger: object = {}, status: 'active' | 'inactive' = 'active'): Promise<string> {
  const id = await insertAutomation(crm, 'Reminder', { trigger: { ...TASKS, ...trigger } }, status)
  await database.pool.query(
    `insert into date_triggers (workspace_id, automation_id, since, state) values ($1, $2, now(), 'ready')`,
    [crm.workspaceId, id],
  )
  return id
}

async function setAlarm(automation: string, record: string, dueAt: number | string): Promise<void> {
  await database.pool.query('insert into date_alarms values ($1, $2, $3, $4)', [
    crm.workspaceId,
    automation,
    record,
    new Date(dueAt),
  ])
}

const alarms = async () =>
  (
    await database.pool.query<Row>(
      'select automation_id, record_id, due_at from date_alarms order by due_at, record_id',
    )
  ).rows
const events = async () =>
  (await database.pool.query(`select e.*, o.seq from events e left join outbox o on o.event_id = e.id order by o.seq`))
    .rows

describe('a date that is reached', () => {
  test('is an event of its record as it is then, for its automation alone, with a chain of its own', async () => {
    const automation = await follow()
    const due = iso(crm.time.now() - 1_000)
    const [record] = await insertTasks([due])
    await setAlarm(automation, record!, due)
    expect(await fire()).toBe(1)
    const [event] = await events()
    expect(event).toMatchObject({
      type: 'date.reached',
      object: 'tasks',
      record_id: record,
      automation_id: automation,
      source: 'schedule',
      actor: null,
      lane: 1,
      depth: 0,
      changes: null,
      after: { title: 'Task 0', due_date: due },
      payload: { date: { field: 'due_date', date: due, at: due, timezone: 'UTC' } },
    })
    expect(event.chain_id).toBe(event.id)
    expect(event.seq).not.toBeNull()
    expect([await alarms(), crm.woken]).toEqual([[], 1])
  })

  test('is reached once, even if its alarm comes again', async () => {
    const automation = await follow()
    const due = iso(crm.time.now() - 1_000)
    const [record] = await insertTasks([due])
    await setAlarm(automation, record!, due)
    await fire()
    await setAlarm(automation, record!, due)
    expect([await fire(), (await events()).length, await alarms()]).toEqual([0, 1, []])
  })

  test('with yearly it sets the next year’s', async () => {
    const now = crm.time.now()
    const due = new Date(Math.round(now - 1_000))
    const value = `1990${due.toISOString().slice(4)}`
    const automation = await follow({ yearly: true })
    const [record] = await insertTasks([value])
    await setAlarm(automation, record!, due.getTime())
    expect(await fire()).toBe(1)
    expect((await alarms())[0]?.due_at.getUTCFullYear()).toBe(due.getUTCFullYear() + 1)
    expect((await events())[0].payload.date.date).toBe(due.toISOString().slice(0, 10))
  })

  test('starts its run late when nothing ran for less than a day; what is older is left out and told', async () => {
    const automation = await follow()
    const [late, older] = [iso(crm.time.now() - 23 * HOUR), iso(crm.time.now() - 25 * HOUR)]
    const [a, b] = await insertTasks([late, older])
    await setAlarm(automation, a!, late)
    await setAlarm(automation, b!, older)
    expect(await fire()).toBe(1)
    expect((await events()).map(({ record_id }) => record_id)).toEqual([a])
    expect(logged).toEqual([{ automation, dates: 1 }])
    expect(await alarms()).toEqual([])
  })

  test('after years that nothing ran a yearly date starts one run at most', async () => {
    const automation = await follow({ yearly: true })
    const now = crm.time.now()
    const near = `${new Date(now - HOUR).getUTCFullYear() - 3}${iso(now - HOUR).slice(4)}`
    const [record] = await insertTasks([near])
    await setAlarm(automation, record!, near)
    await fire()
    await fire()
    expect((await events()).length).toBe(1)
    expect((await alarms())[0]!.due_at.getTime()).toBeGreaterThan(now)
  })
})

describe('nothing starts', () => {
  test.each(['later', 'earlier', 'gone'])('when the date was moved and the relay is behind: %s', async (to) => {
    const automation = await follow()
    const now = crm.time.now()
    const moved = to === 'gone' ? null : iso(to === 'later' ? now + HOUR : now - HOUR)
    const [record] = await insertTasks([moved])
    await setAlarm(automation, record!, now - 1_000)
    expect([await fire(), await events()]).toEqual([0, []])
    expect((await alarms()).map(({ due_at }) => due_at.toISOString())).toEqual(to === 'later' ? [moved] : [])
  })

  test('when the record is gone, the automation is inactive, or follows another date', async () => {
    const now = crm.time.now()
    const due = iso(now - 1_000)
    const [a, b, c] = await insertTasks([due, due, due])
    await database.pool.query('delete from records where id = $1', [a])
    await setAlarm(await follow(), a!, due)
    await setAlarm(await follow({}, 'inactive'), b!, due)
    await setAlarm(await follow({ field: 'other' }), c!, due)
    expect([await fire(), await events(), await alarms()]).toEqual([0, [], []])
  })

  test('while the workspace is on hold', async () => {
    const automation = await follow()
    const due = iso(crm.time.now() - 1_000)
    const [record] = await insertTasks([due])
    await setAlarm(automation, record!, due)
    await database.pool.query(`insert into holds (workspace_id, at, reason) values ($1, now(), 'operator')`, [
      crm.workspaceId,
    ])
    expect([await fire(), (await alarms()).length]).toEqual([0, 1])
    await database.pool.query('delete from holds')
    expect(await fire()).toBe(1)
  })
})

test('ten thousand of a minute are worked off in batches by two workers, each once', { timeout: 120_000 }, async () => {
  const automation = await follow()
  const due = iso(crm.time.now() - 60_000)
  const records = await insertTasks(Array.from({ length: 10_000 }, () => due))
  await database.pool.query(`insert into date_alarms select $1, $2, id, $4 from unnest($3::uuid[]) as x(id)`, [
    crm.workspaceId,
    automation,
    records,
    due,
  ])
  const other = createPool(database.url, { max: 2, applicationName: 'worker', worker: true })
  try {
    const work = async (pool: typeof other) => {
      let batches = 0
      while ((await transaction(pool, (client) => fireOnce(client, crm.time))).taken > 0) batches += 1
      return batches
    }
    const batches = await Promise.all([work(database.pool), work(other)])
    expect(batches[0]! + batches[1]!).toBeGreaterThanOrEqual(20)
    expect(Math.min(...batches)).toBeGreaterThan(0)
  } finally {
    await other.end()
  }
  const { rows } = await database.pool.query(
    `select count(*)::int as events, count(distinct record_id)::int as records, (select count(*)::int from outbox) as queued from events`,
  )
  expect(rows).toEqual([{ events: 10_000, records: 10_000, queued: 10_000 }])
  expect(await alarms()).toEqual([])
})

test('a worker that dies before its commit loses nothing and doubles nothing', async () => {
  const automation = await follow()
  const due = iso(crm.time.now() - 1_000)
  const records = await insertTasks([due, due, due])
  for (const record of records) await setAlarm(automation, record, due)
  const dying = createPool(database.url, { max: 1, applicationName: 'worker', worker: true })
  dying.on('error', () => {})
  const client = await dying.connect()
  client.on('error', () => {})
  await client.query('begin')
  expect((await fireOnce(client, crm.time)).events).toBe(3)
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  await database.pool.query('select pg_terminate_backend($1)', [rows[0]!.pid])
  client.release(true)
  await dying.end().catch(() => {})
  await until(async () => (await fire()) > 0 || (await events()).length > 0)
  await fire()
  expect((await events()).map(({ record_id }) => record_id).toSorted()).toEqual(records.toSorted())
})

describe('the backfill', () => {
  async function activate(trigger: object = {}): Promise<string> {
    const id = await follow(trigger)
    await database.pool.query(`update date_triggers set state = 'filling' where automation_id = $1`, [id])
    return id
  }
  const state = async (id: string) =>
    (await database.pool.query('select state, seen, total from date_triggers where automation_id = $1', [id])).rows[0]
  /** as the worker's loop does, which looks again each second */
  const fill = (id: string) =>
    until(async () => (await fillDates(database.pool), (await state(id))?.state !== 'filling'))

  test('sets the alarms of the records that were there, and none for what has passed', async () => {
    const now = crm.time.now()
    const [soon, past, empty] = await insertTasks([iso(now + DAY), iso(now - DAY), null])
    const id = await activate()
    await setAlarm(id, empty!, now + 5_000)
    await setAlarm(id, past!, now + 5_000)
    await fill(id)
    expect((await alarms()).map(({ record_id }) => record_id)).toEqual([soon])
    expect(await state(id)).toEqual({ state: 'ready', seen: 3, total: 3 })
  })

  test('goes on after the chunk that was written last', async () => {
    const id = await activate()
    const records = await insertTasks(Array.from({ length: 2_500 }, () => iso(crm.time.now() + DAY)))
    await until(() => transaction(database.pool, fillOnce).then((done) => done === 1_000))
    expect(await state(id)).toEqual({ state: 'filling', seen: 1_000, total: 2_500 })
    const client = await database.pool.connect()
    await client.query('begin')
    expect(await fillOnce(client)).toBe(1_000)
    await client.query('rollback')
    client.release()
    expect(await state(id)).toMatchObject({ seen: 1_000 })
    await fill(id)
    expect(await state(id)).toMatchObject({ state: 'ready', seen: 2_500 })
    expect((await alarms()).length).toBe(records.length)
  })

  test('waits for a transaction that may not have seen the activation', async () => {
    const client = await database.pool.connect()
    await client.query('begin')
    const due = iso(crm.time.now() + DAY)
    await client.query(
      `insert into records (workspace_id, id, object, data, created_at, updated_at) values ($1, $2, 'tasks', $3, now(), now())`,
      [crm.workspaceId, crm.time.id(), { title: 'Late', due_date: due }],
    )
    const id = await activate()
    for (let look = 0; look < 3; look++) await fillDates(database.pool)
    expect(await state(id)).toEqual({ state: 'filling', seen: 0, total: null })
    await client.query('commit')
    client.release()
    await fill(id)
    expect((await alarms()).map(({ due_at }) => due_at.toISOString())).toEqual([due])
  })

  test('counts in the zone of the workspace when the trigger names none', async () => {
    await database.pool.query(`update workspaces set settings = '{"default_timezone": "Asia/Tokyo"}'`)
    await insertTasks(['2999-06-01'])
    await fill(await activate({ at: '06:00' }))
    expect((await alarms()).map(({ due_at }) => due_at.toISOString())).toEqual(['2999-05-31T21:00:00.000Z'])
  })

  test('of an automation that was deactivated, the alarms go', async () => {
    await insertTasks([iso(crm.time.now() + DAY)])
    const id = await activate()
    await fill(id)
    await database.pool.query(`update automations set status = 'inactive'`)
    await database.pool.query(`update date_triggers set state = 'dropping'`)
    await fillDates(database.pool)
    expect([await alarms(), await state(id)]).toEqual([[], undefined])
  })
})

test('what was reached is remembered for a year', async () => {
  await database.pool.query(
    `insert into date_firings select $1, $1, gen_random_uuid(), 'm', now() - make_interval(days => n) from unnest(array[300, 400]) as n`,
    [crm.workspaceId],
  )
  expect((await applyRetention(database.pool)).deleted).toEqual({ date_firings: 1 })
})
