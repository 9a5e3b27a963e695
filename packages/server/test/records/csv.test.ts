import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, describe, expect, test } from 'vitest'
import { type Encoding, openCsv, readRecords } from '../../src/records/csv/file.ts'
import { type CsvRow, readRows } from '../../src/records/csv/parse.ts'
import { receiveCsv } from '../../src/records/csv/upload.ts'
import { guardFormula, unguardFormula } from '@kantos/model/formula'
import { line } from '../../src/records/export.ts'
import { collect } from '../crm.ts'

const folder = await mkdtemp(join(tmpdir(), 'kantos-csv-'))
afterAll(() => rm(folder, { recursive: true, force: true }))

async function rowsOf(text: string, chunk = text.length || 1, delimiter = ','): Promise<CsvRow[]> {
  const chunks: string[] = []
  for (let at = 0; at < text.length; at += chunk) chunks.push(text.slice(at, at + chunk))
  return collect(readRows(Readable.from(chunks), delimiter))
}
const brief = (rows: CsvRow[]) => rows.map(({ line: number, cells, problem }) => [number, cells ?? problem])

describe('rows', () => {
  const cases: [string, string, unknown[]][] = [
    [
      'plain cells',
      'a,b\nc,d',
      [
        [1, ['a', 'b']],
        [2, ['c', 'd']],
      ],
    ],
    [
      'CRLF, and a line end at the end',
      'a,b\r\nc,d\r\n',
      [
        [1, ['a', 'b']],
        [2, ['c', 'd']],
      ],
    ],
    [
      'CR alone',
      'a,b\rc,d\r',
      [
        [1, ['a', 'b']],
        [2, ['c', 'd']],
      ],
    ],
    [
      'empty cells',
      ',\na,',
      [
        [1, ['', '']],
        [2, ['a', '']],
      ],
    ],
    [
      'empty lines are skipped and counted',
      'a,b\n\n\r\nc,d',
      [
        [1, ['a', 'b']],
        [4, ['c', 'd']],
      ],
    ],
    [
      'quotes, delimiters and line ends in a quoted cell',
      '"a ""x"", b","c\r\nd"\ne,f',
      [
        [1, ['a "x", b', 'c\r\nd']],
        [3, ['e', 'f']],
      ],
    ],
    ['an empty quoted cell', '"",a', [[1, ['', 'a']]]],
    ['a quote inside an unquoted cell is a quote', '6" nail,a"b', [[1, ['6" nail', 'a"b']]]],
    ['blanks after a closing quote', '"a" ,b', [[1, ['a', 'b']]]],
    [
      'no line end at the end of a quoted cell',
      'x\n"a"',
      [
        [1, ['x']],
        [2, ['a']],
      ],
    ],
    [
      'text after a closing quote costs its row',
      'a,b\n"x"y,2\nc,d',
      [
        [1, ['a', 'b']],
        [2, 'There is text after the closing quote of cell 1.'],
        [3, ['c', 'd']],
      ],
    ],
    [
      'a quote that is never closed costs its row',
      'a,b\n1,"open\n2,x\n3,y\n',
      [
        [1, ['a', 'b']],
        [2, 'A quote is opened and never closed.'],
        [3, ['2', 'x']],
        [4, ['3', 'y']],
      ],
    ],
    [
      'a quote closed by that of a later row costs its row',
      '1,"open\n2,x\n3,"y z"\n',
      [
        [1, 'There is text after the closing quote of cell 2.'],
        [2, ['2', 'x']],
        [3, ['3', 'y z']],
      ],
    ],
  ]
  test.each(cases)('%s', async (_title, text, expected) => {
    expect(brief(await rowsOf(text))).toEqual(expected)
  })

  test.each(cases)('%s: the same whatever the chunks', async (_title, text, expected) => {
    for (const chunk of [1, 2, 3, 7]) expect(brief(await rowsOf(text, chunk))).toEqual(expected)
  })

  test('a row that never ends is reported within bounds, and reading goes on', async () => {
    const rows = await rowsOf(`a\n"${'x'.repeat(100)}\n${'y,\n'.repeat(1_500_000)}`, 262_144)
    expect(rows[1]).toEqual({ line: 2, cells: null, problem: 'The row is too long; a quote may not be closed.' })
    expect(rows).toHaveLength(1_500_002)
  })

  test('one line without an end is no CSV file', async () => {
    await expect(rowsOf('x'.repeat(5_000_000), 262_144)).rejects.toThrow('Line 1 is longer than 4 MiB')
  })

  test('whatever cells are written are read again', async () => {
    const cells = ['', 'a', 'a,b', '"', '""', 'a\nb', 'a\r\nb', ' a ', "'=1", '\t', 'ä😀', '"a",b']
    const [row] = await rowsOf(line(cells))
    expect(row!.cells).toEqual(cells)
  })
})

