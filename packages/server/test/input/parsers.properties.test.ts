import {
  ApiError,
  compileTemplate,
  describeCron,
  ExpressionError,
  nextTick,
  type ObjectDefinition,
  objectInput,
  parseCron,
  parseFilters,
  parseRetryAfter,
  STANDARD_OBJECTS,
  ticks,
  validateAddress,
} from '@kantos/model'
import { createHmac } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readCursor } from '../../src/api/cursor.ts'
import { readJsonParameter } from '../../src/api/json-parameter.ts'
import { parseContent } from '../../src/api/webhook-content.ts'
import { type CsvFile, openCsv, readRecords } from '../../src/records/csv/file.ts'
import { filePart } from '../../src/records/csv/multipart.ts'
import { CsvError, readRows } from '../../src/records/csv/parse.ts'
import { filterSql, Parameters } from '../../src/records/filters.ts'
import { parseSort } from '../../src/records/sort.ts'
import { readChain, signChain } from '../../src/webhooks/chain-header.ts'
import { verifyInbound } from '../../src/webhooks/verify.ts'
import { collect } from '../crm.ts'
import { createTestDatabase, type TestDatabase } from '../database.ts'
import { runs } from './fuzz.ts'
import { NAUGHTY_STRINGS } from './naughty-strings.ts'

/** Any text: of any characters, halves of pairs included, or one that has broken something before. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom(...NAUGHTY_STRINGS),
  brokenText(),
)
function brokenText(): fc.Arbitrary<string> {
  return fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 }).map((codes) => String.fromCharCode(...codes))
}
const anyJson = fc.oneof(fc.jsonValue({ maxDepth: 5 }), fc.jsonValue({ maxDepth: 5, stringUnit: 'binary' }), anyText)

/** All texts of a JSON value, names included. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, part]) => [name, ...textsOf(part)])
}

/** What a parser may throw at its caller. */
function refusesInKind(work: () => unknown): void {
  try {
    work()
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    expect(error.status).toBeLessThan(500)
  }
}

describe('a template', () => {
  const pieces = fc.constantFrom(
    ..."{{ }} {{{{ ( ) [ ] , . ?. : ? && || ! + - * / % == != <= ' \" \\ ` $ ; = => record previous.x steps['a'] 1e9 1e999 .5 0x1".split(
      ' ',
    ),
    'date_add(',
    'json(',
    'replace(',
    "'\\u0000'",
    '"\\ud800"',
    '\u2028',
    '\0',
    '/*',
    'new ',
    'null',
    'true',
    'constructor',
    '__proto__',
  )
  const source = fc.oneof(
    anyText,
    fc.array(pieces, { maxLength: 60 }).map((parts) => parts.join(' ')),
  )

  test('of any characters compiles or is refused with its column, and renders JSON data whatever it is given', () => {
    fc.assert(
      fc.property(source, anyJson, (text, value) => {
        for (const template of [text, `{{${text}}}`, `a {{ ${text}`]) {
          try {
            const compiled = compileTemplate(template)
            const rendered = compiled.render({ record: { x: value, name: value }, previous: { x: value } }).value
            expect(JSON.parse(JSON.stringify(rendered))).toEqual(JSON.parse(JSON.stringify(rendered ?? null)))
          } catch (error) {
            if (!(error instanceof ExpressionError)) throw error
            expect(error.column).toBeGreaterThanOrEqual(1)
          }
        }
      }),
      runs(1000),
    )
  })

  test.each(['(', '[', '!', '-', '{{', "'", '1+', 'a.', 'a?', 'f(', 'a[', '1,', '[1,'])(
    'of a hundred thousand %j is refused without ado',
    (piece) => {
      for (const text of [piece.repeat(100_000), `{{${piece.repeat(100_000)}}}`])
        try {
          compileTemplate(text).render({ a: { a: 1 } })
        } catch (error) {
          expect(error).toBeInstanceOf(ExpressionError)
        }
    },
  )
})

