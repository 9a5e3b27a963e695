import { createHmac } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { readChain, signChain } from '../../src/webhooks/chain-header.ts'
import { signWebhook } from '../../src/webhooks/sign.ts'
import { newSigningSecret, secretBytes } from '../../src/webhooks/signing-secret.ts'
import { verifyInbound } from '../../src/webhooks/verify.ts'

const secret = newSigningSecret()
const older = newSigningSecret()
const body = '{"event":"automation.executed","name":"Zoë"}'
const nowMs = 1_760_000_000_500
const timestamp = 1_760_000_000

const signed = (more: Partial<Parameters<typeof signWebhook>[0]> = {}) =>
  signWebhook({ id: 'msg_1', timestamp, body, secrets: [secret], ...more })

describe('what we sign', () => {
  const now = () => Math.floor(Date.now() / 1000)

  test('is accepted by the reference implementation', () => {
    const headers = signed({ timestamp: now() })
    expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body))
    expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow()
    expect(() => new Webhook(older).verify(body, headers)).toThrow()
  })

  test('is accepted with the old and with the new secret during a rotation', () => {
    const headers = signed({ timestamp: now(), secrets: [secret, older] })
    expect(headers['webhook-signature'].split(' ')).toHaveLength(2)
    for (const one of [secret, older]) expect(new Webhook(one).verify(body, headers)).toBeTruthy()
  })

  test('carries the HMAC of the raw body, by the decoded current secret', () => {
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
    const expected = createHmac('sha256', key).update(body, 'utf8').digest('hex')
    expect(signed({ secrets: [secret, older] })['X-Kantos-Signature']).toBe(`sha256=${expected}`)
  })

  test('is the same for text and for its bytes', () => {
    expect(signed({ body: Buffer.from(body) })).toEqual(signed())
  })

  test('has no ambiguous id, timestamp or secret', () => {
    expect(() => signed({ id: 'a.b' })).toThrow(RangeError)
    expect(() => signed({ id: 'a\r\nb' })).toThrow(RangeError)
    expect(() => signed({ timestamp: 1.5 })).toThrow(RangeError)
    expect(() => signed({ secrets: [] })).toThrow(TypeError)
    expect(() => signed({ secrets: ['plain'] })).toThrow(TypeError)
    expect(() => signed({ secrets: ['whsec_'] })).toThrow(TypeError)
  })

  test('uses secrets of 256 bits, each another', () => {
    expect(secretBytes(secret)).toHaveLength(32)
    expect(secret).not.toBe(older)
  })
})

