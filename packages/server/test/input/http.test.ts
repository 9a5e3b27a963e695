import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readText } from '../../src/api/body.ts'
import { type Listening, listen } from '../../src/api/listen.ts'
import { createTestApp, type TestApp } from '../app.ts'
import { type ChangeWatch, watchChanges } from './changes.ts'
import { speak } from './raw-http.ts'

/** A few hundred ms each, where the product has seconds and minutes. */
const QUICK = { headersMs: 400, requestMs: 800, silenceMs: 600, lookEveryMs: 50, connections: 60 }

let t: TestApp
let server: Listening
let quick: Listening
let changes: ChangeWatch
beforeAll(async () => {
  t = await createTestApp()
  server = await listen(t.app, { host: '127.0.0.1', port: 0 })
  quick = await listen(t.app, { host: '127.0.0.1', port: 0 }, QUICK)
  changes = await watchChanges(t.pool)
})
afterAll(async () => {
  await server.close(100)
  await quick.close(100)
  await t.drop()
})

const lead = JSON.stringify({ object_id: 'leads', field_values: { name: 'Smuggled' } })
const head = (lines: string[], path = '/api/crm/record') =>
  `POST ${path} HTTP/1.1\r\nHost: kantos.test\r\nX-Api-Key: ${t.apiKey}\r\nContent-Type: application/json\r\n${lines.join('\r\n')}\r\n\r\n`
const inside = () => `GET /api/users HTTP/1.1\r\nHost: kantos.test\r\nX-Api-Key: ${t.apiKey}\r\n\r\n`

async function expectHealthy(): Promise<void> {
  expect((await speak(server.port, ['GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'])).statuses).toEqual(
    [200],
  )
}

describe('a request whose end two servers could see at different places is refused, and what hides in it is never read:', () => {
  const chunked = `0\r\n\r\n${'G'}`
  test.each<[string, () => string]>([
    ['both lengths', () => head(['Content-Length: 4', 'Transfer-Encoding: chunked']) + chunked],
    ['both lengths, the other way', () => head(['Transfer-Encoding: chunked', 'Content-Length: 4']) + chunked],
    ['two lengths', () => head(['Content-Length: 0', `Content-Length: ${inside().length}`]) + inside()],
    ['a list of lengths', () => head([`Content-Length: 0, ${inside().length}`]) + inside()],
    ['a length with a plus', () => head(['Content-Length: +0']) + inside()],
    ['a negative length', () => head(['Content-Length: -1']) + inside()],
    ['a hexadecimal length', () => head(['Content-Length: 0x0']) + inside()],
    ['a length with a blank inside', () => head(['Content-Length: 0 0']) + inside()],
    ['a length beyond all bounds', () => head(['Content-Length: 99999999999999999999999999']) + inside()],
    ['an unknown coding', () => head(['Transfer-Encoding: xchunked']) + inside()],
    ['chunked, and then something else', () => head(['Transfer-Encoding: chunked, identity']) + inside()],
    ['chunked twice', () => head(['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked, x']) + inside()],
    ['a blank before the colon', () => head(['Transfer-Encoding : chunked']) + chunked],
    ['a folded header', () => head(['Transfer-Encoding:', ' chunked']) + chunked],
    ['a header after a bare carriage return', () => head(['X-A: b\rContent-Length: 4']) + inside()],
    ['a NUL in a header', () => head(['X-A: b\0c']) + inside()],
    ['a chunk size that is no number', () => `${head(['Transfer-Encoding: chunked'])}zz\r\n${inside()}`],
    ['a negative chunk size', () => `${head(['Transfer-Encoding: chunked'])}-1\r\n${inside()}`],
    ['a chunk longer than it says', () => `${head(['Transfer-Encoding: chunked'])}2\r\n{}}}\r\n0\r\n\r\n${inside()}`],
    ['a chunk size beyond all bounds', () => `${head(['Transfer-Encoding: chunked'])}fffffffffffffffff\r\n${inside()}`],
  ])('%s', async (_, request) => {
    const { statuses, closed } = await speak(server.port, [request()])
    expect(statuses.length).toBeLessThanOrEqual(1)
    expect(statuses.every((status) => status === 400)).toBe(true)
    expect(closed).toBe(true)
    expect(await changes.take()).toEqual([])
  })

  test('a body on GET is not the next request', async () => {
    const { statuses } = await speak(server.port, [
      `GET /api/settings HTTP/1.1\r\nHost: x\r\nX-Api-Key: ${t.apiKey}\r\nContent-Length: ${inside().length}\r\n\r\n${inside()}`,
    ])
    expect(statuses).toEqual([200])
  })
})

