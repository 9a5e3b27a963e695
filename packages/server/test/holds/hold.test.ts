import { listRecordEventsRoute, putOnHoldRoute, readAuditLog, readHoldRoute, releaseRoute } from '@kantos/model'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestEngine, type TestEngine } from '../engine.ts'
import { until } from '../helpers.ts'

let t: TestEngine
beforeAll(async () => {
  t = await createTestEngine()
})
afterAll(() => t.stop())

const hold = () => t.client.call(putOnHoldRoute)
const release = (runs: 'continue' | 'cancel') => t.client.call(releaseRoute, { query: { runs } })
/** long enough for several batches, a look for schedules and one for due runs */
const LONG_MS = 1_500

const hooked = (path: string) => ({ type: 'webhook' as const, config: { url: `${t.http.url}/${path}`, body: 'x' } })
const received = (path: string) => t.http.requests.filter((request) => request.path === `/${path}`).length
const onLead = (title: string) => ({
  trigger: { event: 'record.created', object: 'leads' },
  conditions: { match: 'all', rules: [{ field: 'name', operator: 'equals', value: title }] },
})

test('on hold nothing starts or goes on, and released it all does, once each', async () => {
  const direct = await t.automation({ ...onLead('Ada'), actions: [hooked('direct')] })
  const waits = await t.automation({
    ...onLead('Ada'),
    actions: [{ type: 'wait', config: { duration: 1, unit: 'days' } }, hooked('waited')],
  })
  await t.create('leads', { name: 'Ada' })
  await t.run(direct)
  await t.standing(waits, 'wait')
  expect(await t.client.call(readHoldRoute)).toMatchObject({ on_hold: false, waiting: null })

  expect(await hold()).toMatchObject({ on_hold: true, reason: 'operator', waiting: { runs: 1, events: 0 } })
  await t.create('leads', { name: 'Ada' })
  await t.pool.query('update runs_live set due_at = clock_timestamp()')
  const before = (await t.pool.query('select * from runs_live')).rows
  t.services.wake()
  await delay(LONG_MS)
  expect([received('direct'), received('waited')]).toEqual([1, 0])
  expect((await t.pool.query('select * from runs_live')).rows).toEqual(before)
  expect(await t.client.call(readHoldRoute)).toMatchObject({ on_hold: true, waiting: { runs: 1, events: 1 } })

  expect(await release('continue')).toEqual({ released: true, cancelled: { runs: 0, events: 0 } })
  await t.ended(direct, 2)
  await until(() => received('waited') === 1)
  await t.standing(waits, 'wait')
  expect([received('direct'), received('waited')]).toEqual([2, 1])
  expect(await release('continue')).toEqual({ released: false, cancelled: { runs: 0, events: 0 } })
  const { data } = await t.client.call(readAuditLog)
  expect(data.map(({ action }) => action).filter((action) => action.startsWith('hold'))).toEqual([
    'hold.released',
    'hold.created',
  ])
  await t.pool.query('delete from runs_live')
})

test('an effect under way ends and is settled, and its run stands still after it', async () => {
  t.http.next({ kind: 'answer', delayMs: 700 })
  const automation = await t.automation({ ...onLead('Bob'), actions: [hooked('first'), hooked('second')] })
  await t.create('leads', { name: 'Bob' })
  await until(() => received('first') === 1)
  await hold()
  const row = await t.standing(automation, 'held')
  expect(row.steps.map(({ status }) => status)).toEqual(['succeeded'])
  await delay(LONG_MS)
  expect([received('first'), received('second')]).toEqual([1, 0])
  await release('continue')
  const run = await t.run(automation)
  expect(run.status).toBe('succeeded')
  expect([received('first'), received('second')]).toEqual([1, 1])
})

test('released with `cancel`, what was there before the hold ends as cancelled, and what came since goes on', async () => {
  const waits = await t.automation({
    ...onLead('Cy'),
    actions: [{ type: 'wait', config: { duration: 1, unit: 'days' } }, hooked('late')],
  })
  const direct = await t.automation({ ...onLead('Cy'), actions: [hooked('cancelled')] })
  await t.create('leads', { name: 'Cy' })
  await t.standing(waits, 'wait')
  await t.ended(direct)
  await hold()
  // as after a restore: an event from before the hold that nobody took up
  const old = await t.create('leads', { name: 'Cy' })
  await t.pool.query(`update holds set at = date_trunc('milliseconds', clock_timestamp())`)
  await t.create('leads', { name: 'Cy' })
  expect(await release('cancel')).toEqual({ released: true, cancelled: { runs: 1, events: 1 } })
  await t.ended(direct, 2)
  await until(async () => (await t.runs(waits)).map(({ status }) => status).join(' ') === 'cancelled waiting')
  expect(received('cancelled')).toBe(2)
  const { data } = await t.client.call(listRecordEventsRoute, { params: { id: old } })
  expect(data).toHaveLength(1)
  await t.pool.query('delete from runs_live')
})

test('a schedule makes no tick on hold; missed ones follow its misfire rule', async () => {
  const schedule = (misfire: string) =>
    t.automation({ trigger: { event: 'schedule', cron: '* * * * *', misfire }, actions: [hooked(misfire)] })
  const [all, latest, skip] = [await schedule('all'), await schedule('latest'), await schedule('skip')]
  await hold()
  await t.pool.query(`update schedules set next_tick_at = date_trunc('minute', now()) - interval '3 hours'`)
  await delay(LONG_MS)
  expect(await Promise.all([all, latest, skip].map(async (id) => (await t.runs(id)).length))).toEqual([0, 0, 0])
  await t.pool.query(
    `update schedules set next_tick_at = date_trunc('minute', now()) - interval '4 minutes' where automation_id = $1`,
    [(await t.pool.query(`select id from automations where document -> 'trigger' ->> 'misfire' = 'all'`)).rows[0].id],
  )
  await release('continue')
  await t.ended(all, 5)
  await t.ended(latest, 1)
  await t.pool.query(`update automations set status = 'inactive' where trigger_event = 'schedule'`)
  expect((await t.runs(latest)).length).toBeLessThanOrEqual(2)
  expect((await t.runs(skip)).length).toBeLessThanOrEqual(1)
})

test('one workspace on hold doesn’t keep another from working', async () => {
  const { id, key } = await t.newWorkspace('Other')
  await t.clientOf(key).call(putOnHoldRoute, { body: { note: 'Moving house' } })
  expect(await t.clientOf(key).call(readHoldRoute)).toMatchObject({ on_hold: true, note: 'Moving house' })
  const automation = await t.automation({ ...onLead('Di'), actions: [hooked('mine')] })
  await t.create('leads', { name: 'Di' })
  expect((await t.run(automation)).status).toBe('succeeded')
  expect(await t.client.call(readHoldRoute)).toMatchObject({ on_hold: false })
  expect((await t.pool.query('select workspace_id from holds')).rows).toEqual([{ workspace_id: id }])
})
