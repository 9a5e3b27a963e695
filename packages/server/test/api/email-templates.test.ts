import {
  ApiError,
  createEmailTemplateRoute,
  createRecordRoute,
  deleteEmailTemplateRoute,
  type EmailTemplateAnswer,
  getEmailTemplateRoute,
  listEmailTemplatesRoute,
  previewEmailTemplateRoute,
  testEmailTemplateRoute,
  publicId,
  updateEmailTemplateRoute,
} from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAutomation } from '../../src/automations/save.ts'
import type { Principal } from '../../src/services.ts'
import { createTestApp, type TestApp } from '../app.ts'

let t: TestApp
let n = 0
beforeAll(async () => {
  t = await createTestApp()
})
afterAll(() => t.drop())

const create = (over: object = {}): Promise<EmailTemplateAnswer> =>
  t.client.call(createEmailTemplateRoute, {
    body: { name: `Template ${++n}`, subject: 'Hi {{record.name}}', html: '<p>Hi {{record.name}}</p>', ...over },
  })
const refused = async (work: Promise<unknown>): Promise<ApiError> => {
  const error = await work.then(
    () => null,
    (failure: unknown) => failure,
  )
  expect(error).toBeInstanceOf(ApiError)
  return error as ApiError
}
const revision = async () =>
  Number(
    (await t.pool.query('select automations_rev as rev from workspaces where id = $1', [t.workspaceId])).rows[0].rev,
  )

test('a template is created, read, changed and deleted, and workers hear of each change', async () => {
  const first = await revision()
  const made = await create({ name: 'Welcome', text: 'Hi' })
  expect(made).toMatchObject({ id: expect.stringMatching(/^tmpl_[0-9a-f]{32}$/), name: 'Welcome', text: 'Hi' })
  const params = { id: made.id }
  expect(await t.client.call(getEmailTemplateRoute, { params })).toEqual(made)
  const body = { name: 'Welcome', subject: 'Hello', html: '<p>x</p>' }
  const saved = await t.client.call(updateEmailTemplateRoute, { params, body })
  expect(saved).toMatchObject({ subject: 'Hello', html: '<p>x</p>', text: null, created_at: made.created_at })
  await t.client.call(updateEmailTemplateRoute, { params, body })
  await t.client.call(deleteEmailTemplateRoute, { params })
  expect((await refused(t.client.call(getEmailTemplateRoute, { params }))).code).toBe('NOT_FOUND')
  expect(await revision()).toBe(first + 3)
  const { rows } = await t.pool.query('select action from audit_log where target = $1 order by at, id', [made.id])
  expect(rows.map(({ action }) => action)).toEqual([
    'email_template.created',
    'email_template.updated',
    'email_template.deleted',
  ])
})

test('a broken text is refused at its place, with the column', async () => {
  const error = await refused(create({ subject: 'a {{ b', html: '{{ uper(x) }}', text: '{{secrets.token}}' }))
  expect(error.status).toBe(422)
  const { errors } = error.details as { errors: { path: string; message: string }[] }
  expect(errors.map(({ path }) => path)).toEqual(['/subject', '/html', '/text'])
  expect(errors[0]!.message).toMatch(/column 3/)
  expect((await refused(create({ html: ' ' }))).details).toMatchObject({ errors: [{ path: '/html' }] })
  expect((await refused(create({ subject: 'a\nb' }))).details).toMatchObject({ errors: [{ path: '/subject' }] })
})

test('a name is used once', async () => {
  const one = await create({ name: 'Once' })
  expect((await refused(create({ name: 'Once' }))).code).toBe('CONFLICT')
  const other = await create({ name: 'Twice' })
  const body = { name: 'Once', subject: 'x', html: 'x' }
  expect((await refused(t.client.call(updateEmailTemplateRoute, { params: { id: other.id }, body }))).code).toBe(
    'CONFLICT',
  )
  await t.client.call(updateEmailTemplateRoute, { params: { id: one.id }, body })
})

