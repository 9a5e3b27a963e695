import {
  activateAutomationRoute,
  getAutomationRoute,
  readAuditLog,
  readOverviewRoute,
  updateSettings,
} from '@kantos/model'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createHealthRig, type HealthRig } from './rig.ts'

let t: HealthRig
beforeAll(async () => {
  t = await createHealthRig()
  await t.client.call(updateSettings, { body: { auto_pause: { after: 4 } } })
})
afterAll(() => t.stop())
afterEach(async () => {
  await t.client.call(updateSettings, { body: { auto_pause: { enabled: true } } })
  await t.pool.query(`update automations set deleted_at = now(), status = 'inactive'`)
  await t.pool.query('update workspaces set automations_rev = automations_rev + 1')
  await t.pool.query('truncate alerts, failure_causes')
  t.smtp.mails.length = 0
})

const automationOf = (id: string) => t.client.call(getAutomationRoute, { params: { id } })

test('an automation whose last runs all failed is deactivated, with the reason where one looks', async () => {
  const id = await t.mailer()
  await t.fail(id, 3)
  await t.watch()
  expect((await automationOf(id)).status).toBe('active')
  await t.fail(id, 1, 4)
  await Promise.all([t.watch(), t.watch()])
  const runs = await t.runs(id)
  const newest = runs.at(-1)!.id
  expect(await automationOf(id)).toMatchObject({ status: 'inactive', flags: [{ code: 'FAILING', run_id: newest }] })
  const { data } = await t.client.call(readAuditLog, { query: { action: 'automation.paused' } })
  expect(data).toMatchObject([
    { actor: 'system', target: id, details: { reason: 'its last 4 runs failed', run_id: newest } },
  ])
  expect(t.alerts().map(({ parsed }) => parsed.subject)).toEqual([
    '“Welcome mail” failed 3 times',
    '“Welcome mail” was paused: its last 4 runs failed',
  ])
  expect(t.alerts()[1]!.parsed.text).toContain('until somebody activates it again')
  const { paused } = await t.client.call(readOverviewRoute)
  expect(paused).toMatchObject([{ automation_id: id, automation_name: 'Welcome mail', run_id: newest }])
  await t.create('leads', { name: 'Later' })
  await t.quiet()
  expect(await t.runs(id)).toHaveLength(4)
})

test('activating it again clears the flag, and the count begins anew', async () => {
  const id = await t.mailer()
  await t.fail(id, 4)
  await t.watch()
  await t.client.call(activateAutomationRoute, { params: { id } })
  expect(await automationOf(id)).toMatchObject({ status: 'active', flags: [] })
  await t.fail(id, 3, 7)
  await t.watch()
  expect((await automationOf(id)).status).toBe('active')
  await t.fail(id, 1, 8)
  await t.watch()
  expect((await automationOf(id)).status).toBe('inactive')
})

test('failures that lead to a pause at once are told in one message, with what the runs failed of', async () => {
  const id = await t.mailer()
  t.smtp.misbehave('RCPT', { reply: '550 no such user' }, 1)
  await t.create('leads', { name: 'Refused', email: 'refused@example.org' })
  await t.ended(id, 1)
  await t.fail(id, 3, 4)
  await t.watch()
  await t.watch()
  const mails = t.alerts().map(({ parsed }) => parsed)
  expect(mails.map(({ subject }) => subject)).toEqual(['“Welcome mail” was paused: its last 4 runs failed'])
  const [, error] = (await t.runs(id)).map((run) => run.error!)
  expect(mails[0]!.text).toContain(
    `What they failed of:\n- 3 times at step “Greet”: ${error!.message} (${error!.code})\n- once at step “Greet”: `,
  )
  expect(mails[0]!.text).toContain(`Why: ${error!.message} (${error!.code})`)
  // nor are they told later
  await t.pool.query(`update failure_causes set alerted_at = alerted_at - interval '61 minutes'`)
  await t.pool.query(`update alerts set at = at - interval '61 minutes'`)
  await t.watch()
  expect(t.alerts()).toHaveLength(1)
  await t.client.call(activateAutomationRoute, { params: { id } })
  await t.fail(id, 1, 5)
  await t.watch()
  expect(t.alerts().map(({ parsed }) => parsed.subject)).toEqual([
    '“Welcome mail” was paused: its last 4 runs failed',
    '“Welcome mail” failed',
  ])
})

test('a run that succeeds among them, or the setting, keeps it active', async () => {
  const id = await t.mailer()
  await t.fail(id, 2)
  await t.create('leads', { name: 'Bo', email: 'bo@example.org' })
  await t.ended(id, 3)
  await t.fail(id, 3, 6)
  await t.watch()
  expect((await automationOf(id)).status).toBe('active')
  await t.client.call(updateSettings, { body: { auto_pause: { enabled: false } } })
  await t.fail(id, 2, 8)
  await t.watch()
  expect((await automationOf(id)).status).toBe('active')
})
