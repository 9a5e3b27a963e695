import {
  createApiKey,
  createAutomationRoute,
  DEFAULT_SETTINGS,
  deleteApiKey,
  deleteAutomationRoute,
  deleteSecret,
  inviteUser,
  listOutbox,
  listSecrets,
  publicId,
  putSecret,
  readAuditLog,
  readOutboxEmail,
  readSettings,
  readSigningSecret,
  rotateSigningSecret,
  updateSettings,
  updateUser,
} from '@kantos/model'
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ensureKey } from '../../src/accounts/api-keys.ts'
import { signingSecrets } from '../../src/accounts/signing-secret.ts'
import { createWorkspace, ensureWorkspace } from '../../src/accounts/workspaces.ts'
import { forgetOldEntries } from '../../src/audit/retention.ts'
import { createApp } from '../../src/api/app.ts'
import { masterKey } from '../../src/secrets/key.ts'
import { createSealer } from '../../src/secrets/seal.ts'
import { openSecrets } from '../../src/secrets/store.ts'
import { createTestApp, TEST_ORIGIN, type TestApp } from '../app.ts'

let t: TestApp
beforeAll(async () => {
  t = await createTestApp()
})
afterAll(() => t.drop())

test('a new workspace has its standard objects, a signing secret and the default settings', async () => {
  const { rows } = await t.pool.query('select slug from objects where workspace_id = $1 order by position', [
    t.workspaceId,
  ])
  expect(rows.map(({ slug }) => slug)).toEqual(['leads', 'contacts', 'companies', 'deals', 'tasks'])
  expect((await t.client.call(readSigningSecret)).secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  expect(await t.client.call(readSettings)).toEqual(DEFAULT_SETTINGS)
})

test('processes that start at once make one workspace', async () => {
  const made = await Promise.all(Array.from({ length: 4 }, () => ensureWorkspace(t.pool, t.services.sealer)))
  expect(new Set(made.map(({ id }) => id))).toEqual(new Set([t.workspaceId]))
  expect(made.some(({ created }) => created)).toBe(false)
})

test('a second workspace has its own key, and its name only once', async () => {
  const { slug, key } = await createWorkspace(t.pool, t.services.sealer, 'Ünïted Söl 2')
  expect(slug).toBe('united-sol-2')
  expect(await t.clientOf(key).call(readSettings)).toEqual(DEFAULT_SETTINGS)
  await expect(createWorkspace(t.pool, t.services.sealer, 'united sol 2')).rejects.toThrow('already')
})

test('the key of the environment is added once; another one is added beside it', async () => {
  const [first, second] = ['kantos_environment-key-1', 'kantos_environment-key-2']
  expect(await ensureKey(t.pool, t.workspaceId, first)).toBe(true)
  expect(await ensureKey(t.pool, t.workspaceId, first)).toBe(false)
  expect(await ensureKey(t.pool, t.workspaceId, second)).toBe(true)
  for (const key of [first, second]) expect(await t.clientOf(key).call(readSettings)).toBeDefined()
})

test('what a change of settings doesn’t name stays, and workers see the change', async () => {
  const revision = async () =>
    (await t.pool.query('select automations_rev from workspaces where id = $1', [t.workspaceId])).rows[0]
      .automations_rev
  const before = await revision()
  const changed = await t.client.call(updateSettings, {
    body: { loop_limits: { max_depth: 7 }, failure_alerts: { enabled: true, emails: ['ops@example.org'] } },
  })
  expect(changed).toEqual({
    ...DEFAULT_SETTINGS,
    loop_limits: { ...DEFAULT_SETTINGS.loop_limits, max_depth: 7 },
    failure_alerts: { enabled: true, emails: ['ops@example.org'], webhook: null },
  })
  expect(await t.client.call(readSettings)).toEqual(changed)
  expect(await revision()).toBe(before + 1)
})

test('after a rotation both secrets sign for a day, then the new one alone', async () => {
  const { secret: former } = await t.client.call(readSigningSecret)
  const rotated = await t.client.call(rotateSigningSecret)
  expect(rotated.secret).not.toBe(former)
  expect(rotated.previous?.secret).toBe(former)
  const hours = (Date.parse(rotated.previous!.expires_at) - Date.now()) / 3_600_000
  expect(Math.abs(hours - 24)).toBeLessThan(0.1)
  const active = () => signingSecrets(t.pool, t.services.sealer, t.workspaceId)
  expect((await active()).map(({ secret }) => secret)).toEqual([rotated.secret, former])
  await t.pool.query(
    `update workspaces set signing_secrets = jsonb_set(signing_secrets, '{1,expires_at}', '"2020-01-01T00:00:00.000Z"')
     where id = $1`,
    [t.workspaceId],
  )
  expect((await active()).map(({ secret }) => secret)).toEqual([rotated.secret])
})

test('with another master key a sealed secret is a 503 that says what to do, and no fault of ours', async () => {
  const sealer = createSealer([masterKey(randomBytes(32))], 'secrets')
  const { hono } = createApp(Object.assign(Object.create(t.services), { sealer }))
  const response = await hono.request(`${TEST_ORIGIN}/api/signing-secret`, { headers: { 'x-api-key': t.apiKey } })
  expect(response.status).toBe(503)
  expect((await response.json()).error).toMatch(
    /sealed with another key: set KANTOS_SECRET_KEY, or restore secret\.key/,
  )
})

test('a second change of the signing secret takes from the first none of its 24 hours, and changes have a bound', async () => {
  const { id, key } = await t.newWorkspace('Impatient')
  const client = t.clientOf(key)
  const known = [(await client.call(readSigningSecret)).secret]
  for (let i = 0; i < 5; i++) known.unshift((await client.call(rotateSigningSecret)).secret)
  const signing = await signingSecrets(t.pool, t.services.sealer, id)
  expect(signing.map(({ secret }) => secret)).toEqual(known)
  await expect(client.call(rotateSigningSecret)).rejects.toMatchObject({ code: 'CONFLICT' })
})

test('a secret goes in and never comes out, not even from the database', async () => {
  await t.client.call(putSecret, { params: { name: 'slack_token' }, body: { value: 'xoxb-canary' } })
  await t.client.call(putSecret, { params: { name: 'slack_token' }, body: { value: 'xoxb-canary-2' } })
  const { data } = await t.client.call(listSecrets)
  expect(data.map(({ name }) => name)).toEqual(['slack_token'])
  expect(JSON.stringify(data)).not.toContain('canary')
  const opened = await openSecrets(t.pool, t.services.sealer, t.workspaceId, ['slack_token', 'missing'])
  expect([...opened]).toEqual([['slack_token', 'xoxb-canary-2']])
  const { rows } = await t.pool.query('select sealed from secrets')
  expect(rows[0].sealed.toString('latin1')).not.toContain('canary')
  const log = await t.client.call(readAuditLog, { query: { action: 'secret.' } })
  expect(log.data.map(({ action }) => action)).toEqual(['secret.updated', 'secret.created'])
  expect(JSON.stringify(log)).not.toContain('canary')
})

test('a secret that automations use is deleted only by force', async () => {
  await t.client.call(putSecret, { params: { name: 'crm' }, body: { value: 'x' } })
  await t.client.call(putSecret, { params: { name: 'crm_2' }, body: { value: 'x' } })
  await t.pool.query(
    `insert into automations (workspace_id, id, name, version, document, trigger_event)
     values ($1, gen_random_uuid(), 'Post to CRM', 1, $2, 'manual')`,
    [t.workspaceId, { actions: [{ config: { url: "https://x.org/{{ secrets['crm_2'] }}" } }] }],
  )
  await t.client.call(deleteSecret, { params: { name: 'crm' } })
  await expect(t.client.call(deleteSecret, { params: { name: 'crm_2' } })).rejects.toMatchObject({
    code: 'CONFLICT',
    details: { automations: ['Post to CRM'] },
  })
  await t.client.call(deleteSecret, { params: { name: 'crm_2' }, query: { force: 'true' } })
  await expect(t.client.call(deleteSecret, { params: { name: 'crm_2' } })).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test.each(['1st', 'a-b', 'constructor', 'x'.repeat(65)])('%s is no name of a secret', async (name) => {
  await expect(t.client.call(putSecret, { params: { name }, body: { value: 'x' } })).rejects.toMatchObject({
    code: 'VALIDATION_ERROR',
  })
})

test('a new secret’s name differs from the others’ not in case alone; what is there stays usable', async () => {
  const put = (name: string) => t.client.call(putSecret, { params: { name }, body: { value: 'x' } })
  await put('Mail_Token')
  await expect(put('MAIL_TOKEN')).rejects.toMatchObject({
    status: 422,
    details: {
      errors: [
        {
          path: '/name',
          message: expect.stringContaining(
            'There is a secret Mail_Token already, and MAIL_TOKEN would differ from it in case',
          ),
        },
      ],
    },
  })
  // two that are there from before
  await t.pool.query(
    `insert into secrets (workspace_id, name, id, sealed) select workspace_id, 'mail_token', gen_random_uuid(), sealed from secrets where name = 'Mail_Token'`,
  )
  await put('mail_token')
  await put('Mail_Token')
  // of two at once one is stored
  const twins = await Promise.allSettled(['Twin', 'TWIN', 'twin'].map(put))
  expect(twins.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  const { data } = await t.client.call(listSecrets)
  expect(data.map(({ name }) => name)).toEqual(expect.arrayContaining(['Mail_Token', 'mail_token']))
  expect(data.filter(({ name }) => name.toLowerCase() === 'twin')).toHaveLength(1)
  for (const { name } of data.filter(({ name: one }) => /^(mail_token|twin)$/i.test(one)))
    await t.client.call(deleteSecret, { params: { name }, query: {} })
})

test('captured e-mails are listed newest first, page by page, each once', async () => {
  for (let i = 1; i <= 5; i++)
    await t.pool.query(
      `insert into captured_emails (workspace_id, id, message_id, sender, recipients, subject, html)
       values ($1, ('00000000-0000-7000-8000-00000000000' || $2::int)::uuid, '<' || $2::int || '@x>', 'a@b.org', $3, 'Mail ' || $2::int, '<p>Hi</p>')`,
      [t.workspaceId, i, { to: ['c@d.org'], cc: [], bcc: [], reply_to: null }],
    )
  const subjects: string[] = []
  let cursor: string | undefined
  do {
    const page = await t.client.call(listOutbox, { query: { limit: 2, cursor } })
    subjects.push(...page.data.map(({ subject }) => subject))
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
  expect(subjects).toEqual(['Mail 5', 'Mail 4', 'Mail 3', 'Mail 2', 'Mail 1'])
  const { data } = await t.client.call(listOutbox, { query: { limit: 1 } })
  expect(await t.client.call(readOutboxEmail, { params: { id: data[0]!.id } })).toMatchObject({
    to: ['c@d.org'],
    from: 'a@b.org',
    html: '<p>Hi</p>',
    run_id: null,
  })
})

test('the audit log is read page by page, and by actor', async () => {
  const all = await t.client.call(readAuditLog, { query: { limit: 100 } })
  const first = await t.client.call(readAuditLog, { query: { limit: 3 } })
  const second = await t.client.call(readAuditLog, { query: { limit: 3, cursor: first.next_cursor! } })
  expect([...first.data, ...second.data]).toEqual(all.data.slice(0, 6))
  expect((await t.client.call(readAuditLog, { query: { actor: 'key_none' } })).data).toEqual([])
})

test('the audit log calls what was changed by its name, also when that is gone', async () => {
  const user = await t.logIn('editor')
  await t.client.call(updateUser, { params: { id: publicId('user', user.id) }, body: { role: 'viewer' } })
  await t.client.call(inviteUser, { body: { email: 'joan@example.org', role: 'editor' } })
  const { id } = await t.client.call(createAutomationRoute, {
    body: {
      name: 'Greet',
      trigger: { event: 'record.created', object: 'leads' },
      actions: [{ type: 'stop' }],
    } as never,
  })
  await t.client.call(deleteAutomationRoute, { params: { id } })
  const key = await t.client.call(createApiKey, { body: { name: 'Website', type: 'intake' } })
  await t.client.call(deleteApiKey, { params: { id: key.id } })
  await t.client.call(putSecret, { params: { name: 'stripe' }, body: { value: 'x' } })
  await t.pool.query('delete from automations')
  const { data } = await t.client.call(readAuditLog, { query: { limit: 7 } })
  expect(data.map(({ action, target_name }) => [action, target_name])).toEqual([
    ['secret.created', null],
    ['api_key.revoked', 'Website'],
    ['api_key.created', 'Website'],
    ['automation.deleted', 'Greet'],
    ['automation.created', 'Greet'],
    ['user.invited', 'joan@example.org'],
    ['user.updated', 'The editor'],
  ])
})

test('the audit log is kept as long as the settings say', async () => {
  await t.client.call(updateSettings, { body: { retention: { audit_days: 40 } } })
  await t.pool.query(`update audit_log set at = now() - interval '41 days' where action = 'secret.created'`)
  await t.pool.query(`update audit_log set at = now() - interval '39 days' where action = 'secret.updated'`)
  expect(await forgetOldEntries(t.pool)).toBeGreaterThan(0)
  const { data } = await t.client.call(readAuditLog, { query: { action: 'secret.' } })
  const actions = new Set(data.map(({ action }) => action))
  expect([actions.has('secret.created'), actions.has('secret.updated')]).toEqual([false, true])
})
