import { listCausesRoute, readOverviewRoute, readStorageRoute } from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHealthRig, type HealthRig } from './rig.ts'

let t: HealthRig
beforeAll(async () => {
  t = await createHealthRig()
})
afterAll(() => t.stop())

const overview = () => t.client.call(readOverviewRoute)

test('an empty workspace has an empty overview', async () => {
  expect(await overview()).toMatchObject({
    on_hold: false,
    backlog: {
      due: { count: 0, capped: false },
      oldest_due_seconds: 0,
      waiting: { count: 0 },
      oldest_event_seconds: 0,
    },
    last_24_hours: { runs: 0, failed: 0, error_rate: null },
    causes: [],
    silent: [],
    overdue: [],
    paused: [],
    alerts: [],
  })
})

test('runs, failures and skipped ones are counted once each, however often and by however many', async () => {
  const id = await t.mailer()
  const picky = await t.automation({
    name: 'Picky',
    trigger: { event: 'record.created', object: 'leads' },
    conditions: { match: 'all', rules: [{ field: 'name', operator: 'equals', value: 'nobody' }] },
    actions: [{ type: 'wait', key: 'rest', config: { duration: 1, unit: 'seconds' } }],
  })
  await t.fail(id, 3)
  await t.create('leads', { name: 'Bo', email: 'bo@example.org' })
  await t.ended(id, 4)
  await t.ended(picky, 4)
  await Promise.all([t.watch(), t.watch(), t.watch()])
  await t.watch()
  const { hours, last_24_hours, causes, counted_to } = await overview()
  expect(last_24_hours).toEqual({ runs: 4, failed: 3, error_rate: 0.75 })
  expect(hours).toHaveLength(24)
  expect(hours.reduce((sum, { skipped }) => sum + skipped, 0)).toBe(4)
  expect(Date.parse(counted_to)).toBeGreaterThan(Date.now() - 60_000)
  expect(causes).toEqual((await t.client.call(listCausesRoute)).data)
  const { rows } = await t.pool.query(
    'select runs, failed, skipped from automation_days where automation_id = any($1) order by runs',
    [[t.uuid(id), t.uuid(picky)]],
  )
  expect(rows).toEqual([
    { runs: 0, failed: 0, skipped: 4 },
    { runs: 4, failed: 3, skipped: 0 },
  ])
})

test('a transaction under way holds the count back, and its runs are counted when it has ended', async () => {
  const client = await t.pool.connect()
  const before = (await overview()).last_24_hours.runs
  await client.query('begin')
  await client.query(
    `insert into runs (class, workspace_id, id, automation_id, version, status, mode, started_at, finished_at, trigger, steps)
     select 'done', $1, overlay(gen_random_uuid()::text placing left(id_floor(clock_timestamp())::text, 13) from 1 for 13)::uuid,
       gen_random_uuid(), 1, 'succeeded', 'live', now(), now(), '{}', '[]'`,
    [t.workspaceId],
  )
  await t.watch()
  await client.query('commit')
  client.release()
  await t.watch()
  expect((await overview()).last_24_hours.runs).toBe(before + 1)
})

test('what waits and what is due is counted', async () => {
  const id = await t.automation({
    trigger: { event: 'record.created', object: 'contacts' },
    actions: [{ type: 'wait', key: 'rest', config: { duration: 1, unit: 'days' } }],
  })
  await t.create('contacts', { name: 'Ada' })
  await t.standing(id, 'wait')
  const { backlog } = await overview()
  expect(backlog).toMatchObject({ waiting: { count: 1, capped: false }, due: { count: 0 }, events: { count: 0 } })
})