test('the list is paged by name and searched', async () => {
  await create({ name: 'Zebra 10%' })
  const { data } = await t.client.call(listEmailTemplatesRoute, { query: { q: '10%' } })
  expect(data.map(({ name }) => name)).toEqual(['Zebra 10%'])
  const page = await t.client.call(listEmailTemplatesRoute, { query: { per_page: 1, page: 2 } })
  expect(page.data).toHaveLength(1)
  expect(page.pagination).toMatchObject({ page: 2, per_page: 1, total_pages: page.pagination.total })
})

test('a preview renders a record, its references and variables, and escapes them in the HTML', async () => {
  const company = await t.client.call(createRecordRoute, {
    body: { object_id: 'obj_companies', field_values: { name: 'A & B' } },
  })
  const record = await t.client.call(createRecordRoute, {
    body: { object_id: 'obj_contacts', field_values: { name: '<Ada>', company: company.id } },
  })
  const { id } = await create({
    subject: '{{record.name}}\t{{code}}',
    html: '<p>{{record.name}} of {{record.company.name}}: {{variables.code}}{{record.email}}</p>',
  })
  const preview = await t.client.call(previewEmailTemplateRoute, {
    params: { id },
    body: { record_id: record.id, variables: { code: 7 } },
  })
  expect(preview).toEqual({
    subject: '<Ada> 7',
    html: '<p>&lt;Ada&gt; of A &amp; B: 7</p>',
    text: '<Ada> of A & B: 7',
    missing: ['record.email'],
  })
})

test('a preview takes values of one’s own, and texts that are not saved yet', async () => {
  const { id } = await create()
  const call = (body: object) => t.client.call(previewEmailTemplateRoute, { params: { id }, body })
  expect((await call({ record: { name: 'Bob' } })).subject).toBe('Hi Bob')
  expect(
    await call({ record: { name: 'Bob' }, texts: { html: '<b>{{record.name}}</b>', subject: 'S' } }),
  ).toMatchObject({
    subject: 'S',
    html: '<b>Bob</b>',
  })
  expect((await refused(call({ texts: { html: '{{' } }))).details).toMatchObject({ errors: [{ path: '/texts/html' }] })
  expect((await refused(call({ record_id: `rec_${'0'.repeat(32)}` }))).code).toBe('NOT_FOUND')
})

test('a template that an automation uses is kept, and the refusal names it', async () => {
  const { id } = await create({ name: 'Used' })
  const key = t.services.time.id()
  const me: Principal = {
    workspaceId: t.workspaceId,
    kind: 'key',
    id: key,
    actor: publicId('key', key),
    name: 'T',
    role: 'admin',
  }
  await createAutomation(t.services, me, {
    name: 'The user of it',
    trigger: { event: 'record.created', object: 'leads' },
    actions: [{ type: 'branch', conditions: [{ else: [{ type: 'send_email', template: 'Used' }] }] }],
  })
  const error = await refused(t.client.call(deleteEmailTemplateRoute, { params: { id } }))
  expect(error.code).toBe('CONFLICT')
  expect(error.message).toContain('The user of it')
})

test('another workspace’s template is not there', async () => {
  const { id } = await create()
  const other = t.clientOf((await t.newWorkspace('Other')).key)
  const params = { id }
  const body = { name: 'x', subject: 'x', html: 'x' }
  for (const work of [
    () => other.call(getEmailTemplateRoute, { params }),
    () => other.call(updateEmailTemplateRoute, { params, body }),
    () => other.call(deleteEmailTemplateRoute, { params }),
    () => other.call(previewEmailTemplateRoute, { params, body: {} }),
  ])
    expect((await refused(work())).code).toBe('NOT_FOUND')
  expect((await other.call(listEmailTemplatesRoute)).data).toEqual([])
})

