import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { putSecret } from '@kantos/model'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createEgress, type Egress } from '../../src/ports/egress.ts'
import { createTestEngine, type TestEngine } from '../engine.ts'
import { type HttpBehaviour, type HttpReceiver, startHttpReceiver } from '../receivers.ts'

const MIB = 1024 * 1024

describe('what a receiver answers ends up in the log as data, whatever it is:', () => {
  let e: TestEngine
  let http: HttpReceiver
  beforeAll(async () => {
    e = await createTestEngine()
    await e.client.call(putSecret, { params: { name: 'token' }, body: { value: 'Canary-51f0c2d7' } })
  })
  afterAll(() => e.stop())
  // a receiver of its own, so that nobody's failures hold another's
  beforeEach(async () => {
    http = await startHttpReceiver()
    return () => http.close()
  })

  /** The run of an automation whose second step uses all of the answer. */
  async function runWith(behaviour: HttpBehaviour) {
    http.otherwise(behaviour)
    const id = await e.automation({
      trigger: { event: 'record.created', object: 'leads' },
      conditions: { match: 'all', rules: [{ field: 'name', operator: 'equals', value: `for ${http.port}` }] },
      actions: [
        {
          type: 'webhook',
          key: 'call',
          config: { url: http.url, headers: { 'X-Token': '{{secrets.token}}' }, retry: { delays_seconds: [] } },
        },
        {
          type: 'update_record',
          config: { fields: { notes: 'got {{steps.call.body}}', company: 'got {{steps.call.body.a}}' } },
        },
      ],
    })
    await e.create('leads', { name: `for ${http.port}` })
    return e.run(id)
  }
  const json = (body: string | Buffer): HttpBehaviour => ({
    kind: 'answer',
    headers: { 'content-type': 'application/json' },
    body,
  })

  test.each<[string, string | Buffer]>([
    ['a NUL in a value', '{"a":"b\\u0000c"}'],
    ['a NUL in a name', '{"a\\u0000b":1}'],
    ['half a pair in a name', '{"\\ud800":{"\\udc00":"\\ud83d"}}'],
    ['a number beyond all bounds', '{"a":1e999,"b":-1e999}'],
    ['names that reach a prototype', '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'],
    ['5,000 levels', `${'['.repeat(5_000)}${']'.repeat(5_000)}`],
    ['500,000 levels', `${'['.repeat(500_000)}${']'.repeat(500_000)}`],
    ['100,000 names', `{${Array.from({ length: 90_000 }, (_, n) => `"${n}":0`).join()}}`],
    ['bytes that are no text', Buffer.from(Array.from({ length: 512 }, (_, n) => n % 256))],
    ['a document that ends too soon', '{"a":'],
    ['a placeholder', '{"a":"{{secrets.token}}"}'],
  ])('%s', async (_, body) => {
    const run = await runWith(json(body))
    expect(run.steps[0]!.status).toBe('succeeded')
    expect([run.status, run.error]).toEqual(['succeeded', null])
    expect(JSON.stringify(run).isWellFormed()).toBe(true)
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    expect(e.logged).toEqual([])
  })

  test('no exception and no secret, however it is escaped, in names and in values', async () => {
    const escaped = [...'Canary-51f0c2d7']
      .map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join('')
    const run = await runWith(json(`{"${escaped}":"${escaped}","b":{"x ${escaped}":["${escaped}"]}}`))
    expect(run.status).toBe('succeeded')
    expect(http.requests[0]!.headers['x-token']).toBe('Canary-51f0c2d7')
    expect(run.steps[0]!.output).toMatchObject({ body: { '••••': '••••', b: { 'x ••••': ['••••'] } } })
    const { rows } = await e.pool.query('select r::text as text from runs r union all select d::text from records d')
    expect(rows.filter(({ text }) => text.includes('51f0c2d7'))).toEqual([])
  })
})