describe('a cron line', () => {
  const part = fc.oneof(
    fc.constantFrom(
      '*',
      '*/5',
      '1-5',
      '0',
      '59',
      '23',
      '31',
      '7',
      'MON',
      'jan-DEC',
      '1,2,3',
      '5-1',
      '*/0',
      '60',
      '-1',
      '1/',
      '/',
      ',',
      'L',
      '?',
      'W',
      '1#2',
      '*/*',
      '0-59/1',
    ),
    fc.string({ maxLength: 6 }),
    fc.integer({ min: -10, max: 100 }).map(String),
  )
  const likely = fc.constantFrom('*', '*/5', '0', '1-5', '1,2,3', '7')
  const line = fc.oneof(
    anyText,
    fc.array(part, { minLength: 3, maxLength: 7 }).map((parts) => parts.join(' ')),
    fc
      .array(fc.oneof({ weight: 9, arbitrary: likely }, part), { minLength: 5, maxLength: 5 })
      .map((parts) => parts.join(' ')),
  )

  test('of any characters is read or refused in words, and what is read has words and ticks in order', () => {
    let read = 0
    fc.assert(
      fc.property(line, fc.constantFrom('UTC', 'Europe/Vienna', 'America/St_Johns'), (text, zone) => {
        const parsed = parseCron(text)
        if (!parsed.ok) {
          expect(parsed.error).toMatch(/\w/)
          return
        }
        read += 1
        expect(describeCron(parsed.cron)).toMatch(/\w/)
        const now = Date.UTC(2026, 0, 1)
        const next = ticks(parsed.cron, zone, now, 3)
        expect(next).toEqual(next.toSorted((a, b) => a - b))
        expect(nextTick(parsed.cron, zone, now) ?? undefined).toBe(next[0])
      }),
      runs(500),
    )
    expect(read).toBeGreaterThan(10)
  })
})

describe('a filter, a sort order and a cursor', () => {
  const leads = objectOf('leads')
  const slug = fc.oneof(
    fc.constantFrom(...leads.fields.map((field) => field.slug), 'id', 'created_at', '$or', 'nope'),
    anyText,
  )
  const operator = fc.oneof(
    fc.constantFrom('$eq', '$ne', '$gt', '$lte', '$contains', '$in', '$nin', '$empty', '$or', '$where', '__proto__'),
    anyText,
  )
  const value = fc.oneof(
    fc.constantFrom(null, true, 'true', 5, '5', '2026-01-01', '2026-01-01T00:00:00Z', [], ['a'], [1, null]),
    anyJson,
  )
  const { filter } = fc.letrec<{ filter: unknown }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 4 },
      fc.dictionary(slug, fc.oneof(value, fc.dictionary(operator, value, { maxKeys: 3 })), { maxKeys: 4 }),
      fc.array(tie('filter'), { maxLength: 3 }).map((list) => ({ $or: list })),
      value,
    ),
  }))
  let database: TestDatabase
  beforeAll(async () => {
    database = await createTestDatabase()
  })
  afterAll(() => database.drop())

  test('of any shape is checked or refused with places, and what is checked is SQL that PostgreSQL takes', async () => {
    const statements: { text: string; values: unknown[] }[] = []
    fc.assert(
      fc.property(filter, (given) => {
        const parsed = parseFilters(leads, given)
        if (!parsed.ok) {
          for (const { path, message } of parsed.problems) {
            expect(path).toMatch(/^(?:\/|$)/)
            expect(message).not.toBe('')
          }
          return
        }
        const parameters = new Parameters('00000000-0000-7000-8000-000000000001', 'leads')
        const text = `select 1 from records r where ${filterSql(parsed.filter, parameters)} limit 0`
        if (JSON.stringify(parameters.values).includes('\\u0000')) return
        statements.push({ text, values: parameters.values })
      }),
      runs(500),
    )
    expect(statements.length).toBeGreaterThan(20)
    for (const statement of statements) {
      const storable = statement.values.every((one) => !/\0/.test(String(one)))
      if (storable) await database.pool.query(statement)
    }
  })

  test('of any text or query parameter is an answer in kind', () => {
    fc.assert(
      fc.property(anyText, anyJson, (text, json) => {
        refusesInKind(() => parseSort(leads, text))
        refusesInKind(() => readCursor('run', text))
        refusesInKind(() => readJsonParameter(text, 'filters'))
        refusesInKind(() => readJsonParameter(JSON.stringify(json), 'filters'))
      }),
      runs(500),
    )
  })
})

function objectOf(slug: string): ObjectDefinition {
  const { fields, ...rest } = STANDARD_OBJECTS.find((object) => object.slug === slug)!
  objectInput.parse({ name: rest.name })
  const definitions = fields.map((field, position) => ({
    id: `fld_${position}`,
    required: false,
    unique: false,
    default_value: null,
    options: null,
    position,
    ...field,
  }))
  return { ...rest, standard: true, fields: definitions as unknown as ObjectDefinition['fields'] }
}

