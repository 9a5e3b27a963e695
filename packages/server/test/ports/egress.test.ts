import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Resolve } from '../../src/ports/egress/connect.ts'
import { createEgress, type Egress, type EgressRequest, type EgressResult } from '../../src/ports/egress.ts'
import { type HttpReceiver, SELF_SIGNED, startHttpReceiver } from '../receivers.ts'

const MIB = 1024 * 1024

let receiver: HttpReceiver
let egress: Egress
let sockets = 0
const countSocket = () => {
  sockets += 1
}

beforeAll(async () => {
  receiver = await startHttpReceiver()
  subscribe('net.client.socket', countSocket)
})
afterAll(async () => {
  unsubscribe('net.client.socket', countSocket)
  await receiver.close()
})
beforeEach(() => {
  receiver.requests.length = 0
  receiver.otherwise({ kind: 'answer' })
  egress = createEgress({ allow: ['127.0.0.1'] })
})
afterEach(() => egress.close())

const get = (url: string, more: Partial<EgressRequest> = {}): EgressRequest => ({
  method: 'GET',
  url,
  headers: {},
  timeoutMs: 5000,
  ...more,
})

function answered(result: EgressResult): Extract<EgressResult, { kind: 'answer' }> {
  if (result.kind !== 'answer') throw new Error(`no answer but ${result.kind}: ${result.message}`)
  return result
}

describe('a request', () => {
  test('arrives as it was given, and its answer comes back', async () => {
    receiver.next({ kind: 'answer', status: 201, headers: { 'X-Answer': 'yes' }, body: '{"ok":true}' })
    const result = answered(
      await egress.send({
        method: 'PUT',
        url: `${receiver.url}/hook?a=1&b=%20#part`,
        headers: { 'Content-Type': 'application/json', 'X-Name': 'Łukasz' },
        body: '{"name":"Zoë"}',
        timeoutMs: 5000,
      }),
    )
    expect(result).toMatchObject({ status: 201, truncated: false, headers: { 'x-answer': 'yes' } })
    expect(result.body.toString()).toBe('{"ok":true}')
    expect(result.durationMs).toBeGreaterThanOrEqual(0)
    const [request] = receiver.requests
    expect(request).toMatchObject({ method: 'PUT', path: '/hook?a=1&b=%20' })
    expect(request?.body.toString()).toBe('{"name":"Zoë"}')
    expect(request?.headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'Kantos-Automations',
      'accept-encoding': 'identity',
    })
    expect(Buffer.from(String(request?.headers['x-name']), 'latin1').toString('utf8')).toBe('Łukasz')
  })

  test('carries the credentials of its URL as basic authorisation, and never in its path or host', async () => {
    await egress.send(get(`http://ada:p%40ss@127.0.0.1:${receiver.port}/`))
    const [request] = receiver.requests
    expect(request?.headers.authorization).toBe(`Basic ${Buffer.from('ada:p@ss').toString('base64')}`)
    expect(request?.headers.host).toBe(`127.0.0.1:${receiver.port}`)
  })

  test('keeps an authorisation of its own, and the later of two headers that differ in case', async () => {
    const headers = { authorization: 'Bearer own', 'x-a': 'first', 'X-A': 'second', 'User-Agent': 'Mine/1' }
    await egress.send(get(`http://ada:x@127.0.0.1:${receiver.port}/`, { headers }))
    expect(receiver.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer own',
      'x-a': 'second',
      'user-agent': 'Mine/1',
    })
  })

  test('leaves out headers that belong to the connection, as a recorded request has them', async () => {
    const headers = {
      'Content-Length': '999',
      Connection: 'close',
      'Transfer-Encoding': 'chunked',
      Expect: '100-continue',
      Host: `127.0.0.1:${receiver.port}`,
      'Accept-Encoding': 'gzip',
    }
    const result = await egress.send(get(receiver.url, { method: 'POST', headers, body: 'abc' }))
    expect(answered(result).status).toBe(200)
    expect(receiver.requests[0]?.headers).toMatchObject({ 'content-length': '3', 'accept-encoding': 'identity' })
    expect(receiver.requests[0]?.body.toString()).toBe('abc')
  })

  test('shares kept connections with those before it', async () => {
    const before = receiver.connections()
    for (let n = 0; n < 10; n += 1) answered(await egress.send(get(receiver.url)))
    // Two take turns: the client lets a socket rest for a moment before it is used again.
    expect(receiver.connections() - before).toBeLessThanOrEqual(2)
  })

  test.each([
    ['a line break in a value', { 'X-A': 'a\r\nX-Evil: 1' }, /X-A holds a line break/],
    ['a lone line feed', { 'X-A': 'a\nb' }, /X-A holds a line break/],
    ['a NUL', { 'X-A': 'a\0b' }, /control character/],
    ['a line break in a name', { 'X-A: 1\r\nX-Evil': '1' }, /not a valid header name/],
    ['an empty name', { '': '1' }, /not a valid header name/],
    ['another host', { Host: 'internal.example' }, /the header Host says "internal\.example"/],
    ['too many bytes', { 'X-A': 'x'.repeat(40_000) }, /headers are longer/],
  ])('with %s in its headers is refused before a connection is opened', async (_, headers, message) => {
    const before = sockets
    const result = await egress.send(get(receiver.url, { headers: headers as Record<string, string> }))
    expect(result).toEqual({ kind: 'refused', code: 'EGRESS_REFUSED', message: expect.stringMatching(message) })
    expect(sockets).toBe(before)
  })

  test.each(['CONNECT', 'TRACE', 'get', 'GET /x HTTP/1.1\r\nX:', ''])(
    'with the method %j is refused',
    async (method) => {
      expect(await egress.send(get(receiver.url, { method }))).toMatchObject({ kind: 'refused' })
      expect(receiver.requests).toHaveLength(0)
    },
  )
})

