import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { settableClock } from '../../src/ports/clock.ts'
import { createMailer, type Mail, type Mailer, type MailerOptions } from '../../src/ports/mailer.ts'
import { type SmtpPoint, type SmtpReceiver, startSmtpReceiver } from '../receivers.ts'

let smtp: SmtpReceiver
let mailer: Mailer

const open = (more: Partial<MailerOptions> = {}) =>
  createMailer({ smtpUrl: smtp.url, from: 'Kantos <automations@localhost>', ...more })

const mail = (more: Partial<Mail> = {}): Mail => ({
  messageId: '<run_1.welcome.1@kantos.test>',
  to: ['ada@example.org'],
  subject: 'Welcome',
  text: 'Hello Ada',
  ...more,
})

beforeEach(async () => {
  smtp = await startSmtpReceiver()
  mailer = open()
})
afterEach(async () => {
  await mailer.close()
  await smtp.close()
})

describe('a mail', () => {
  test('arrives with its names, texts, headers and Message-ID', async () => {
    const result = await mailer.send(
      mail({
        fromName: 'Zoë, of "Kantos"',
        to: ['Ada Lovelace <ada@example.org>', 'bob@example.org'],
        cc: ['"Cy \\"C\\" D." <cy@example.org>'],
        bcc: ['hidden@example.org'],
        replyTo: 'Desk <desk@example.org>',
        subject: 'Grüße, {{ nothing }} is read again',
        html: '<p>Hello <b>Ada</b></p>',
        text: 'Hello Ada\n.\n..dots',
        headers: { 'List-Unsubscribe': '<https://example.org/u>' },
      }),
    )
    expect(result).toEqual({ kind: 'sent', response: expect.stringContaining('taken as number 1'), rejected: [] })
    const [got] = smtp.mails
    expect(got?.from).toBe('automations@localhost')
    expect(got?.to).toEqual(['ada@example.org', 'bob@example.org', 'cy@example.org', 'hidden@example.org'])
    expect(got?.raw).not.toContain('hidden@example.org')
    expect(got?.parsed).toMatchObject({
      messageId: '<run_1.welcome.1@kantos.test>',
      subject: 'Grüße, {{ nothing }} is read again',
      html: '<p>Hello <b>Ada</b></p>',
      from: { value: [{ address: 'automations@localhost', name: 'Zoë, of "Kantos"' }] },
      to: { value: [{ address: 'ada@example.org', name: 'Ada Lovelace' }, { address: 'bob@example.org' }] },
      cc: { value: [{ address: 'cy@example.org', name: 'Cy "C" D.' }] },
      replyTo: { value: [{ address: 'desk@example.org', name: 'Desk' }] },
    })
    expect(got?.parsed.text?.trim()).toBe('Hello Ada\n.\n..dots')
    expect(got?.parsed.headerLines.map(({ key }) => key)).toContain('list-unsubscribe')
  })

  test('goes from the sender of the server when it names none, else from its own', async () => {
    await mailer.send(mail())
    await mailer.send(mail({ from: 'Sales <sales@example.org>' }))
    expect(smtp.mails.map(({ parsed }) => parsed.from?.value[0])).toEqual([
      { address: 'automations@localhost', name: 'Kantos' },
      { address: 'sales@example.org', name: 'Sales' },
    ])
  })

  test('names each recipient to the server once', async () => {
    await mailer.send(mail({ to: ['ada@example.org', 'Ada <ada@example.org>'], cc: ['ada@example.org'] }))
    expect(smtp.mails[0]?.to).toEqual(['ada@example.org'])
  })

  test('reaches a domain beyond ASCII under its encoded name', async () => {
    await mailer.send(mail({ to: ['ada@bücher.example'] }))
    expect(smtp.commands).toContain('RCPT TO:<ada@xn--bcher-kva.example>')
  })

  test('keeps one Message-ID over all attempts', async () => {
    smtp.misbehave('MESSAGE', 'drop', 1)
    expect((await mailer.send(mail())).kind).toBe('failed')
    expect((await mailer.send(mail())).kind).toBe('sent')
    expect(new Set(smtp.mails.map(({ parsed }) => parsed.messageId))).toEqual(
      new Set(['<run_1.welcome.1@kantos.test>']),
    )
  })

  test('shares a connection with the one before', async () => {
    for (let n = 0; n < 5; n += 1) expect((await mailer.send(mail())).kind).toBe('sent')
    expect(smtp.connections()).toBe(1)
  })

  test('goes at once over a fresh connection when the kept one has died', async () => {
    await mailer.send(mail())
    smtp.misbehave('MAIL', 'drop', 1)
    expect((await mailer.send(mail())).kind).toBe('sent')
    smtp.misbehave('MAIL', { reply: '421 idle for too long' }, 1)
    expect((await mailer.send(mail())).kind).toBe('sent')
    expect(smtp.connections()).toBe(3)
    expect(smtp.mails).toHaveLength(3)
  })

  test('waits for a free connection; a hundred at once use no more than are allowed', async () => {
    const two = open({ connections: 2 })
    const results = await Promise.all(Array.from({ length: 100 }, () => two.send(mail())))
    expect(results.every(({ kind }) => kind === 'sent')).toBe(true)
    expect(smtp.mails).toHaveLength(100)
    expect(smtp.connections()).toBeLessThanOrEqual(2)
    await two.close()
  })
})

