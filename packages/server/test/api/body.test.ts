import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isJson, parseJson, readText } from '../../src/api/body.ts'

test('what JSON can say is read as JSON.parse reads it', () => {
  const value = fc.jsonValue({ maxDepth: 10 }).filter((it) => !JSON.stringify(it).includes('__proto__'))
  fc.assert(
    fc.property(value, fc.constantFrom(undefined, 2), (it, space) => {
      const text = JSON.stringify(it, null, space)
      if (/\\u0000|\\ud[89a-f]/i.test(text)) return
      expect(parseJson(text)).toEqual(JSON.parse(text))
    }),
  )
})

test('whatever is sent, the answer is a value or an error for the caller', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[[\]{}"\\:,0-9a-u ]{0,40}$/)), (text) => {
      try {
        parseJson(text)
      } catch (error) {
        expect([400, 422]).toContain((error as { status: number }).status)
      }
    }),
  )
})

test('100 levels are read, 101 are not; brackets in texts don’t count', () => {
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
  expect(parseJson(nested(100))).toBeInstanceOf(Array)
  expect(() => parseJson(nested(101))).toThrow('100')
  expect(parseJson(JSON.stringify(['\\"[[', '['.repeat(100)]))).toEqual(['\\"[[', '['.repeat(100)])
})

test('__proto__ is refused however it is spelt, and only as a name', () => {
  for (const text of ['{"__proto__":1}', '[{"a":{"\\u005F_proto\\u005f_":{}}}]'])
    expect(() => parseJson(text), text).toThrow('Unknown name: __proto__.')
  expect(parseJson('{"a":"__proto__"}')).toEqual({ a: '__proto__' })
  expect(({} as { x?: unknown }).x).toBeUndefined()
})

test('a NUL or half a surrogate pair is named by its path; a whole pair is fine', () => {
  const paths = (text: string) => {
    try {
      return parseJson(text)
    } catch (error) {
      return (error as { details: { errors: { path: string }[] } }).details.errors.map(({ path }) => path)
    }
  }
  expect(paths('{"a":["ok","\\u0000"],"b/c":"\\ud800"}')).toEqual(['/a/1', '/b~1c'])
  expect(paths(JSON.stringify({ a: 'x\ud83dy' }))).toEqual(['/a'])
  expect(paths('"\\ud83d\\ude00"')).toBe('\u{1F600}')
})

test.each([
  ['application/json', true],
  ['application/json; charset=utf-8', true],
  ['Application/JSON', true],
  ['application/vnd.api+json', true],
  ['application/jsonp', false],
  ['text/plain', false],
  ['text/json', false],
  ['multipart/form-data', false],
  [null, false],
])('%s is JSON: %s', (type, is) => {
  expect(isJson(type)).toBe(is)
})

test.each([
  ['application/json; charset=utf-7', false],
  ['application/json; charset=utf-16le', false],
  ['application/json; charset=iso-8859-1', false],
  ['application/json; charset="UTF-8"', true],
  ['application/json;charset=us-ascii', true],
])('%s is JSON that we read: %s', (type, is) => {
  expect(isJson(type)).toBe(is)
})

test('a body is UTF-8, with a byte order mark or without, however long it is said to be', async () => {
  const read = (bytes: Uint8Array<ArrayBuffer>, headers = {}) =>
    readText(new Request('http://x', { method: 'POST', body: bytes, headers }), 100)
  const encoder = new TextEncoder()
  for (const headers of [{}, { 'content-length': '9' }]) {
    expect(await read(encoder.encode('\ufeff{"a":1}'), headers)).toBe('{"a":1}')
    expect(await read(encoder.encode('"\ufffd"'), headers)).toBe('"\ufffd"')
    for (const bad of [
      [0x22, 0xe9, 0x22],
      [0x22, 0xed, 0xa0, 0x80, 0x22],
      [0xff, 0xfe, 0x7b, 0],
    ])
      await expect(read(Uint8Array.from(bad), headers)).rejects.toMatchObject({ status: 400 })
  }
})

test('a body that breaks off is the caller’s fault, not ours', async () => {
  const broken = new ReadableStream({ start: (controller) => controller.error(new Error('aborted')) })
  const request = new Request('http://x', { method: 'POST', body: broken, duplex: 'half' } as RequestInit)
  await expect(readText(request, 100)).rejects.toMatchObject({ status: 400 })
})