describe('addresses inside are refused before a connection is opened', () => {
  test.each([
    '127.0.0.1',
    '127.1',
    '0',
    '0177.0.0.1',
    '0x7f.1',
    '2130706433',
    '017700000001',
    '127.000.000.001',
    '①②⑦.0.0.1',
    '127。0。0。1',
    'a@127.0.0.1',
    '127.0.0.1.',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
    '[::2]',
    '[64:ff9b::7f00:1]',
    '[64:ff9b:1::7f00:1]',
    '[2002:7f00:1::]',
    '[2001::1]',
    '[2001:db8::1]',
    '[fe80::1]',
    '[fe80::1%25eth0]',
    '[fc00::1]',
    '[fec0::1]',
    '[fd00:ec2::254]',
    '[ff02::1]',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.1',
    '192.0.2.1',
    '198.18.0.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
  ])('%s', async (host) => {
    const strict = createEgress({ allow: [] })
    const before = sockets
    for (const scheme of ['http', 'https']) {
      expect(await strict.send(get(`${scheme}://${host}/`))).toMatchObject({ kind: 'refused', code: 'EGRESS_REFUSED' })
    }
    expect(sockets).toBe(before)
    await strict.close()
  })

  test.each(['file:///etc/passwd', 'gopher://example.org/', 'data:text/plain,x', 'ftp://example.org/', '//x', 'x', ''])(
    'so is the URL %j',
    async (url) => expect(await egress.send(get(url))).toMatchObject({ kind: 'refused', code: 'EGRESS_REFUSED' }),
  )

  test.each([0, 22, 25, 6667])('so is port %i, even of a public host', async (port) => {
    const before = sockets
    expect(await egress.send(get(`http://8.8.8.8:${port}/`))).toMatchObject({ kind: 'refused' })
    expect(sockets).toBe(before)
  })

  test('a reason never shows credentials, path or query', async () => {
    const result = await egress.send(get('http://user:hunter2@10.0.0.1/secret-path?token=abc'))
    expect(result.kind).toBe('refused')
    expect(JSON.stringify(result)).not.toMatch(/hunter2|secret-path|abc/)
  })
})