describe('nobody gets into a mail through its data', () => {
  test.each([
    ['to', { to: ['ada@example.org\r\nBcc: eve@example.org'] }],
    ['to', { to: ['ada@example.org, eve@example.org'] }],
    ['to', { to: ['ada@example.org', 'bob@example.org;eve@example.org'] }],
    ['to', { to: ['ada@example.org> RCPT TO:<eve@example.org'] }],
    ['cc', { cc: ['ada@example.org\nX: y'] }],
    ['bcc', { bcc: ['eve@example.org\0'] }],
    ['replyTo', { replyTo: 'a@example.org\r\nBcc: eve@example.org' }],
    ['from', { from: 'a@example.org, eve@example.org' }],
  ])('%s: one bad address and nothing is sent', async (part, more) => {
    const result = await mailer.send(mail(more))
    expect(result).toMatchObject({ kind: 'failed', transient: false, code: 'INVALID_ADDRESS', doubtful: false })
    expect(result.kind === 'failed' && result.message.startsWith(`${part}: `)).toBe(true)
    expect(smtp.connections()).toBe(0)
  })

  test('a line break in a subject or a name is a blank', async () => {
    await mailer.send(mail({ subject: 'Hi\r\nBcc: eve@example.org\0', fromName: 'Ada\nX-Evil: 1' }))
    const [got] = smtp.mails
    expect(got?.to).toEqual(['ada@example.org'])
    expect(got?.parsed.subject).toBe('Hi Bcc: eve@example.org')
    expect(got?.parsed.from?.value[0]?.name).toBe('Ada X-Evil: 1')
    expect(got?.parsed.headerLines.map(({ key }) => key)).not.toContain('x-evil')
    expect(got?.parsed.bcc).toBeUndefined()
  })

  test.each([
    ['a line break in a header', { headers: { 'X-A': '1\r\nBcc: eve@example.org' } }, 'INVALID_MAIL'],
    ['a line break in a header name', { headers: { 'X-A: 1\r\nBcc': 'eve@example.org' } }, 'INVALID_MAIL'],
    ['a header of the mail itself', { headers: { Bcc: 'eve@example.org' } }, 'INVALID_MAIL'],
    ['a second content type', { headers: { 'content-type': 'text/evil' } }, 'INVALID_MAIL'],
    ['a Message-ID with a line break', { messageId: '<a@b>\r\nBcc: eve@example.org' }, 'INVALID_MAIL'],
    ['a Message-ID without brackets', { messageId: 'a@b' }, 'INVALID_MAIL'],
    ['no recipient', { to: [] }, 'NO_RECIPIENT'],
  ])('%s is refused', async (_, more, code) => {
    expect(await mailer.send(mail(more as Partial<Mail>))).toMatchObject({ kind: 'failed', transient: false, code })
    expect(smtp.connections()).toBe(0)
  })

  test('a file named as content is not read', async () => {
    const html = { path: '/etc/passwd' } as unknown as string
    await mailer.send(mail({ html, text: html }))
    expect(smtp.mails).toHaveLength(1)
    expect(smtp.mails[0]?.raw).not.toContain('root:')
  })
})

describe('an answer of the server', () => {
  const points: SmtpPoint[] = ['GREETING', 'EHLO', 'MAIL', 'RCPT', 'DATA', 'MESSAGE']

  test.each(points)('4xx at %s is transient, and a later attempt succeeds', async (point) => {
    smtp.misbehave(point, { reply: '451 4.7.1 greylisted, come back' })
    const result = await mailer.send(mail())
    expect(result).toMatchObject({ kind: 'failed', transient: true, code: 'SMTP_UNAVAILABLE', doubtful: false })
    expect(result.kind === 'failed' && result.message).toContain('451 4.7.1 greylisted, come back')
    smtp.behaveWell()
    expect((await mailer.send(mail())).kind).toBe('sent')
  })

  test.each(points)('5xx at %s is final', async (point) => {
    smtp.misbehave(point, { reply: '550 5.1.1 no such user' })
    const result = await mailer.send(mail())
    expect(result).toMatchObject({ kind: 'failed', transient: false, code: 'SMTP_REFUSED', doubtful: false })
    expect(result.kind === 'failed' && result.message).toContain('550 5.1.1 no such user')
  })

  test.each(points)('that never comes at %s ends at the deadline', async (point) => {
    smtp.misbehave(point, 'hang')
    const hasty = open({ timeoutMs: 300 })
    const doubtful = point === 'MESSAGE'
    expect(await hasty.send(mail())).toMatchObject({ kind: 'failed', transient: true, code: 'TIMEOUT', doubtful })
    await hasty.close()
  })

  test.each(points)('that drips at %s ends at the deadline too, and frees its place', async (point) => {
    smtp.misbehave(point, 'drip', 1)
    const hasty = open({ timeoutMs: 300, connections: 1 })
    expect(await hasty.send(mail())).toMatchObject({ kind: 'failed', transient: true, code: 'TIMEOUT' })
    expect((await hasty.send(mail())).kind).toBe('sent')
    await hasty.close()
  })

  test.each(points)('replaced by the end of the connection at %s is transient', async (point) => {
    smtp.misbehave(point, 'drop')
    const doubtful = point === 'MESSAGE'
    expect(await mailer.send(mail())).toMatchObject({ kind: 'failed', transient: true, code: 'NETWORK', doubtful })
  })

  test('for some recipients only: the mail is sent, and those refused are named', async () => {
    smtp.misbehave('RCPT', { reply: '550 unknown' }, 1)
    const result = await mailer.send(mail({ to: ['nobody@example.org', 'ada@example.org'] }))
    expect(result).toMatchObject({
      kind: 'sent',
      rejected: [{ address: 'nobody@example.org', message: '550 unknown' }],
    })
    expect(smtp.mails[0]?.to).toEqual(['ada@example.org'])
  })

  test('that refuses all recipients, one of them for now only, is transient', async () => {
    smtp.misbehave('RCPT', { reply: '450 later' }, 1)
    smtp.misbehave('RCPT', { reply: '550 unknown' }, 1)
    const result = await mailer.send(mail({ to: ['a@example.org', 'b@example.org'] }))
    expect(result).toMatchObject({ kind: 'failed', transient: true, code: 'SMTP_UNAVAILABLE' })
    expect(smtp.mails).toHaveLength(0)
  })
})