describe('what we accept', () => {
  test('the reference implementation signs', () => {
    const signature = new Webhook(secret).sign('msg_2', new Date(nowMs), body)
    const headers = { 'webhook-id': 'msg_2', 'webhook-timestamp': String(timestamp), 'webhook-signature': signature }
    expect(verifyInbound(headers, body, secret, nowMs)).toEqual({ ok: true, scheme: 'standard-webhooks' })
    expect(verifyInbound(new Headers(headers), Buffer.from(body), secret, nowMs)).toMatchObject({ ok: true })
    const bare = secret.slice('whsec_'.length)
    expect(verifyInbound(headers, body, bare, nowMs)).toMatchObject({ ok: true })
  })

  test("GitHub's way, by the secret as it stands in its settings", () => {
    // Source: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    const headers = {
      'X-Hub-Signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    }
    expect(verifyInbound(headers, 'Hello, World!', "It's a Secret to Everybody", nowMs)).toEqual({
      ok: true,
      scheme: 'x-hub-signature-256',
    })
    const asText = { 'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` }
    expect(verifyInbound(asText, body, secret, nowMs)).toMatchObject({ ok: true })
  })

  test('our own signature alone', () => {
    const headers = { 'x-kantos-signature': signed()['X-Kantos-Signature'] }
    expect(verifyInbound(headers, body, secret, nowMs)).toEqual({ ok: true, scheme: 'x-kantos-signature' })
  })

  test.each([0, -300, 300])('a timestamp %i s away', (seconds) => {
    expect(verifyInbound(signed({ timestamp: timestamp + seconds }), body, secret, nowMs)).toMatchObject({ ok: true })
  })

  test('one good signature among several', () => {
    const good = signed()
    const headers = { ...good, 'webhook-signature': `v1a,AAAA v1,AAAA v2,x ${good['webhook-signature']} garbage` }
    expect(verifyInbound(headers, body, secret, nowMs)).toMatchObject({ ok: true })
    const twice = { ...good, 'webhook-signature': ['v1,AAAA', good['webhook-signature']] }
    expect(verifyInbound(twice, body, secret, nowMs)).toMatchObject({ ok: true })
  })
})

describe('what we refuse', () => {
  const good = signed()
  const without = (name: string) => Object.fromEntries(Object.entries(good).filter(([key]) => key !== name))
  const bare = good['webhook-signature'].slice('v1,'.length)

  test.each([
    ['a body with one byte changed', good, body.replace('Zoë', 'Zoe'), secret, /does not match/],
    ['a body serialised anew', good, JSON.stringify(JSON.parse(body), null, 1), secret, /does not match/],
    ['another secret', good, body, older, /does not match/],
    ['no secret', good, body, '', /no signing secret/],
    ['a secret of blanks', good, body, '  ', /no signing secret/],
    ['a secret that is only its prefix', good, body, 'whsec_', /no signing secret/],
    ['a timestamp 301 s old', signed({ timestamp: timestamp - 301 }), body, secret, /old/],
    ['a timestamp 301 s ahead', signed({ timestamp: timestamp + 301 }), body, secret, /future/],
    ['a timestamp that was moved', { ...good, 'webhook-timestamp': String(timestamp + 1) }, body, secret, /not match/],
    ['a timestamp that is no number', { ...good, 'webhook-timestamp': '1e9' }, body, secret, /whole seconds/],
    ['no timestamp', without('webhook-timestamp'), body, secret, /webhook-timestamp/],
    ['another id', { ...good, 'webhook-id': 'msg_2' }, body, secret, /does not match/],
    ['a doubled id', { ...good, 'webhook-id': ['msg_1', 'msg_1'] }, body, secret, /does not match/],
    ['no id', without('webhook-id'), body, secret, /webhook-id/],
    ['an empty signature', { ...good, 'webhook-signature': '' }, body, secret, /does not match/],
    ['a signature without its version', { ...good, 'webhook-signature': bare }, body, secret, /does not match/],
    ['a signature of another version', { ...good, 'webhook-signature': `v2,${bare}` }, body, secret, /does not match/],
    ['a shorter signature', { ...good, 'webhook-signature': `v1,${bare.slice(0, -4)}` }, body, secret, /not match/],
    ['a longer signature', { ...good, 'webhook-signature': `v1,${bare}AAAA` }, body, secret, /does not match/],
    ['no header at all', {}, body, secret, /missing/],
    ['a short hexadecimal signature', { 'X-Kantos-Signature': 'sha256=00' }, body, secret, /does not match/],
    ['an empty hexadecimal signature', { 'X-Hub-Signature-256': 'sha256=' }, body, secret, /does not match/],
    ['SHA-1', { 'X-Hub-Signature': 'sha1=00' }, body, secret, /missing/],
  ])('%s', (_, headers, content, key, why) => {
    expect(verifyInbound(headers, content, key, nowMs)).toEqual({ ok: false, why: expect.stringMatching(why) })
  })

  test('a bad standard signature beside a good one of another scheme', () => {
    const headers = { ...good, 'webhook-signature': 'v1,AAAA' }
    expect(verifyInbound(headers, body, secret, nowMs)).toMatchObject({ ok: false })
  })

  test('what was signed with the empty key of an empty secret', () => {
    const forged = { 'x-hub-signature-256': `sha256=${createHmac('sha256', '').update(body).digest('hex')}` }
    for (const empty of ['', 'whsec_']) expect(verifyInbound(forged, body, empty, nowMs)).toMatchObject({ ok: false })
    const prefix = { 'x-hub-signature-256': `sha256=${createHmac('sha256', 'whsec_').update(body).digest('hex')}` }
    expect(verifyInbound(prefix, body, 'whsec_', nowMs)).toMatchObject({ ok: false })
  })
})

describe('the chain header', () => {
  const chain = { chainId: '0198c1de-0000-7000-8000-000000000001', depth: 7, parentRunId: 'run_0198c1de' }

  test('comes back as it went', () => {
    const header = signChain(chain, 'key')
    expect(header).toMatch(/^[\x21-\x7e]+$/)
    expect(readChain(header, 'key')).toEqual(chain)
    expect(readChain(signChain({ ...chain, depth: 0 }, 'key'), Buffer.from('key'))).toEqual({ ...chain, depth: 0 })
  })

  test('is null when any character of it is another', () => {
    const header = signChain(chain, 'key')
    for (let at = 0; at < header.length - 1; at += 1) {
      const other = header[at] === 'A' ? 'B' : 'A'
      expect(readChain(header.slice(0, at) + other + header.slice(at + 1), 'key')).toBeNull()
    }
  })

  test.each([undefined, null, '', 'v1', 'v1.a.1.b', 'v1.a.1.b.', 'v1.a.-1.b.x', 'x'.repeat(10_000), '.....'])(
    'is null for %j',
    (header) => expect(readChain(header, 'key')).toBeNull(),
  )

  test('is null under another key, and under none', () => {
    expect(readChain(signChain(chain, 'key'), 'other')).toBeNull()
    expect(readChain(signChain(chain, ''), '')).toBeNull()
  })

  test('takes no ids that could be read as other parts', () => {
    expect(() => signChain({ ...chain, chainId: 'a.1' }, 'key')).toThrow(RangeError)
    expect(() => signChain({ ...chain, parentRunId: '' }, 'key')).toThrow(RangeError)
    expect(() => signChain({ ...chain, depth: -1 }, 'key')).toThrow(RangeError)
  })
})
