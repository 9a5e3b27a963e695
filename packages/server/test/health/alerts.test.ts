import {
  listOutbox,
  putOnHoldRoute,
  readOverviewRoute,
  readSettings,
  readSigningSecret,
  releaseRoute,
  testAlertsRoute,
  updateSettings,
} from '@kantos/model'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { standardSignature } from '../../src/webhooks/sign.ts'
import { secretBytes } from '../../src/webhooks/signing-secret.ts'
import { createHealthRig, type HealthRig } from './rig.ts'

let t: HealthRig
beforeAll(async () => {
  t = await createHealthRig()
})
afterAll(() => t.stop())
beforeEach(async () => {
  await t.client.call(updateSettings, { body: { failure_alerts: { enabled: true, emails: [], webhook: null } } })
})
afterEach(async () => {
  await t.pool.query('truncate failures, failure_causes, alerts')
  await t.pool.query(`update automations set deleted_at = now(), status = 'inactive'`)
  await t.pool.query('update workspaces set automations_rev = automations_rev + 1')
  t.smtp.mails.length = 0
  t.http.requests.length = 0
})

const passHour = () => t.pool.query(`update failure_causes set alerted_at = alerted_at - interval '61 minutes'`)
const settings = (change: object) => t.client.call(updateSettings, { body: { failure_alerts: change } })

test('a run that fails is told to the owner: what, where, why, and what to do', async () => {
  const automation = await t.mailer()
  await t.fail(automation, 1)
  await t.watch()
  expect(t.alerts()).toHaveLength(1)
  const { to, parsed } = t.alerts()[0]!
  const [run] = await t.runs(automation)
  expect(to).toEqual([t.owner])
  expect(parsed.subject).toBe('“Welcome mail” failed')
  expect(parsed.text).toContain('Where: step “Greet” (send_email), for “Ada Lovelace”')
  expect(parsed.text).toContain(`Why: ${run!.error!.message} (${run!.error!.code})`)
  expect(parsed.text).toContain('What to do: ')
  expect(parsed.text).toContain(`${t.services.config.publicUrl}/runs/${run!.id}`)
  const overview = await t.client.call(readOverviewRoute)
  expect(overview.alerts).toMatchObject([
    { kind: 'failing', automation_id: automation, runs: 1, mail: 'sent', webhook: 'off' },
  ])
})

test('a cause is told once in an hour, then with the number of failures since', async () => {
  const automation = await t.mailer()
  await t.fail(automation, 2)
  await t.watch()
  await t.fail(automation, 3, 5)
  await t.watch()
  await t.watch()
  expect(t.alerts().map(({ parsed }) => parsed.subject)).toEqual(['“Welcome mail” failed 2 times'])
  await passHour()
  await t.watch()
  await passHour()
  await t.watch()
  expect(t.alerts().map(({ parsed }) => parsed.subject)).toEqual([
    '“Welcome mail” failed 2 times',
    '“Welcome mail” failed 3 times',
  ])
})

test('each cause is told by itself', async () => {
  const [one, other] = [await t.mailer({ name: 'One' }), await t.mailer({ name: 'Other' })]
  await t.fail(one, 2)
  await t.ended(other, 2)
  await t.watch()
  expect(
    t
      .alerts()
      .map(({ parsed }) => parsed.subject)
      .toSorted(),
  ).toEqual(['“One” failed 2 times', '“Other” failed 2 times'])
})

test('however many watch at once, one message comes', async () => {
  const automation = await t.mailer()
  await t.fail(automation, 3)
  await Promise.all(Array.from({ length: 4 }, () => t.watch()))
  expect(t.alerts().map(({ parsed }) => parsed.subject)).toEqual(['“Welcome mail” failed 3 times'])
  const { rows } = await t.pool.query(
    'select sum(failed)::int as failed from automation_days where automation_id = $1',
    [t.uuid(automation)],
  )
  expect(rows[0].failed).toBe(3)
})