describe('a file', () => {
  async function file(bytes: string | Buffer, encoding: Encoding = 'utf-8') {
    const path = join(folder, 'file.csv')
    await writeFile(path, bytes)
    const csv = await openCsv(path, encoding)
    return { csv, rows: brief(await collect(readRecords(csv))) }
  }

  test.each([
    ['comma', 'a,b;c\n1,2', ',', ['a', 'b;c']],
    ['semicolon', 'a;b;c\n1,5;2;3', ';', ['a', 'b', 'c']],
    ['tab', 'a\tb\n1\t2', '\t', ['a', 'b']],
    ['semicolon with commas in quotes', '"a,b,c,d";e\n1;2', ';', ['a,b,c,d', 'e']],
    ['one column', 'a\n1', ',', ['a']],
    ["Excel's sep", 'sep=;\na;b\n1;2', ';', ['a', 'b']],
  ])('has its delimiter found: %s', async (_title, text, delimiter, header) => {
    const { csv, rows } = await file(text)
    expect(csv).toMatchObject({ delimiter, header })
    expect(rows).toHaveLength(1)
  })

  test('has its byte-order mark, blank lines at the top and blanks in the header taken off', async () => {
    const { csv, rows } = await file('\ufeff\n\n Name , Email \nAda,a@x.org')
    expect(csv).toMatchObject({ header: ['Name', 'Email'], headerLine: 3 })
    expect(rows).toEqual([[4, ['Ada', 'a@x.org']]])
  })

  test('reports rows of another length, and leaves out rows without any value', async () => {
    const { rows } = await file('a,b\n1\n,\n1,2,3\n"x\ny",2\n1,2')
    expect(rows).toEqual([
      [2, 'The row has 1 cell, the header has 2.'],
      [4, 'The row has 3 cells, the header has 2.'],
      [5, ['x\ny', '2']],
      [7, ['1', '2']],
    ])
  })

  test('without a header is refused', async () => {
    await expect(file('\n\n')).rejects.toThrow('must name the columns')
    await expect(file('"a\n1')).rejects.toThrow("header can't be read")
  })
})

describe('an upload', () => {
  const path = join(folder, 'upload.csv')
  const post = (body: BodyInit, type: string) =>
    new Request('http://kantos.test/', { method: 'POST', body, headers: type === '' ? {} : { 'content-type': type } })
  const gone = async () => Promise.all([path, `${path}.part`].map((one) => stat(one).catch((e) => e.code)))

  test.each<[string, Buffer, Encoding, string]>([
    ['UTF-8', Buffer.from('Müller'), 'utf-8', 'Müller'],
    ['windows-1252', Buffer.from([0x4d, 0xfc, 0x80]), 'windows-1252', 'Mü€'],
    ['UTF-16 LE', Buffer.from('\ufeffMü', 'utf16le'), 'utf-16le', 'Mü'],
    ['UTF-16 BE', Buffer.from('\ufeffMü', 'utf16le').swap16(), 'utf-16be', 'Mü'],
  ])('keeps its bytes, and its encoding is found: %s', async (_title, bytes, encoding, text) => {
    expect(await receiveCsv(post(bytes as never, 'text/csv'), path)).toBe(encoding)
    expect(await readFile(path)).toEqual(bytes)
    expect((await openCsv(path, encoding)).header).toEqual([text])
  })

  test('in a form is its part "file", whatever stands around it', async () => {
    const form = new FormData()
    form.set('note', 'name="file"')
    form.set('file', new File(['a,b\r\n--x\r\n1,2\r\n'], 'my "file".csv', { type: 'text/csv' }))
    form.set('after', 'x'.repeat(100_000))
    expect(await receiveCsv(post(form, ''), path)).toBe('utf-8')
    expect(await readFile(path, 'utf8')).toBe('a,b\r\n--x\r\n1,2\r\n')
  })

  test('in a form arrives whole, wherever its chunks are cut', async () => {
    const text = 'a\r\n-\r\n--\r\n--b\r\n--bo'
    const body = `--bound\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n${text}\r\n--bound--\r\n`
    for (const size of [1, 2, 3, 5, 11]) {
      const chunks = Array.from({ length: Math.ceil(body.length / size) }, (_, n) =>
        Buffer.from(body.slice(n * size, n * size + size)),
      )
      const request = new Request('http://kantos.test/', {
        method: 'POST',
        body: Readable.toWeb(Readable.from(chunks)) as never,
        headers: { 'content-type': 'multipart/form-data; boundary=bound' },
        duplex: 'half',
      } as never)
      await receiveCsv(request, path)
      expect(await readFile(path, 'utf8')).toBe(text)
    }
  })

  test.each<[string, () => Request, string]>([
    ['another type', () => post('{}', 'application/json'), 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'nothing',
      () => new Request('http://kantos.test/', { method: 'POST', headers: { 'content-type': 'text/csv' } }),
      'BAD_REQUEST',
    ],
    ['an empty file', () => post('', 'text/csv'), 'BAD_REQUEST'],
    [
      'a form without the file',
      () =>
        post('--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--b--', 'multipart/form-data; boundary=b'),
      'BAD_REQUEST',
    ],
    [
      'a form that ends in the file',
      () => post('--b\r\nContent-Disposition: form-data; name="file"\r\n\r\na,b', 'multipart/form-data; boundary=b'),
      'BAD_REQUEST',
    ],
    ['too much', () => post('x'.repeat(101), 'text/csv'), 'PAYLOAD_TOO_LARGE'],
  ])('of %s is refused and leaves no file', async (_title, request, code) => {
    await rm(path, { force: true })
    await expect(receiveCsv(request(), path, 100)).rejects.toMatchObject({ code })
    expect(await gone()).toEqual(['ENOENT', 'ENOENT'])
  })
})

test.each([
  ['=1+1', "'=1+1"],
  ['+49 30', "'+49 30"],
  ['-5', "'-5"],
  ['@x', "'@x"],
  ['\tx', "'\tx"],
  ['\rx', "'\rx"],
  ['  =x', "'  =x"],
  ["'=x", "''=x"],
  ['\nx', "'\nx"],
  ['\u0001=x', "'\u0001=x"],
  ['\u200b \ufeff+x', "'\u200b \ufeff+x"],
  ['\u00a0@x', "'\u00a0@x"],
  ['＝1+1', "'＝1+1"],
  ["'\u200b=x", "''\u200b=x"],
  ["'tis", "'tis"],
  ['a=b', 'a=b'],
  ['', ''],
])('an exported text is no formula, and is imported as it was: %j', (text, guarded) => {
  expect(guardFormula(text)).toBe(guarded)
  expect(unguardFormula(guarded)).toBe(text)
})