describe('names that lead inside', () => {
  const resolving = (...answers: string[][]): { resolve: Resolve; asked: string[] } => {
    const asked: string[] = []
    const resolve: Resolve = async (hostname) => {
      asked.push(hostname)
      const addresses = answers.length > 1 ? answers.shift() : answers[0]
      return (addresses ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
    }
    return { resolve, asked }
  }

  test.each([
    ['a private answer', [['127.0.0.1']]],
    ['a mapped answer', [['::ffff:127.0.0.1']]],
    ['a link-local answer with its zone', [['fe80::1%lo']]],
    ['only private answers', [['10.0.0.1', '::1', '169.254.169.254']]],
  ])('are refused: %s', async (_, answers) => {
    const { resolve, asked } = resolving(...answers)
    const strict = createEgress({ allow: [], resolve })
    const before = receiver.connections()
    const result = await strict.send(get(`http://hooks.example.org:${receiver.port}/`))
    expect(result).toMatchObject({ kind: 'refused', code: 'EGRESS_REFUSED' })
    expect(JSON.stringify(result)).not.toMatch(/127\.0\.0\.1|169\.254|fe80/)
    expect(asked).toEqual(['hooks.example.org'])
    expect(receiver.connections()).toBe(before)
    await strict.close()
  })

  test('are refused when the real resolver knows them: localhost in all its spellings', async () => {
    const strict = createEgress({ allow: [] })
    const before = receiver.connections()
    for (const host of ['localhost', 'localhost.', 'ＬＯＣＡＬＨＯＳＴ', 'LOCALHOST']) {
      const result = await strict.send(get(`http://${host}:${receiver.port}/`))
      // A machine without a dot in its hosts file doesn't know `localhost.`; then nothing is reached either.
      expect(result.kind === 'refused' || (result.kind === 'failed' && result.code === 'DNS')).toBe(true)
    }
    expect(receiver.connections()).toBe(before)
    await strict.close()
  })

  test('lose their private answers, and the socket gets those that were checked: the name is asked once', async () => {
    // Both answers are loopback; only one is allowed, and the second look-up would give the forbidden one.
    const { resolve, asked } = resolving(['127.0.0.9', '127.0.0.1'], ['127.0.0.9'])
    const one = createEgress({ allow: ['127.0.0.1/32'], resolve })
    const result = answered(await one.send(get(`http://hooks.example.org:${receiver.port}/`)))
    expect(result.status).toBe(200)
    expect(asked).toEqual(['hooks.example.org'])
    expect(receiver.requests[0]?.headers.host).toBe(`hooks.example.org:${receiver.port}`)
    await one.close()
  })

  test('are asked again for each connection, so an answer that changed to private is refused', async () => {
    const { resolve } = resolving(['127.0.0.1'], ['127.0.0.9'])
    const one = createEgress({ allow: ['127.0.0.1'], resolve })
    const url = `http://hooks.example.org:${receiver.port}/`
    receiver.next({ kind: 'answer', headers: { Connection: 'close' } })
    expect((await one.send(get(url))).kind).toBe('answer')
    expect((await one.send(get(url))).kind).toBe('refused')
    await one.close()
  })

  test('that nobody knows fail with DNS', async () => {
    const unknown: Resolve = () =>
      Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }))
    const one = createEgress({ allow: [], resolve: unknown })
    expect(await one.send(get('http://nobody.example/'))).toMatchObject({ kind: 'failed', code: 'DNS' })
    await one.close()
  })

  test('that never resolve end at the deadline', async () => {
    const one = createEgress({ allow: [], resolve: () => new Promise(() => {}) })
    const result = await one.send(get('http://slow.example/', { timeoutMs: 50 }))
    expect(result).toMatchObject({ kind: 'failed', code: 'TIMEOUT' })
  })
})