describe('a CSV file', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kantos-csv-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))
  const written = async (bytes: Buffer | string) => {
    const path = join(folder, 'file.csv')
    await writeFile(path, bytes)
    return path
  }
  const cell = fc.oneof(
    fc.string({ unit: fc.constantFrom('"', ',', ';', '\n', '\r', 'a', ' ', '\t', "'", '=') }),
    anyText,
  )
  const text = fc
    .array(fc.oneof(cell, fc.constantFrom('\r\n', '\n', '\r', ',', '""', '"')), { maxLength: 40 })
    .map((parts) => parts.join('').slice(0, 2000))

  test('of any characters, in any chunks, gives rows with rising lines or is refused as no CSV', async () => {
    await fc.assert(
      fc.asyncProperty(
        text,
        fc.constantFrom(',', ';', '\t'),
        fc.integer({ min: 1, max: 20 }),
        async (content, delimiter, size) => {
          async function* chunks() {
            for (let at = 0; at < content.length; at += size) yield content.slice(at, at + size)
          }
          const rows = await collect(readRows(chunks(), delimiter))
          const lines = rows.map(({ line }) => line)
          expect(lines).toEqual([...new Set(lines)].toSorted((a, b) => a - b))
          expect(rows.every(({ cells, problem }) => (cells === null) === (problem !== undefined))).toBe(true)
        },
      ),
      runs(500),
    )
  })

  test('of any bytes, in any encoding, gives rows or is refused', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 400 }),
        fc.constantFrom('utf-8', 'utf-16le', 'utf-16be', 'windows-1252'),
        async (bytes, encoding) => {
          try {
            const file = await openCsv(await written(Buffer.from(bytes)), encoding)
            for await (const row of readRecords(file)) expect(row.line).toBeGreaterThan(0)
          } catch (error) {
            expect(error).toBeInstanceOf(CsvError)
          }
        },
      ),
      runs(100),
    )
  })

  test('with its lines ended by CR alone, in UTF-16, with 500 columns, with headers that are doubled or reach a prototype, is read', async () => {
    const rows = async (bytes: Buffer | string, encoding: CsvFile['encoding'] = 'utf-8') =>
      (await collect(readRecords(await openCsv(await written(bytes), encoding)))).map(({ cells }) => cells)
    expect(await rows('a,b\r1,2\r3,4')).toEqual([
      ['1', '2'],
      ['3', '4'],
    ])
    expect(await rows(Buffer.from('\ufeffa;b\r\n1;2', 'utf16le'), 'utf-16le')).toEqual([['1', '2']])
    const wide = Array.from({ length: 500 }, (_, n) => `c${n}`).join()
    expect((await rows(`${wide}\n${wide}`))[0]).toHaveLength(500)
    expect(await rows('a,a,__proto__,constructor\n1,2,3,4')).toEqual([['1', '2', '3', '4']])
  })

  test('of one line of 50 MiB is refused, quoted or not, in the memory of a few', async () => {
    const before = process.memoryUsage().rss
    for (const start of ['', '"']) {
      const path = await written(start + 'x'.repeat(50 * 1024 * 1024))
      await expect((async () => collect(readRecords(await openCsv(path, 'utf-8'))))()).rejects.toBeInstanceOf(CsvError)
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(500 * 1024 * 1024)
  })

  test('in a form of any bytes comes out, or the form is refused', async () => {
    const crumbs = fc.constantFrom(
      '--b',
      '--b--',
      '\r\n',
      '\n',
      'content-disposition: form-data; name="file"',
      'name=file',
      '\r\n\r\n',
      'x',
      '--',
      '\0',
    )
    const form = fc.oneof(
      fc.array(crumbs, { maxLength: 25 }).map((parts) => parts.join('')),
      anyText,
    )
    await fc.assert(
      fc.asyncProperty(form, fc.integer({ min: 1, max: 9 }), async (content, size) => {
        const bytes = Buffer.from(content)
        async function* chunks() {
          for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
        }
        try {
          for await (const chunk of filePart(chunks(), 'b')) expect(chunk.length).toBeLessThanOrEqual(bytes.length)
        } catch (error) {
          expect(error).toBeInstanceOf(ApiError)
          expect((error as ApiError).status).toBe(400)
        }
      }),
      runs(500),
    )
  })
})

