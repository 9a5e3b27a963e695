import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createPool } from '../../src/db/pool.ts'
import { transaction } from '../../src/db/transaction.ts'
import { runBatch, runDueSchedules } from '../../src/schedules/tick.ts'
import { createTestCrm, insertAutomation, type TestCrm } from '../crm.ts'
import { createTestDatabase, type TestDatabase } from '../database.ts'

let database: TestDatabase
let crm: TestCrm

beforeAll(async () => {
  database = await createTestDatabase()
  crm = await createTestCrm(database.pool)
})
afterAll(() => database.drop())
beforeEach(async () => {
  await database.pool.query('truncate schedules, outbox, events, automations, records, runs')
  crm.woken = 0
})

const MINUTE = 60_000

/** An active automation whose tick is due; by default since a moment ago. */
async function schedule(
  trigger: { cron?: string; timezone?: string; misfire?: string; object?: string; filters?: object },
  { dueAt = crm.time.now() - 1_000, status = 'active' as 'active' | 'inactive' } = {},
): Promise<string> {
  const event = { cron: '* * * * *', ...trigger, event: 'schedule' }
  const id = await insertAutomation(crm, 'On time', { trigger: event }, status)
  await database.pool.query('insert into schedules (workspace_id, automation_id, next_tick_at) values ($1, $2, $3)', [
    crm.workspaceId,
    id,
    new Date(dueAt),
  ])
  return id
}

async function insertLeads(n: number, data: (i: number) => object): Promise<string[]> {
  const ids = Array.from({ length: n }, () => crm.time.id())
  await database.pool.query(
    `insert into records (workspace_id, id, object, data, created_at, updated_at)
     select $1, id, 'leads', data, now(), now() from unnest($2::uuid[], $3::jsonb[]) as x(id, data)`,
    [crm.workspaceId, ids, ids.map((_, i) => JSON.stringify({ name: `Lead ${i}`, ...data(i) }))],
  )
  return ids
}

const run = () => runDueSchedules(database.pool, crm.time, () => crm.wake())

async function events() {
  const { rows } = await database.pool.query(
    `select e.*, o.seq, o.lane as queued_lane from events e join outbox o on o.event_id = e.id order by o.seq`,
  )
  return rows
}

async function scheduleRow(automationId: string) {
  const { rows } = await database.pool.query('select * from schedules where automation_id = $1', [automationId])
  return rows[0]
}

test('a due tick is written with the right to start a run, and the next one is set', async () => {
  const dueAt = Math.floor(crm.time.now() / MINUTE) * MINUTE
  const id = await schedule({ timezone: 'Europe/Berlin' }, { dueAt })
  const { ticks, nextAt } = await run()
  const [event, ...others] = await events()
  expect(others).toEqual([])
  expect(event).toMatchObject({
    type: 'schedule',
    source: 'schedule',
    automation_id: id,
    actor: null,
    record_id: null,
    lane: 1,
    depth: 0,
    chain_id: event.id,
  })
  expect(Date.parse(event.payload.tick.at)).toBeGreaterThanOrEqual(dueAt)
  expect(event.payload.tick.timezone).toBe('Europe/Berlin')
  expect(ticks).toBe(1)
  expect(nextAt! % MINUTE).toBe(0)
  expect((await scheduleRow(id)).next_tick_at.getTime()).toBe(nextAt)
  expect(nextAt).toBeGreaterThan(Date.parse(event.payload.tick.at))
  expect(crm.woken).toBe(1)
  const again = await run()
  if (again.nextAt === nextAt) expect(again.ticks).toBe(0)
})

test('a schedule without a tick to come, and no schedule at all, say that nothing is next', async () => {
  expect(await run()).toEqual({ ticks: 0, nextAt: null })
  const id = await schedule({ cron: 'not a cron' })
  expect(await run()).toEqual({ ticks: 0, nextAt: null })
  expect((await scheduleRow(id)).next_tick_at).toBeNull()
})

test('workers that race for the same ticks write each of them once', async () => {
  const ids: string[] = []
  for (let i = 0; i < 150; i++) ids.push(await schedule({ cron: '0 0 1 1 *' }))
  await insertLeads(2_300, () => ({}))
  ids.push(await schedule({ cron: '0 0 1 1 *', object: 'leads' }))
  const pools = [1, 2, 3].map(() => createPool(database.url, { max: 3, applicationName: 'worker', worker: true }))
  try {
    await Promise.all(pools.map((pool) => runDueSchedules(pool, crm.time, () => {})))
  } finally {
    await Promise.all(pools.map((pool) => pool.end()))
  }
  await run()
  const written = await events()
  expect(written).toHaveLength(150 + 2_300)
  const keys = written.map((event) => `${event.automation_id} ${event.record_id}`)
  expect(new Set(keys).size).toBe(keys.length)
  expect(new Set(written.map((event) => event.automation_id))).toEqual(new Set(ids))
})