test('a test e-mail goes to the user who asks, as the sample record makes it, and is audited', async () => {
  const { client, email, id: userId } = await t.logIn('editor')
  const record = await t.client.call(createRecordRoute, {
    body: { object_id: 'obj_leads', field_values: { name: 'Grace & Co' } },
  })
  const { id } = await create({ html: '<p>{{record.name}} {{variables.code}} {{user.email}}</p>' })
  const params = { id }
  const before = t.mails.length
  const answer = await client.call(testEmailTemplateRoute, {
    params,
    body: { record_id: record.id, variables: { code: 7 } },
  })
  expect(answer).toMatchObject({ outcome: 'sent', to: email, subject: 'Hi Grace & Co' })
  expect(t.mails.slice(before)).toEqual([
    {
      messageId: answer.message_id,
      to: [email],
      subject: 'Hi Grace & Co',
      html: `<p>Grace &amp; Co 7 ${email}</p>`,
      text: `Grace & Co 7 ${email}`,
    },
  ])
  const { rows } = await t.pool.query(
    `select actor, details from audit_log where target = $1 and action = 'email_template.tested'`,
    [id],
  )
  expect(rows).toEqual([{ actor: publicId('user', userId), details: { to: email, outcome: 'sent' } }])
})

test('a test e-mail of an API key names its address, and one address only', async () => {
  const { id } = await create()
  const call = (body: object) => t.client.call(testEmailTemplateRoute, { params: { id }, body })
  const before = t.mails.length
  const error = await refused(call({}))
  expect(error.status).toBe(422)
  expect(error.details).toMatchObject({ errors: [{ path: '/to', hint: expect.stringContaining('as a user') }] })
  expect((await refused(call({ to: 'a@example.org, b@example.org' }))).details).toMatchObject({
    errors: [{ path: '/to' }],
  })
  expect(t.mails).toHaveLength(before)
  expect(await call({ to: 'Ada <ada@example.org>' })).toMatchObject({ outcome: 'sent', to: 'ada@example.org' })
  expect(t.mails.at(-1)).toMatchObject({ to: ['ada@example.org'] })
})

test('without a mail server a test e-mail is in the outbox, and belongs to no run', async () => {
  const { client, email } = await t.logIn('editor')
  const { id } = await create({ text: 'plain' })
  const { mailer } = t.services
  t.services.mailer = null
  try {
    const answer = await client.call(testEmailTemplateRoute, { params: { id }, body: { record: { name: 'Ada' } } })
    expect(answer).toMatchObject({ outcome: 'captured', to: email })
    const { rows } = await t.pool.query(
      'select recipients, subject, text, run_id from captured_emails where message_id = $1',
      [answer.message_id],
    )
    expect(rows).toMatchObject([{ recipients: { to: [email] }, subject: 'Hi Ada', text: 'plain', run_id: null }])
  } finally {
    t.services.mailer = mailer
  }
})

test('a test e-mail that the mail server refuses says so; one it can’t take now is worth another try', async () => {
  const { client } = await t.logIn('editor')
  const { id } = await create()
  const { mailer } = t.services
  const failing = (transient: boolean) => {
    const code = transient ? ('NETWORK' as const) : ('SMTP_REFUSED' as const)
    const result = { kind: 'failed' as const, transient, doubtful: false, code, message: 'mail.example.org said no' }
    t.services.mailer = { send: async () => result, close: async () => {} }
    return refused(client.call(testEmailTemplateRoute, { params: { id }, body: {} }))
  }
  try {
    const now = await failing(true)
    expect([now.status, now.message]).toEqual([503, 'mail.example.org said no'])
    const never = await failing(false)
    expect([never.status, never.message]).toEqual([422, 'mail.example.org said no'])
  } finally {
    t.services.mailer = mailer
  }
})

test('a viewer sends no test e-mail, and an eleventh within a minute waits', async () => {
  const { id } = await create()
  const params = { id }
  const viewer = await t.logIn('viewer')
  expect((await refused(viewer.client.call(testEmailTemplateRoute, { params, body: {} }))).status).toBe(403)
  const { client } = await t.logIn('editor')
  const sends = Array.from({ length: 11 }, () =>
    client.call(testEmailTemplateRoute, { params, body: {} }).then(
      () => 'sent',
      (error: ApiError) => error.code,
    ),
  )
  expect((await Promise.all(sends)).sort()).toEqual(['RATE_LIMITED', ...Array.from({ length: 10 }, () => 'sent')])
})