describe('the server', () => {
  test('that is not there makes a transient failure', async () => {
    const gone = await startSmtpReceiver()
    await gone.close()
    const lost = open({ smtpUrl: gone.url })
    expect(await lost.send(mail())).toMatchObject({ kind: 'failed', transient: true, code: 'NETWORK' })
    await lost.close()
  })

  test('gets user and password, once a connection', async () => {
    const guarded = await startSmtpReceiver({ auth: { user: 'ada@x', pass: 'p@ss:w%rd' } })
    const known = open({ smtpUrl: guarded.url })
    expect((await known.send(mail())).kind).toBe('sent')
    await known.close()
    await guarded.close()
  })

  test('that refuses the password is asked again after a pause only; the failure is transient and tells no password', async () => {
    const guarded = await startSmtpReceiver({ auth: { user: 'ada', pass: 'right' } })
    const clock = settableClock(1_000_000)
    const wrong = open({ smtpUrl: `smtp://ada:hunter2@127.0.0.1:${guarded.port}`, clock })
    for (let n = 0; n < 3; n += 1) {
      const result = await wrong.send(mail())
      expect(result).toMatchObject({ kind: 'failed', transient: true, code: 'SMTP_AUTH' })
      expect(JSON.stringify(result)).not.toContain('hunter2')
    }
    expect(guarded.connections()).toBe(1)
    clock.advance(60_000)
    expect(await wrong.send(mail())).toMatchObject({ code: 'SMTP_AUTH' })
    expect(guarded.connections()).toBe(2)
    await wrong.close()
    await guarded.close()
  })

  test('that wants a password when none is set makes a transient failure with that reason', async () => {
    const guarded = await startSmtpReceiver({ auth: { user: 'ada', pass: 'right' } })
    const bare = open({ smtpUrl: `smtp://127.0.0.1:${guarded.port}` })
    expect(await bare.send(mail())).toMatchObject({ kind: 'failed', transient: true, code: 'SMTP_AUTH' })
    await bare.close()
    await guarded.close()
  })

  test('must offer STARTTLS where it is required, and show a certificate that holds', async () => {
    const stripped = open({ smtpUrl: `${smtp.url}?requireTLS=true` })
    expect(await stripped.send(mail())).toMatchObject({ kind: 'failed', transient: true, code: 'TLS' })
    expect(smtp.mails).toHaveLength(0)
    await stripped.close()
    const secure = await startSmtpReceiver({ startTls: true })
    const strict = open({ smtpUrl: secure.url })
    expect(await strict.send(mail())).toMatchObject({ kind: 'failed', transient: true, code: 'TLS' })
    const trusting = open({ smtpUrl: `${secure.url}?rejectUnauthorized=false&requireTLS=true` })
    expect((await trusting.send(mail())).kind).toBe('sent')
    await strict.close()
    await trusting.close()
    await secure.close()
  })
})

describe('settings that cannot work stop the start', () => {
  test.each([
    'http://x',
    'smtp://',
    'mail.example.org',
    'smtp://u:p@h?foo=1',
    'smtp://user@h',
    'smtp://u:%zz@h',
    'smtp://h?requireTLS=yes',
    '',
  ])('SMTP_URL %j', (smtpUrl) => expect(() => open({ smtpUrl })).toThrow(/^SMTP_URL/))
  test('MAIL_FROM with two addresses', () => expect(() => open({ from: 'a@x.org, b@x.org' })).toThrow(/^MAIL_FROM/))
})