describe('what is no HTTP gets a 400 in the form of the API, or nothing, and the connection ends:', () => {
  test.each<[string, string | Buffer]>([
    ['garbage', 'hello\r\n\r\n'],
    ['a TLS greeting', Buffer.from('16030100f1010000ed0303', 'hex')],
    ['SMTP', 'EHLO x\r\nMAIL FROM:<a@b.c>\r\n'],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['an unknown method', 'HACK / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['an unknown version', 'GET / HTTP/3.0\r\nHost: x\r\n\r\n'],
    ['a request without a host', 'GET /api/settings HTTP/1.1\r\n\r\n'],
    ['a blank in the path', 'GET /api/a b HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['bytes', Buffer.from(Array.from({ length: 4096 }, (_, n) => (n * 131 + 7) % 256))],
  ])('%s', async (_, bytes) => {
    const { text, statuses, closed } = await speak(server.port, [bytes])
    expect(statuses.every((status) => status === 400)).toBe(true)
    expect(closed).toBe(true)
    if (text.includes('"code"')) {
      expect(text).toMatch(/content-security-policy/i)
      expect(JSON.parse(text.slice(text.indexOf('\r\n\r\n')))).toMatchObject({ code: 'BAD_REQUEST', status: 400 })
    }
  })

  test('garbage behind a good request in one packet spoils only itself', async () => {
    const { statuses, closed } = await speak(server.port, [`${inside()}hello\r\n\r\n${inside()}`])
    expect(statuses[0]).toBe(200)
    expect(statuses.slice(1).every((status) => status === 400)).toBe(true)
    expect(closed).toBe(true)
  })

  test('good requests in one packet are answered in order', async () => {
    const { statuses } = await speak(server.port, [inside().repeat(20)])
    expect(statuses).toEqual(Array.from({ length: 20 }, () => 200))
  })
})

describe('sizes have bounds:', () => {
  test('headers of more than 16 KiB are a 431, as one or as many', async () => {
    for (const lines of [[`X-A: ${'x'.repeat(20_000)}`], Array.from({ length: 4000 }, (_, n) => `X-${n}: y`)]) {
      const { text, statuses, closed } = await speak(server.port, [head(lines)])
      expect(statuses).toEqual([431])
      expect(closed).toBe(true)
      expect(text).toContain('"code":"PAYLOAD_TOO_LARGE"')
    }
  })

  test('hundreds of headers within the bound, and an address of 12 KiB, are answered in kind', async () => {
    const many = Array.from({ length: 500 }, (_, n) => `X-${n}: y`)
    const [status] = (await speak(server.port, [head([...many, 'Content-Length: 2']) + '{}'])).statuses
    expect([400, 431]).toContain(status)
    const long = await speak(server.port, [inside().replace('/api/users', `/api/users?${'a'.repeat(12_000)}`)])
    expect(long.statuses).toEqual([400])
  })

  test('a body is refused by its announced length before it is read, and by its real one when it has none', async () => {
    const announced = await speak(server.port, [head(['Content-Length: 1000000000', 'Expect: 100-continue'])])
    expect(announced.statuses.at(-1)).toBe(413)
    const endless = Array.from({ length: 64 }, () => `10000\r\n${' '.repeat(0x10000)}\r\n`)
    const { statuses, closed } = await speak(
      server.port,
      [head(['Transfer-Encoding: chunked'], '/api/api-keys'), ...endless],
      3000,
    )
    // who goes on sending may meet the closed connection before the answer
    expect([[413], []]).toContainEqual(statuses)
    expect(closed).toBe(true)
  })

  test('a body shorter than announced makes nothing, one that goes on is not read further', async () => {
    await speak(server.port, [head([`Content-Length: ${lead.length + 10}`]) + lead])
    expect(await changes.take()).toEqual([])
    const longer = await speak(server.port, [head([`Content-Length: ${lead.length}`]) + lead + lead])
    expect(longer.statuses[0]).toBe(201)
    expect(longer.statuses.slice(1).every((status) => status === 400)).toBe(true)
    await changes.take()
    expect(t.logged).toEqual([])
  })
})

describe('slow clients have a deadline each:', () => {
  const shut = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()))
  const open = () => {
    const socket = connect(quick.port, '127.0.0.1')
    socket.on('error', () => {})
    return socket.resume()
  }

  test('one that says nothing', async () => {
    const { closed, statuses } = await speak(quick.port, [], 5000)
    expect(closed).toBe(true)
    expect(statuses.every((status) => status === 408)).toBe(true)
  })

  test('one that drips its headers, though it never pauses', async () => {
    const drips = Array.from({ length: 200 }, (_, n) => [`X-${n}: y\r\n`, 20]).flat()
    const { closed, statuses } = await speak(quick.port, ['GET / HTTP/1.1\r\nHost: x\r\n', ...drips], 5000)
    expect(closed).toBe(true)
    expect(statuses.every((status) => status === 408)).toBe(true)
  })

  test('one that drips its body, though it never pauses', async () => {
    const drips = Array.from({ length: 200 }, () => [' ', 20]).flat()
    const { closed } = await speak(quick.port, [head(['Content-Length: 1000']), ...drips], 5000)
    expect(closed).toBe(true)
    expect(await changes.take()).toEqual([])
  })

  test('one that asks and never reads', async () => {
    const before = await t.request('/api/openapi.json')
    expect((await before.text()).length).toBeGreaterThan(50_000)
    const socket = connect(quick.port, '127.0.0.1')
    socket.on('error', () => {})
    const closed = shut(socket)
    socket.pause()
    // who never reads learns of the end when it writes
    const asking = setInterval(() => socket.write('GET /api/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(50)), 20)
    await closed
    clearInterval(asking)
  })

  test('a body of JSON has half a minute of its own, less in this test', async () => {
    const slow = new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode('{')) })
    const request = new Request('http://x', { method: 'POST', body: slow, duplex: 'half' } as RequestInit)
    await expect(readText(request, 100, 100)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('0.1 s'),
    })
  })

  test('and hundreds of them keep nobody else out: beyond the bound they are closed as they come', async () => {
    const slow = Array.from({ length: 200 }, () => {
      const socket = open()
      socket.write('POST /api/crm/record HTTP/1.1\r\nHost: x\r\nX-Slow: ')
      return shut(socket)
    })
    await expectHealthy()
    await Promise.all(slow)
    expect(
      (await speak(quick.port, ['GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'])).statuses,
    ).toEqual([200])
  })
})

test('a client that goes away in the middle of its body is no fault of ours', async () => {
  const socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(head(['Content-Length: 1000']) + '{"object_id"')
  await new Promise((resolve) => setTimeout(resolve, 50))
  socket.resetAndDestroy()
  await expectHealthy()
  expect(await changes.take()).toEqual([])
  expect(t.logged).toEqual([])
})

test('afterwards the API is healthy', expectHealthy)
