import {
  activateAutomationRoute,
  deactivateAutomationRoute,
  deleteAutomationRoute,
  getAutomationRoute,
  listAutomationsRoute,
  putOnHoldRoute,
  readOverviewRoute,
  releaseRoute,
  setAutomationModeRoute,
  updateSettings,
} from '@kantos/model'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { silence } from '../../src/health/silence.ts'
import { createHealthRig, type HealthRig } from './rig.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

describe('what silence is', () => {
  const now = Date.UTC(2026, 10, 23, 18)
  const today = Math.floor(now / DAY)
  /** runs of the 14 days up to yesterday, oldest first */
  const daysOf = (...runs: number[]) =>
    runs.map((n, i) => ({ day: today - runs.length + i, runs: n })).filter((d) => d.runs > 0)
  const steady = daysOf(...Array.from({ length: 14 }, () => 40))
  const weekdays = daysOf(40, 40, 40, 0, 0, 40, 40, 40, 40, 40, 0, 0, 40, 40)
  const rare = daysOf(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)
  const judge = (days: { day: number; runs: number }[], hours: number, watchedHours = 1000) =>
    silence({ days, lastRunAt: now - hours * HOUR, watchedFrom: now - watchedHours * HOUR }, 24, now)

  test.each([
    ['40 a day, nothing for 26 hours', steady, 26, 1000, { perDay: 40 }],
    ['40 a day, nothing for 23 hours', steady, 23, 1000, null],
    ['40 a day, but nobody watched for long enough', steady, 26, 5, null],
    ['a weekend is no silence', weekdays, 65, 1000, null],
    ['longer than a weekend is', weekdays, 73, 1000, { perDay: 400 / 14 }],
    ['once a day, nothing for 3 days', rare, 72, 1000, null],
    ['once a day, nothing for 10 days', daysOf(1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0), 10 * 24, 1000, { perDay: 1 }],
    ['too few days to tell', daysOf(40, 40, 40), 26, 1000, null],
    ['never ran', [], 26, 1000, null],
  ])('%s', (_, days, hours, watched, expected) => {
    expect(judge(days, hours, watched)).toEqual(expected)
  })
})

let t: HealthRig
beforeAll(async () => {
  t = await createHealthRig()
})
afterAll(() => t.stop())
afterEach(async () => {
  await t.pool.query('truncate alerts, automation_days, failures, failure_causes')
  await t.pool.query(`update automations set deleted_at = now(), status = 'inactive'`)
  await t.pool.query('delete from schedules')
  await t.pool.query('update workspaces set automations_rev = automations_rev + 1')
  t.smtp.mails.length = 0
})

/** What the automation itself, and its line in the list, say of it. */
async function saidOf(id: string) {
  const one = await t.client.call(getAutomationRoute, { params: { id } })
  const { data } = await t.client.call(listAutomationsRoute, { query: { status: one.status } })
  const line = data.find((item) => item.id === id)
  const said = [one, line].map((at) => ({ silent: at?.silent, overdue: at?.overdue }))
  expect(said[1]).toEqual(said[0])
  return said[0]!
}

const silent = async () => (await t.client.call(readOverviewRoute)).silent

/** An automation that ran 40 times a day until 26 hours ago, watched all the time. */
async function silentAutomation(): Promise<string> {
  const id = await t.mailer({ name: 'Web leads' })
  const uuid = t.uuid(id)
  await t.pool.query(`update automations set activated_at = now() - interval '30 days' where id = $1`, [uuid])
  await t.pool.query(
    `insert into automation_days (workspace_id, automation_id, day, runs)
     select $1, $2, ((now() - interval '26 hours') at time zone 'UTC')::date - n, 40 from generate_series(0, 12) n`,
    [t.workspaceId, uuid],
  )
  await t.pool.query(
    `insert into runs (class, workspace_id, id, automation_id, version, status, mode, started_at, finished_at, trigger, steps)
     select 'done', $1, overlay(gen_random_uuid()::text placing left(id_floor(now() - interval '26 hours')::text, 13) from 1 for 13)::uuid,
       $2, 1, 'succeeded', 'live', now(), now(), '{"event": "record.created"}', '[]'`,
    [t.workspaceId, uuid],
  )
  await t.pool.query('update health_state set watched_from = now()')
  await t.watch()
  await t.pool.query(
    `update health_state set watched_from = now() - interval '9 days', looked_at = now() - interval '1 minute'`,
  )
  return id
}