describe('what a stranger says in a header or a body of a webhook', () => {
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  const headerText = fc.oneof(
    anyText,
    fc.constantFrom('v1,', 'v1,AAAA', 'v1,AAAA v1,BBBB', 'sha256=', 'sha256=zz', ',', ' ', '1e3', '-5', '0'),
  )

  test('is never a signature by chance, and never an exception', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.constantFrom(
            'webhook-id',
            'webhook-timestamp',
            'webhook-signature',
            'X-Hub-Signature-256',
            'x-kantos-signature',
          ),
          fc.oneof(headerText, fc.array(headerText, { maxLength: 3 })),
        ),
        anyText,
        fc.oneof(fc.constant(secret), anyText),
        (headers, body, key) => {
          const verified = verifyInbound(headers, body, key, Date.now())
          expect(verified).toMatchObject({ ok: false, why: expect.stringMatching(/\w/) })
        },
      ),
      runs(500),
    )
  })

  test('one byte changed anywhere in a signed body, id or time is another call', () => {
    const now = 1_800_000_000
    const sign = (id: string, body: Buffer) =>
      `v1,${createHmac('sha256', Buffer.alloc(32, 7)).update(`${id}.${now}.`).update(body).digest('base64')}`
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        fc.stringMatching(/^[\w.]{1,30}$/),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (bytes, id, at, flip) => {
          const body = Buffer.from(bytes)
          const headers = { 'webhook-id': id, 'webhook-timestamp': String(now), 'webhook-signature': sign(id, body) }
          expect(verifyInbound(headers, body, secret, now * 1000).ok).toBe(true)
          const other = Buffer.from(body)
          other[at % other.length]! ^= flip
          expect(verifyInbound(headers, other, secret, now * 1000).ok).toBe(false)
          expect(verifyInbound({ ...headers, 'webhook-id': `${id}x` }, body, secret, now * 1000).ok).toBe(false)
        },
      ),
      runs(200),
    )
  })

  test('is a body in kind or refused', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          anyText.map((text) => Buffer.from(text)),
          anyJson.map((json) => Buffer.from(JSON.stringify(json))),
        ),
        fc.constantFrom('json', 'form', 'none'),
        (bytes, kind) => {
          refusesInKind(() => {
            const body = parseContent(kind, Buffer.from(bytes))
            expect(textsOf(body).filter((text) => text.includes('\0') || !text.isWellFormed())).toEqual([])
          })
        },
      ),
      runs(500),
    )
  })

  test('is no chain of ours, unless it is the very one that was signed', () => {
    const chain = { chainId: 'chain_1', depth: 3, parentRunId: 'run_1' }
    const header = signChain(chain, 'key')
    fc.assert(
      fc.property(
        fc.oneof(
          anyText,
          fc.tuple(fc.nat(header.length), anyText).map(([at, text]) => header.slice(0, at) + text),
        ),
        (given) => {
          expect(readChain(given, 'key')).toEqual(given === header ? chain : null)
        },
      ),
      runs(500),
    )
  })

  test('is a time to wait within bounds, or none', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          anyText,
          fc.integer().map(String),
          fc.double().map(String),
          fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
        ),
        (text) => {
          const wait = parseRetryAfter(text, Date.now())
          if (wait !== null) expect(wait >= 0 && Number.isFinite(wait)).toBe(true)
        },
      ),
      runs(500),
    )
  })

  test('is one address or none', () => {
    const crumbs = fc.constantFrom(
      'a',
      '@',
      '.',
      'b.org',
      ' ',
      '<',
      '>',
      '"',
      '\\',
      '\r\n',
      '\0',
      ',',
      ';',
      ':',
      '(',
      ')',
      '\u2028',
      '\u202e',
      '=?utf-8?q?=2C?=',
      'é',
      'xn--',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          anyText,
          fc.array(crumbs, { maxLength: 15 }).map((parts) => parts.join('')),
        ),
        (text) => {
          const read = validateAddress(text)
          if ('error' in read) {
            expect(read.message).not.toMatch(/[\r\n\0]/)
            return
          }
          expect(read.address).toMatch(/^[^\s@<>,;:"()[\]\\]+@[^\s@<>,;:"()[\]\\]+$/u)
          expect(`${read.address}${read.name ?? ''}`).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029,;]/u)
        },
      ),
      runs(1000),
    )
  })
})