describe('the allow list', () => {
  const reach = async (allow: string[], url: string, resolve?: Resolve) => {
    const one = createEgress({ allow, ...(resolve && { resolve }) })
    const { kind } = await one.send(get(url))
    await one.close()
    return kind
  }
  const loopback: Resolve = async () => [{ address: '127.0.0.1', family: 4 }]

  test('opens an address, a network, a host, and each with a port', async () => {
    const { port } = receiver
    expect(await reach(['127.0.0.0/8'], `http://127.0.0.1:${port}`)).toBe('answer')
    expect(await reach([`127.0.0.1:${port}`], `http://127.0.0.1:${port}`)).toBe('answer')
    expect(await reach(['CRM.Internal'], `http://crm.internal:${port}`, loopback)).toBe('answer')
    expect(await reach([`crm.internal:${port}`], `http://crm.internal.:${port}`, loopback)).toBe('answer')
    expect(await reach(['127.0.0.1'], `http://crm.internal:${port}`, loopback)).toBe('answer')
    expect(await reach(['127.0.0.1'], `http://[::ffff:127.0.0.1]:${port}`)).toBe('answer')
  })

  test('opens nothing beside what it names', async () => {
    const { port } = receiver
    const before = receiver.connections()
    expect(await reach([`127.0.0.1:${port + 1}`], `http://127.0.0.1:${port}`)).toBe('refused')
    expect(await reach(['127.0.0.2'], `http://127.0.0.1:${port}`)).toBe('refused')
    expect(await reach(['crm.internal:1'], `http://crm.internal:${port}`, loopback)).toBe('refused')
    expect(await reach(['internal'], `http://crm.internal:${port}`, loopback)).toBe('refused')
    expect(await reach(['crm.internal'], `http://127.0.0.1:${port}`)).toBe('refused')
    expect(receiver.connections()).toBe(before)
  })

  test.each([
    '10.0.0.0/33',
    'http://crm.internal',
    'crm.internal/path',
    'host:0',
    'host:70000',
    '127.1',
    '0x7f.1',
    '*.internal',
    'a b',
    '::1/129',
  ])('says at the start that %j is wrong', (entry) =>
    expect(() => createEgress({ allow: ['ok.internal', entry] })).toThrow(`EGRESS_ALLOW: "${entry}"`),
  )

  test('may hold blanks and nothing', () => {
    expect(() => createEgress({ allow: ['', ' crm.internal ', ' [::1]:80', '::1', 'fd00::/8'] })).not.toThrow()
  })
})

describe('an answer', () => {
  test('that redirects is the answer: a private target is never visited', async () => {
    const target = await startHttpReceiver()
    receiver.next({ kind: 'answer', status: 302, headers: { Location: `${target.url}/admin` } })
    const result = answered(await egress.send(get(receiver.url)))
    expect(result).toMatchObject({ status: 302, headers: { location: `${target.url}/admin` } })
    expect(target.connections()).toBe(0)
    expect(receiver.requests).toHaveLength(1)
    await target.close()
  })

  test('keeps Retry-After, and joins a repeated header', async () => {
    receiver.next({
      kind: 'raw',
      bytes: 'HTTP/1.1 429 Slow\r\nRetry-After: 120\r\nX-A: 1\r\nX-A: 2\r\n__proto__: x\r\nContent-Length: 0\r\n\r\n',
    })
    const result = answered(await egress.send(get(receiver.url)))
    expect(result).toMatchObject({ status: 429, headers: { 'retry-after': '120', 'x-a': '1, 2' } })
    expect(Object.getPrototypeOf(result.headers)).toBe(Object.prototype)
  })

  test('without an end is cut at 1 MiB and marked, and the sender is stopped', async () => {
    receiver.next({ kind: 'endless' })
    const before = receiver.bytesWritten()
    const result = answered(await egress.send(get(receiver.url)))
    expect(result.truncated).toBe(true)
    expect(result.body.length).toBe(MIB)
    expect(receiver.bytesWritten() - before).toBeLessThan(64 * MIB)
  })

  test('of exactly 1 MiB is whole', async () => {
    receiver.next({ kind: 'answer', body: Buffer.alloc(MIB, 'a') })
    const result = answered(await egress.send(get(receiver.url)))
    expect(result.truncated).toBe(false)
    expect(result.body.length).toBe(MIB)
  })

  test('is unpacked when it comes compressed although nobody asked', async () => {
    receiver.next({ kind: 'answer', headers: { 'Content-Encoding': 'gzip' }, body: gzipSync('{"a":1}') })
    expect(answered(await egress.send(get(receiver.url))).body.toString()).toBe('{"a":1}')
  })

  test('that unpacks to 64 MiB is cut at 1 MiB', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * MIB))
    receiver.next({ kind: 'answer', headers: { 'Content-Encoding': 'gzip' }, body: bomb })
    const result = answered(await egress.send(get(receiver.url)))
    expect(result).toMatchObject({ truncated: true })
    expect(result.body.length).toBe(MIB)
  })

  test('with a false content-encoding is given as it came', async () => {
    receiver.next({ kind: 'answer', headers: { 'Content-Encoding': 'gzip' }, body: 'plain after all' })
    expect(answered(await egress.send(get(receiver.url))).body.toString()).toBe('plain after all')
  })

  test('is the final one: 1xx before it are passed over', async () => {
    receiver.next({
      kind: 'raw',
      bytes: `${'HTTP/1.1 102 Processing\r\n\r\n'.repeat(20)}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`,
    })
    const result = answered(await egress.send(get(receiver.url)))
    expect([result.status, result.body.toString()]).toEqual([200, 'ok'])
  })
})