test('an automation that falls silent is told once, and a run ends it', async () => {
  const id = await silentAutomation()
  await Promise.all([t.watch(), t.watch()])
  await t.watch()
  expect(t.alerts().map(({ parsed }) => parsed.subject)).toEqual(['“Web leads” is silent: nothing for 26 hours'])
  expect(t.alerts()[0]!.parsed.text).toContain('usually runs 40 times a day. It has not run for 26 hours')
  const [told] = await silent()
  expect(told).toMatchObject({ automation_id: id, automation_name: 'Web leads', per_day: 40 })
  const { automation_id: _, automation_name: __, ...silence } = told!
  expect(silence.last_run_id).toMatch(/^run_/)
  expect(await saidOf(id)).toEqual({ silent: silence, overdue: undefined })
  await t.create('leads', { name: 'Bo', email: 'bo@example.org' })
  await t.ended(id, 2)
  await t.watch()
  expect(await silent()).toEqual([])
  expect(await saidOf(id)).toEqual({ silent: undefined, overdue: undefined })
  expect(t.alerts()).toHaveLength(1)
})

test('one that is deactivated is not silent', async () => {
  const id = await silentAutomation()
  await t.watch()
  expect(await silent()).toHaveLength(1)
  await t.client.call(deactivateAutomationRoute, { params: { id } })
  // at once, before the next look; and when it is activated again, its time begins anew
  expect(await silent()).toEqual([])
  expect(await saidOf(id)).toEqual({ silent: undefined, overdue: undefined })
  await t.client.call(activateAutomationRoute, { params: { id } })
  expect(await silent()).toEqual([])
  expect(await saidOf(id)).toEqual({ silent: undefined, overdue: undefined })
  await t.watch()
  expect(await silent()).toEqual([])
  const { rows } = await t.pool.query(`select from alerts where kind = 'silent' and ended_at is null`)
  expect(rows).toHaveLength(0)
})

test('one that is deleted or only tested from now on is not silent', async () => {
  const tested = await silentAutomation()
  await t.watch()
  expect(await silent()).toHaveLength(1)
  await t.client.call(setAutomationModeRoute, { params: { id: tested }, body: { mode: 'test' } })
  expect(await silent()).toEqual([])
  expect(await saidOf(tested)).toEqual({ silent: undefined, overdue: undefined })
  await t.client.call(setAutomationModeRoute, { params: { id: tested }, body: { mode: 'live' } })
  expect(await silent()).toHaveLength(1)
  await t.client.call(deleteAutomationRoute, { params: { id: tested } })
  expect(await silent()).toEqual([])
})

test('what a hold or a stop of the server kept from running is no silence', async () => {
  await silentAutomation()
  await t.client.call(putOnHoldRoute, { body: {} })
  await t.watch()
  await t.client.call(releaseRoute, { query: { runs: 'continue' } })
  await t.watch()
  expect(await silent()).toEqual([])
  await t.pool.query(
    `update health_state set watched_from = now() - interval '9 days', looked_at = now() - interval '3 hours'`,
  )
  await t.watch()
  expect(await silent()).toEqual([])
})

test('the setting turns it off, and alerts turned off leave it in the overview', async () => {
  await silentAutomation()
  await t.client.call(updateSettings, { body: { silence_watch: { enabled: false } } })
  await t.watch()
  expect(await silent()).toEqual([])
  await t.client.call(updateSettings, {
    body: { silence_watch: { enabled: true }, failure_alerts: { enabled: false } },
  })
  await t.watch()
  expect(await silent()).toHaveLength(1)
  expect(t.alerts()).toEqual([])
  await t.client.call(updateSettings, { body: { failure_alerts: { enabled: true } } })
})

test('a tick that nobody takes up is told once, until it is taken up', async () => {
  const id = await t.automation({
    name: 'Report',
    trigger: { event: 'schedule', cron: '0 9 * * *' },
    actions: [{ type: 'wait', key: 'rest', config: { duration: 1, unit: 'seconds' } }],
  })
  await t.watch()
  await t.pool.query(`update health_state set watched_from = now() - interval '1 day'`)
  await t.worker.stop(2_000)
  await t.pool.query(`update schedules set next_tick_at = date_trunc('minute', now()) - interval '15 minutes'`)
  await t.watch()
  await t.watch()
  expect(t.alerts().map(({ parsed }) => parsed.subject)).toEqual(['“Report” missed its schedule'])
  expect((await t.client.call(readOverviewRoute)).overdue).toMatchObject([
    { automation_id: id, automation_name: 'Report' },
  ])
  const [missed] = (await t.client.call(readOverviewRoute)).overdue
  expect(await saidOf(id)).toEqual({ silent: undefined, overdue: { tick: missed!.tick } })
  await t.pool.query(`update schedules set next_tick_at = now() + interval '1 hour'`)
  await t.watch()
  expect((await t.client.call(readOverviewRoute)).overdue).toEqual([])
})