test('test runs and runs that succeed are told to nobody', async () => {
  const testing = await t.mailer({ mode: 'test' })
  await t.fail(testing, 1)
  const well = await t.mailer()
  await t.create('leads', { name: 'Bo', email: 'bo@example.org' })
  await t.run(well)
  await t.watch()
  expect(t.alerts()).toEqual([])
})

test('alerts go to the addresses of the settings, and to nobody when they are off', async () => {
  await settings({ emails: ['ops@example.org', 'dev@example.org'] })
  const automation = await t.mailer()
  await t.fail(automation, 1)
  await t.watch()
  expect(t.alerts().map(({ to }) => to)).toEqual([['ops@example.org', 'dev@example.org']])
  await settings({ enabled: false })
  await t.fail(automation, 1, 2)
  await passHour()
  await t.watch()
  await settings({ enabled: true })
  await t.watch()
  expect(t.alerts()).toHaveLength(1)
})

test('the webhook gets what the e-mail says, signed, and is tried again without a second e-mail', async () => {
  await settings({ webhook: `${t.http.url}/alerts` })
  t.http.next({ kind: 'answer', status: 503 })
  const automation = await t.mailer()
  await t.fail(automation, 1)
  await t.watch()
  const ofAlert = () => t.http.requests.filter(({ path }) => path === '/alerts')
  expect(ofAlert()).toHaveLength(1)
  await t.pool.query('update alerts set due_at = now() where due_at is not null')
  await t.watch()
  const [first, second, ...more] = ofAlert()
  expect(more).toEqual([])
  expect(t.alerts()).toHaveLength(1)
  expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id'])
  const { secret } = await t.client.call(readSigningSecret)
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = second!.headers
  const expected = standardSignature(secretBytes(secret), String(id), String(timestamp), second!.body)
  expect(signature).toBe(`v1,${expected}`)
  const [run] = await t.runs(automation)
  expect(JSON.parse(second!.body.toString())).toMatchObject({
    type: 'alert.failing',
    automation: { id: automation, name: 'Welcome mail' },
    failures: 1,
    run: { id: run!.id, error: run!.error },
    subject: '“Welcome mail” failed',
  })
  expect((await t.client.call(readOverviewRoute)).alerts).toMatchObject([
    { mail: 'sent', webhook: 'sent', error: null },
  ])
})

test('an address that may not be reached is told in the overview, and not tried again', async () => {
  await settings({ webhook: 'http://169.254.169.254/latest' })
  await t.fail(await t.mailer(), 1)
  await t.watch()
  const { alerts } = await t.client.call(readOverviewRoute)
  expect(alerts).toMatchObject([{ mail: 'sent', webhook: 'failed' }])
  expect(alerts[0]!.error).toBeTruthy()
  expect((await t.pool.query('select due_at from alerts')).rows).toEqual([{ due_at: null }])
})

test('an alert starts no automation, also when its webhook is one’s own', async () => {
  await settings({ webhook: `${t.services.config.publicUrl}/api/webhooks/automation/auto_1/x` })
  await t.fail(await t.mailer(), 1)
  const before = await t.pool.query('select count(*) from events')
  await t.watch()
  expect((await t.client.call(readOverviewRoute)).alerts).toMatchObject([{ webhook: 'failed' }])
  expect((await t.pool.query('select count(*) from events')).rows).toEqual(before.rows)
})

test('a mail server that is away is tried again, and a mail that came isn’t sent twice', async () => {
  await t.fail(await t.mailer(), 1)
  t.smtp.misbehave('MAIL', { reply: '451 later' }, 1)
  await t.watch()
  expect((await t.client.call(readOverviewRoute)).alerts).toMatchObject([{ mail: 'pending' }])
  expect(t.alerts()).toEqual([])
  await t.pool.query('update alerts set due_at = now() where due_at is not null')
  await t.watch()
  await t.watch()
  expect(t.alerts()).toHaveLength(1)
  expect((await t.client.call(readOverviewRoute)).alerts).toMatchObject([{ mail: 'sent', error: null }])
})