test('what isn’t added up yet is counted too, so no failure is told of without its runs', async () => {
  const before = await overview()
  const id = await t.mailer({ name: 'Fresh' })
  await t.fail(id, 1)
  await t.create('leads', { name: 'Bo', email: 'bo@example.org' })
  const all = await t.ended(id, 2)
  expect(all.map(({ status }) => status).toSorted()).toEqual(['failed', 'succeeded'])
  const rate = (o: typeof before) => [o.counting, o.last_24_hours.runs, o.last_24_hours.failed]
  const { runs, failed } = before.last_24_hours
  // the other automation of these leads fails and succeeds the same way
  const added = [false, runs + 4, failed + 2]
  expect(rate(await overview())).toEqual(added)
  // the failures are added up, the runs are not: a run as young as these waits for the next round
  await t.watch({ lagMs: 60_000 })
  expect(rate(await overview())).toEqual(added)
  await t.watch()
  expect(rate(await overview())).toEqual(added)
})

test('while very many runs are counted the error rate is of whole hours that are counted, or of none', async () => {
  const runs = (count: number, back: string) =>
    t.pool.query(
      `insert into runs (class, workspace_id, id, automation_id, version, status, mode, started_at, finished_at, trigger, steps)
       select 'done', $1, overlay(gen_random_uuid()::text placing left(id_floor(now() - $3::interval)::text, 13) from 1 for 13)::uuid,
         $1, 1, 'succeeded', 'live', now(), now(), '{"event": "record.created"}', '[]' from generate_series(1, $2) n`,
      [t.workspaceId, count, back],
    )
  await t.pool.query('truncate workspace_hours, automation_days')
  await t.pool.query(
    `insert into workspace_hours (workspace_id, hour, failed) values ($1, date_trunc('hour', now(), 'UTC'), 50)`,
    [t.workspaceId],
  )
  await runs(12_000, '3 hours')
  await t.pool.query(`update health_state set counted_to = now() - interval '10 hours'`)
  expect(await overview()).toMatchObject({
    counting: true,
    last_24_hours: { runs: 0, failed: 50, error_rate: null },
    week_before: { error_rate: null },
  })
  await t.pool.query(
    `insert into workspace_hours (workspace_id, hour, runs, failed) values ($1, date_trunc('hour', now() - interval '12 hours', 'UTC'), 40, 10)`,
    [t.workspaceId],
  )
  expect((await overview()).last_24_hours).toEqual({ runs: 40, failed: 60, error_rate: 0.25 })
  await t.watch()
  const { counting, last_24_hours } = await overview()
  expect([counting, last_24_hours.runs >= 12_040, last_24_hours.failed]).toEqual([false, true, 60])
  expect(last_24_hours.error_rate).toBeCloseTo(60 / last_24_hours.runs, 5)
})

test('storage tells sizes, and what the log comes to with today’s retention', async () => {
  await t.pool.query(
    `insert into runs (class, workspace_id, id, automation_id, version, status, mode, started_at, finished_at, trigger, steps)
     select 'done', $1, overlay(gen_random_uuid()::text placing left(id_floor(now() - interval '3 days')::text, 13) from 1 for 13)::uuid,
       $1, 1, 'succeeded', 'live', now(), now(), '{"event": "record.created"}', '[]' from generate_series(1, 700) n`,
    [t.workspaceId],
  )
  await t.pool.query(`update health_state set counted_to = now() - interval '4 days'`)
  await t.pool.query('truncate workspace_hours, automation_days')
  await t.watch()
  await t.pool.query('analyze')
  const { groups, bytes, per_day, bytes_each, bytes_per_day, forecast_bytes } = await t.client.call(readStorageRoute)
  expect(groups.map(({ group }) => group)).toEqual(['runs', 'events', 'records', 'other'])
  expect(groups.every((one) => one.bytes > 0 && one.bytes < bytes)).toBe(true)
  expect(groups[0]!.rows).toBeGreaterThanOrEqual(700)
  expect(per_day.succeeded).toBeGreaterThan(200)
  expect(bytes_each.succeeded).toBeGreaterThan(50)
  expect(bytes_each.skipped).toBeNull()
  expect(bytes_per_day).toBe(Math.round(per_day.succeeded * bytes_each.succeeded!))
  expect(forecast_bytes).toBe(Math.round(per_day.succeeded * bytes_each.succeeded! * 30))
})