describe('what a receiver answers costs a bounded time and memory:', () => {
  let receiver: HttpReceiver
  let egress: Egress
  // of its own, so that an answer that was never fetched isn't the next test's
  beforeEach(async () => {
    receiver = await startHttpReceiver()
    egress = createEgress({ allow: ['127.0.0.1'] })
    return async () => {
      await egress.close()
      await receiver.close()
    }
  })
  const ask = (timeoutMs = 30_000) => egress.send({ method: 'GET', url: receiver.url, headers: {}, timeoutMs })

  const zeros = Buffer.alloc(256 * MIB)
  test.each<[string, () => Buffer]>([
    ['gzip', () => gzipSync(zeros)],
    ['x-gzip', () => gzipSync(zeros)],
    ['deflate', () => deflateSync(zeros)],
    ['br', () => brotliCompressSync(zeros.subarray(0, 64 * MIB))],
    ['GZIP', () => gzipSync(zeros.subarray(0, 2 * MIB))],
  ])('a bomb in %s is cut at 1 MiB', async (encoding, bomb) => {
    receiver.next({ kind: 'answer', headers: { 'content-encoding': encoding }, body: bomb() })
    const before = process.memoryUsage().rss
    const result = await ask()
    expect(result).toMatchObject({ kind: 'answer', truncated: true })
    expect(result.kind === 'answer' && result.body.length).toBe(MIB)
    expect(process.memoryUsage().rss - before).toBeLessThan(128 * MIB)
  })

  test.each([
    ['a bomb in a bomb', 'gzip, gzip', gzipSync(gzipSync(Buffer.alloc(64 * MIB)))],
    ['deflate without its frame', 'deflate', deflateRawSync('plain')],
    ['an unknown coding', 'zstd', Buffer.from('plain')],
    ['a name of Object', 'constructor', Buffer.from('plain')],
    ['an empty body', 'gzip', Buffer.alloc(0)],
  ])('%s is given as it came', async (_, encoding, body) => {
    receiver.next({ kind: 'answer', headers: { 'content-encoding': encoding }, body })
    const result = await ask()
    expect(result.kind === 'answer' && result.body.equals(body)).toBe(true)
  })

  const endless = (head: string, piece: string) => `${head}${piece.repeat(Math.ceil((4 * MIB) / piece.length))}`
  test.each([
    ['4 MiB of small headers', endless('HTTP/1.1 200 OK\r\n', 'X-A: b\r\n')],
    ['4 MiB of one folded header', endless('HTTP/1.1 200 OK\r\nX-A: b\r\n', ' c\r\n')],
    ['4 MiB of a status line', endless('HTTP/1.1 200 ', 'O')],
    ['4 MiB of trailers', endless('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n', 'X-A: b\r\n')],
    ['4 MiB of a chunk’s extension', endless('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;', 'x')],
    ['both lengths', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['a negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nab'],
    ['a switch to another protocol', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nab'],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
  ])('%s is a failure, or an answer within 1 MiB', async (_, bytes) => {
    receiver.next({ kind: 'raw', bytes })
    const result = await ask(1000)
    if (result.kind === 'answer') expect(result.body.length).toBeLessThanOrEqual(MIB)
    else expect(result.kind).toBe('failed')
    receiver.otherwise({ kind: 'answer' })
    expect((await ask()).kind).toBe('answer')
  })

  test('100,000 preliminary answers end with the deadline or the real answer', async () => {
    const storm = 'HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n'.repeat(100_000)
    receiver.next({ kind: 'raw', bytes: `${storm}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok` })
    expect(['answer', 'failed']).toContain((await ask(5000)).kind)
  })

  test('a megabyte in chunks of one byte is read, and no more', async () => {
    const chunks = '1\r\nx\r\n'.repeat(MIB + 10)
    receiver.next({ kind: 'raw', bytes: `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n` })
    const result = await ask(20_000)
    expect(result).toMatchObject({ kind: 'answer', truncated: true })
  })
})