test('of ticks missed while everything was down the latest runs, unless the schedule wants none or all', async () => {
  const dueAt = Math.floor(crm.time.now() / MINUTE) * MINUTE - 3 * 24 * 60 * MINUTE
  const daily = `${new Date(dueAt).getUTCMinutes()} ${new Date(dueAt).getUTCHours()} * * *`
  const latest = await schedule({ cron: daily }, { dueAt })
  const all = await schedule({ cron: daily, misfire: 'all' }, { dueAt })
  const skip = await schedule({ cron: '0 0 1 1 *', misfire: 'skip' }, { dueAt })
  await run()
  const ticksOf = async (id: string) =>
    (await events()).filter((event) => event.automation_id === id).map((event) => event.payload.tick.at)
  const days = [0, 1, 2, 3].map((day) => new Date(dueAt + day * 24 * 60 * MINUTE).toISOString())
  expect(await ticksOf(latest)).toEqual(days.slice(-1))
  expect(await ticksOf(all)).toEqual(days)
  expect(await ticksOf(skip)).toEqual([])
  expect((await scheduleRow(skip)).next_tick_at.getTime()).toBeGreaterThan(crm.time.now())
})

test('an automation that is inactive, or listens to something else by now, does not tick', async () => {
  await schedule({}, { status: 'inactive' })
  const changed = await schedule({})
  await database.pool.query(`update automations set trigger_event = 'record.created' where id = $1`, [changed])
  expect(await run()).toEqual({ ticks: 0, nextAt: null })
  expect(await events()).toEqual([])
})

test('with an object, a tick is an event of each matching record, the root of its own chain', async () => {
  const ids = await insertLeads(30, (i) => ({ status: i % 3 === 0 ? 'qualified' : 'new', score: i }))
  const automation = await schedule({ cron: '0 0 1 1 *', object: 'obj_def_leads', filters: { status: 'qualified' } })
  expect((await run()).ticks).toBe(1)
  const written = await events()
  expect(written.map((event) => event.record_id)).toEqual(ids.filter((_, i) => i % 3 === 0))
  for (const event of written) {
    expect(event).toMatchObject({ object: 'leads', automation_id: automation, depth: 0, chain_id: event.id, lane: 1 })
    expect(event.after).toMatchObject({ status: 'qualified', score: ids.indexOf(event.record_id) })
  }
  expect(await scheduleRow(automation)).toMatchObject({ cursor: null })
})

test('filters may hold templates: today is the day in the zone of the schedule', async () => {
  const zone = 'Pacific/Kiritimati'
  const day = (ms: number) => new Intl.DateTimeFormat('en-CA', { timeZone: zone }).format(ms)
  const today = day(crm.time.now())
  const later = new Date(Date.parse(today) + 3 * 86_400_000).toISOString()
  const [first] = await insertLeads(3, (i) => ({
    last_contacted_at: [`${today}T00:00:00.000Z`, later, '2001-01-01T00:00:00.000Z'][i],
  }))
  const filters = { last_contacted_at: { $gte: '{{today}}', $lt: "{{date_add(today, 1, 'days')}}" } }
  await schedule({ cron: '0 0 1 1 *', timezone: zone, object: 'leads', filters })
  await run()
  expect((await events()).map((event) => event.record_id)).toEqual([first])
})

test('a filter on the id holds in every chunk', async () => {
  const ids = await insertLeads(40, () => ({}))
  const publicId = (id: string) => `rec_${id.replaceAll('-', '')}`
  const wanted = async (filters: object) => {
    await database.pool.query('truncate schedules, outbox, events')
    await schedule({ cron: '0 0 1 1 *', object: 'leads', filters })
    await run()
    return (await events()).map((event) => event.record_id)
  }
  expect(await wanted({ id: publicId(ids[7]!) })).toEqual([ids[7]])
  expect(await wanted({ id: { $lte: publicId(ids[2]!) } })).toEqual(ids.slice(0, 3))
  expect(await wanted({ id: { $in: [publicId(ids[5]!), publicId(ids[39]!)] } })).toEqual([ids[5], ids[39]])
  expect(await wanted({ $or: [{ id: publicId(ids[1]!) }, { name: 'Lead 3' }] })).toEqual([ids[1], ids[3]])
})

test('a crash between chunks, or inside one, neither loses nor doubles a record', async () => {
  const ids = await insertLeads(3_500, () => ({}))
  const automation = await schedule({ cron: '0 0 1 1 *', object: 'leads' })
  let crashes = 0
  const crash = async () => {
    await transaction(database.pool, async (client) => {
      expect((await runBatch(client, crm.time)).events).toBeGreaterThan(0)
      throw new Error('the worker died')
    }).catch((error: Error) => {
      expect(error.message).toBe('the worker died')
      crashes += 1
    })
  }
  for (let chunk = 1; chunk <= 4; chunk++) {
    await crash()
    expect(await events()).toHaveLength(1_000 * (chunk - 1))
    await transaction(database.pool, (client) => runBatch(client, crm.time))
    if (chunk < 4) expect((await scheduleRow(automation)).cursor).toMatchObject({ after_id: ids[1_000 * chunk - 1] })
  }
  expect(crashes).toBe(4)
  const written = await events()
  expect(written.map((event) => event.record_id)).toEqual(ids)
  expect(written.filter((event) => event.queued_lane === 1)).toHaveLength(1_000)
  expect(new Set(written.map((event) => event.payload.tick.at)).size).toBe(1)
  expect(await scheduleRow(automation)).toMatchObject({ cursor: null })
})