test('without a mail server an alert is in the outbox', async () => {
  await t.fail(await t.mailer(), 1)
  const { mailer } = t.services
  t.services.mailer = null
  await t.watch()
  t.services.mailer = mailer
  const { data } = await t.client.call(listOutbox)
  expect(data).toMatchObject([{ subject: '“Welcome mail” failed', to: [t.owner], run_id: null }])
})

test('a workspace on hold sends no alert until it is released', async () => {
  await t.fail(await t.mailer(), 1)
  await t.client.call(putOnHoldRoute, { body: {} })
  await t.watch()
  expect(t.alerts()).toEqual([])
  await t.client.call(releaseRoute, { query: { runs: 'continue' } })
  await t.watch()
  expect(t.alerts()).toHaveLength(1)
})

test('who dies between claiming an alert and sending it leaves it to the next', async () => {
  await t.fail(await t.mailer(), 1)
  const { mailer } = t.services
  t.services.mailer = { send: () => Promise.reject(new Error('the process died')), close: async () => {} }
  await expect(t.watch()).rejects.toThrow('the process died')
  t.services.mailer = mailer
  await t.watch()
  expect(t.alerts()).toEqual([])
  await t.pool.query('update alerts set due_at = now() where due_at is not null')
  await t.watch()
  expect(t.alerts()).toHaveLength(1)
})

test('very many causes at once make 20 messages an hour, the most frequent first', async () => {
  await t.watch()
  await t.pool.query(
    `insert into failure_causes (workspace_id, cause, automation_id, untold, since, last_at, last_run_id)
     select $1, md5(n::text)::uuid, gen_random_uuid(), n, now(), now(), gen_random_uuid() from generate_series(1, 30) n`,
    [t.workspaceId],
  )
  await t.watch()
  await t.watch()
  expect(t.alerts()).toHaveLength(20)
  const { rows } = await t.pool.query('select untold from failure_causes where untold > 0 order by 1')
  expect(rows.map(({ untold }) => untold)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
})

test('a test alert goes the way of the settings and says what came of it', async () => {
  await settings({ emails: ['ops@example.org'], webhook: `${t.http.url}/alerts` })
  expect(await t.client.call(testAlertsRoute)).toEqual({
    mail: { outcome: 'sent', to: ['ops@example.org'], error: null },
    webhook: { outcome: 'sent', status: 200, error: null },
  })
  expect(t.alerts().map(({ to, parsed }) => [to, parsed.subject])).toEqual([
    [['ops@example.org'], 'Test alert: nothing has failed'],
  ])
  expect(JSON.parse(t.http.requests[0]!.body.toString())).toMatchObject({ type: 'alert.test', automation: null })
  expect((await t.client.call(readOverviewRoute)).alerts).toEqual([])
})

test('a test alert says what hinders it, and is tried once', async () => {
  await settings({ enabled: false, webhook: `${t.http.url}/alerts` })
  t.http.next({ kind: 'answer', status: 503 })
  expect(await t.client.call(testAlertsRoute)).toEqual({
    mail: { outcome: 'sent', to: [t.owner], error: null },
    webhook: { outcome: 'failed', status: 503, error: 'The alerts’ webhook answered 503.' },
  })
  await settings({ webhook: 'http://10.1.2.3/alerts' })
  const { webhook } = await t.client.call(testAlertsRoute)
  expect(webhook).toMatchObject({ outcome: 'failed', status: null })
  expect(webhook.error).toContain('10.1.2.3')
  expect(t.http.requests).toHaveLength(1)
})

test('only those who may change it see the address of the alerts’ webhook', async () => {
  const webhook = 'https://chat.example.org/hooks/canary'
  await settings({ webhook })
  for (const role of ['viewer', 'editor'] as const) {
    const { client } = await t.logIn(role)
    expect((await client.call(readSettings)).failure_alerts.webhook).toBe('••••')
    await expect(client.call(testAlertsRoute)).rejects.toMatchObject({ code: 'FORBIDDEN' })
  }
  const { client } = await t.logIn('admin')
  expect((await client.call(readSettings)).failure_alerts.webhook).toBe(webhook)
  await expect(settings({ webhook: '••••' })).rejects.toMatchObject({ code: 'VALIDATION_ERROR' })
})
