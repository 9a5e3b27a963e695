import { createEmailTemplateRoute, uuidOf } from '@kantos/model'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createTestEngine, type TestEngine } from '../engine.ts'

let e: TestEngine
let first = 0
beforeAll(async () => {
  e = await createTestEngine()
})
afterAll(() => e.stop())
beforeEach(async () => {
  await e.pool.query(`update automations set status = 'inactive', activated_at = null`)
  await e.pool.query('update workspaces set automations_rev = automations_rev + 1')
  e.smtp.behaveWell()
  first = e.smtp.mails.length
})

const start = async (config: Record<string, unknown>, lead: Record<string, unknown> = {}, rest: object[] = []) => {
  const id = await e.automation({
    trigger: { event: 'record.created', object: 'leads' },
    actions: [
      { type: 'send_email', key: 'mail', config: { to: '{{record.email}}', subject: 'S', body: 'B', ...config } },
      ...rest,
    ] as never,
  })
  await e.create('leads', { name: 'Ada <b>', email: 'ada@example.org', ...lead })
  return id
}

test('a template is rendered with the record and its variables, and values are escaped in HTML alone', async () => {
  const template = await e.client.call(createEmailTemplateRoute, {
    body: {
      name: 'Welcome',
      subject: 'Hi {{record.name}}',
      html: '<p>{{record.name}} {{offer}} {{variables.offer}}</p>',
    } as never,
  })
  const id = await start({
    template_id: template.id,
    variables: { offer: '{{record.status}}' },
    subject: undefined,
    body: undefined,
    cc: ['c@example.org'],
    bcc: 'b@example.org',
    reply_to: 'r@example.org',
    from_name: 'Sales',
  })
  const run = await e.run(id)
  expect(run.status).toBe('succeeded')
  await e.smtp.received(first + 1)
  const mail = e.smtp.mails[first]!
  expect(mail.to.toSorted()).toEqual(['ada@example.org', 'b@example.org', 'c@example.org'])
  expect(mail.parsed.subject).toBe('Hi Ada <b>')
  expect(mail.parsed.html).toContain('<p>Ada &lt;b&gt; new new</p>')
  expect(mail.parsed.from!.text).toContain('Sales')
  expect(mail.parsed.replyTo!.text).toContain('r@example.org')
  expect(mail.raw).not.toContain('b@example.org')
  expect(run.steps[0]).toMatchObject({ output: { message_id: mail.parsed.messageId, to: ['ada@example.org'] } })
})

test('a comma or a line break in an address fails the step, and nothing is sent', async () => {
  const id = await start({ to: '{{record.notes}}' }, { notes: 'a@example.org, b@example.org' })
  expect(await e.run(id)).toMatchObject({ status: 'failed', error: { code: 'INVALID_ADDRESS' } })
  const other = await start({ cc: ['{{record.notes}}'] }, { notes: 'a@example.org\r\nBcc: b@example.org' })
  expect((await e.runs(other)).at(-1) ?? (await e.run(other))).toMatchObject({ error: { code: 'INVALID_ADDRESS' } })
  expect(e.smtp.mails).toHaveLength(first)
})

test('nobody to send to fails the step', async () => {
  const id = await start({}, { email: null })
  expect(await e.run(id)).toMatchObject({ status: 'failed', error: { code: 'NO_RECIPIENT' } })
})

test('an SMTP 4xx is tried again with the same Message-ID', async () => {
  e.smtp.misbehave('MESSAGE', { reply: '451 come back later' }, 1)
  const id = await start({})
  const row = await e.standing(id, 'retry')
  expect(row.due_in).toBeGreaterThan(58_000)
  expect(row.due_in).toBeLessThan(66_001)
  await e.passTime(id)
  const run = await e.run(id)
  expect(run).toMatchObject({ status: 'succeeded', steps: [{ attempt: 2 }] })
  expect(run.steps[0]!.attempts[0]!.error!.message).toContain('451')
  // the server had taken the first one, too, before it said something else
  const mails = e.smtp.mails.slice(first)
  expect(mails).toHaveLength(2)
  expect(new Set(mails.map((mail) => mail.parsed.messageId)).size).toBe(1)
})

test('an SMTP 5xx fails at once', async () => {
  e.smtp.misbehave('RCPT', { reply: '550 no such user' }, 1)
  const id = await start({})
  const run = await e.run(id)
  expect(run).toMatchObject({
    status: 'failed',
    error: { code: 'SMTP_REFUSED', message: expect.stringContaining('550') },
  })
  expect(run.steps[0]!.attempts).toHaveLength(1)
})

test('a broken connection is tried again; with at_most_once it is doubtful after the content was sent', async () => {
  e.smtp.misbehave('MESSAGE', 'drop', 1)
  const often = await start({})
  await e.standing(often, 'retry')
  await e.pool.query('delete from runs_live where automation_id = $1', [uuidOf('automation', often)])
  await e.pool.query(`update automations set status = 'inactive'`)
  await e.pool.query('update workspaces set automations_rev = automations_rev + 1')
  e.smtp.behaveWell()
  e.smtp.misbehave('MESSAGE', 'drop', 1)
  const once = await start({ delivery: 'at_most_once' })
  expect(await e.run(once)).toMatchObject({
    status: 'failed',
    error: { code: 'DOUBTFUL' },
    steps: [{ attempts: [{ attempt: 1 }] }],
  })
})

test('at_most_once is tried again when nothing can have been sent', async () => {
  e.smtp.misbehave('MAIL', { reply: '421 busy' }, 1)
  const id = await start({ delivery: 'at_most_once' })
  await e.standing(id, 'retry')
  await e.passTime(id)
  expect(await e.run(id)).toMatchObject({ status: 'succeeded', steps: [{ attempt: 2 }] })
})

test('whatever goes wrong behind the sending, at_most_once is doubtful and not tried again', async () => {
  const { mailer } = e.services
  e.services.mailer = {
    close: () => mailer!.close(),
    send: async (mail) => {
      await mailer!.send(mail)
      throw new Error('Something else went wrong.')
    },
  }
  try {
    const id = await start({ delivery: 'at_most_once' })
    expect(await e.run(id)).toMatchObject({
      status: 'failed',
      error: { code: 'DOUBTFUL', message: expect.stringContaining('Something else went wrong.') },
      steps: [{ attempts: [{ attempt: 1 }] }],
    })
    expect(e.smtp.mails).toHaveLength(first + 1)
  } finally {
    e.services.mailer = mailer
  }
})