test('records that are made while a tick goes through them wait for the next tick', async () => {
  const ids = await insertLeads(1_500, () => ({}))
  await schedule({ cron: '0 0 1 1 *', object: 'leads' })
  await transaction(database.pool, (client) => runBatch(client, crm.time))
  await insertLeads(10, () => ({}))
  await run()
  expect((await events()).map((event) => event.record_id)).toEqual(ids)
})

test('a tick of many records does not hold up the ticks of others', async () => {
  await insertLeads(2_500, () => ({}))
  const long = await schedule({ cron: '0 0 1 1 *', object: 'leads' }, { dueAt: crm.time.now() - 50_000 })
  const short = await schedule({ cron: '0 0 1 1 *' })
  await transaction(database.pool, (client) => runBatch(client, crm.time))
  const written = await events()
  expect(written.filter((event) => event.automation_id === short)).toHaveLength(1)
  expect(written.filter((event) => event.automation_id === long)).toHaveLength(1_000)
})

test('hardly any match among many: the search goes on window by window', async () => {
  const ids = await insertLeads(45_000, (i) => ({ score: i }))
  await schedule({ cron: '0 0 1 1 *', object: 'leads', filters: { score: { $in: [3, 25_000, 44_999] } } })
  await run()
  expect((await events()).map((event) => event.record_id)).toEqual([ids[3], ids[25_000], ids[44_999]])
})

test('filters that fit their object no more leave a failed run with the reason, and the next tick comes', async () => {
  await insertLeads(3, () => ({}))
  const id = await schedule({ cron: '0 0 1 1 *', object: 'leads', filters: { nope: 1 } })
  const good = await schedule({ cron: '0 0 1 1 *' })
  await run()
  const { rows } = await database.pool.query('select * from runs')
  expect(rows).toHaveLength(1)
  expect(rows[0]).toMatchObject({ automation_id: id, status: 'failed', error: { code: 'VALIDATION_ERROR' } })
  expect(rows[0].error.message).toContain('nope')
  expect((await events()).map((event) => event.automation_id)).toEqual([good])
  expect((await scheduleRow(id)).next_tick_at.getTime()).toBeGreaterThan(crm.time.now())
})

test('a chunk that takes too long is tried again from where it stood, three times', async () => {
  const ids = await insertLeads(1_200, () => ({}))
  const id = await schedule({ cron: '0 0 1 1 *', object: 'leads' })
  await transaction(database.pool, (client) => runBatch(client, crm.time))
  const blocker = await database.pool.connect()
  const timeOut = async () => {
    await database.pool.query('update schedules set next_tick_at = now()')
    return transaction(database.pool, async (client) => {
      await client.query(`set local statement_timeout = '150ms'`)
      return runBatch(client, crm.time)
    })
  }
  try {
    await blocker.query('begin')
    await blocker.query('lock table records in access exclusive mode')
    for (const tries of [1, 2]) {
      expect((await timeOut()).events).toBe(0)
      const row = await scheduleRow(id)
      expect(row.cursor).toMatchObject({ after_id: ids[999], tries })
      expect(row.next_tick_at.getTime()).toBeGreaterThan(crm.time.now())
    }
  } finally {
    await blocker.query('rollback')
  }
  await database.pool.query('update schedules set next_tick_at = now()')
  await run()
  expect((await events()).map((event) => event.record_id)).toEqual(ids)
  expect(await scheduleRow(id)).toMatchObject({ cursor: null })

  await database.pool.query('truncate outbox, events')
  await database.pool.query('update schedules set next_tick_at = now()')
  await transaction(database.pool, (client) => runBatch(client, crm.time))
  try {
    await blocker.query('begin')
    await blocker.query('lock table records in access exclusive mode')
    for (let i = 0; i < 3; i++) await timeOut()
  } finally {
    await blocker.query('rollback')
    blocker.release()
  }
  expect(await scheduleRow(id)).toMatchObject({ cursor: null })
  expect(await events()).toHaveLength(1_000)
  const { rows } = await database.pool.query('select status, error from runs')
  expect(rows).toMatchObject([{ status: 'failed' }])
})

test('a schedule over an object without records sleeps until its next tick', async () => {
  const id = await schedule({ cron: '0 0 1 1 *', object: 'tasks' })
  expect((await run()).ticks).toBe(1)
  expect(await events()).toEqual([])
  expect(await scheduleRow(id)).toMatchObject({ cursor: null })
})