describe('a receiver that misbehaves gives a failure, never an exception', () => {
  const failing = async (more: Partial<EgressRequest> = {}) =>
    egress.send(get(receiver.url, { timeoutMs: 300, ...more }))

  test('never answers', async () => {
    receiver.next({ kind: 'hang' })
    const result = await failing()
    expect(result).toMatchObject({ kind: 'failed', code: 'TIMEOUT', message: expect.stringContaining('within 0.3 s') })
  })

  test.each(['headers', 'body'] as const)('drips its %s: the deadline counts for the whole', async (part) => {
    receiver.next({ kind: 'drip', part, everyMs: 10 })
    expect(await failing()).toMatchObject({ kind: 'failed', code: 'TIMEOUT' })
  })

  test.each(['headers', 'body'] as const)('breaks off in its %s', async (part) => {
    receiver.next({ kind: 'reset', part })
    expect(await failing()).toMatchObject({ kind: 'failed', code: 'NETWORK' })
  })

  test.each([
    ['something that is not HTTP', 'SSH-2.0-OpenSSH\r\n'],
    ['a broken chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nxx\r\n'],
    ['1 MB of headers', `HTTP/1.1 200 OK\r\nX-A: ${'x'.repeat(1_000_000)}\r\n\r\n`],
    ['less than it announced', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'],
    ['nothing', ''],
  ])('sends %s', async (_, bytes) => {
    receiver.next({ kind: 'raw', bytes })
    expect(await failing()).toMatchObject({ kind: 'failed', code: 'NETWORK' })
  })

  test('refuses the connection', async () => {
    const gone = await startHttpReceiver()
    await gone.close()
    const result = await egress.send(get(gone.url))
    expect(result).toMatchObject({ kind: 'failed', code: 'NETWORK', message: expect.stringContaining('was refused') })
  })

  test('shows a certificate that nobody signed, or speaks no TLS', async () => {
    const tls = await startHttpReceiver({ tls: SELF_SIGNED })
    expect(await egress.send(get(tls.url))).toMatchObject({ kind: 'failed', code: 'TLS' })
    expect(tls.requests).toHaveLength(0)
    expect(await egress.send(get(receiver.url.replace('http:', 'https:')))).toMatchObject({
      kind: 'failed',
      code: 'TLS',
    })
    await tls.close()
  })

  test('leaves the next request unharmed', async () => {
    receiver.next({ kind: 'hang' }, { kind: 'reset', part: 'body' }, { kind: 'endless' })
    await Promise.all([failing(), failing(), failing()])
    expect((await failing()).kind).toBe('answer')
  })
})

describe('giving up', () => {
  test('ends a request under way', async () => {
    receiver.next({ kind: 'hang' })
    const abort = new AbortController()
    const sent = egress.send(get(receiver.url), abort.signal)
    await receiver.received(1)
    abort.abort()
    expect(await sent).toMatchObject({ kind: 'failed', code: 'NETWORK', message: expect.stringContaining('cancelled') })
  })

  test('before the start sends nothing', async () => {
    const before = sockets
    expect(await egress.send(get(receiver.url), AbortSignal.abort())).toMatchObject({ kind: 'failed' })
    expect(sockets).toBe(before)
  })

  test('in the queue for a connection sends nothing later on', async () => {
    const one = createEgress({ allow: ['127.0.0.1'], connections: 1 })
    receiver.next({ kind: 'answer', delayMs: 300 })
    const first = one.send(get(`${receiver.url}/first`))
    await receiver.received(1)
    expect(await one.send(get(`${receiver.url}/second`, { timeoutMs: 20 }))).toMatchObject({ code: 'TIMEOUT' })
    expect((await first).kind).toBe('answer')
    expect((await one.send(get(`${receiver.url}/third`))).kind).toBe('answer')
    expect(receiver.requests.map(({ path }) => path)).toEqual(['/first', '/third'])
    await one.close()
  })
})
