import { type ObjectDefinition, publicId } from '@kantos/model'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { createObject, deleteObject } from '../../src/objects/objects.ts'
import { readCatalogue } from '../../src/records/catalogue.ts'
import { exportCsv } from '../../src/records/export.ts'
import {
  CHUNK_ROWS,
  type Importing,
  removeStrayUploads,
  runImport,
  unfinishedImports,
} from '../../src/records/import.ts'
import { readImport, startImport, type UploadOptions } from '../../src/records/upload.ts'
import { createRecord, createRecords } from '../../src/records/write.ts'
import { BY_KEY, collect, createTestCrm, insertAutomation } from '../crm.ts'
import { createTestDatabase } from '../database.ts'

const database = await createTestDatabase()
const dataDir = await mkdtemp(join(tmpdir(), 'kantos-import-'))
afterAll(async () => {
  await database.drop()
  await rm(dataDir, { recursive: true, force: true })
})
const crm = Object.assign(await createTestCrm(database.pool), { config: { dataDir } })
const { pool, workspaceId } = crm
const never = new AbortController().signal

const objectOf = async (slug: string): Promise<ObjectDefinition> =>
  (await readCatalogue(pool, workspaceId)).objects.get(slug)!

async function upload(slug: string, csv: string, options: UploadOptions = {}): Promise<string> {
  const request = new Request('http://kantos.test/', {
    method: 'POST',
    body: csv,
    headers: { 'content-type': 'text/csv' },
  })
  return startImport(crm, workspaceId, BY_KEY.actor!, await objectOf(slug), request, options)
}
const state = async (id: string) => (await readImport(pool, workspaceId, publicId('import', id)))!
async function imported(slug: string, csv: string, options: UploadOptions = {}) {
  const id = await upload(slug, csv, options)
  await runImport(crm, workspaceId, id, never)
  return state(id)
}
const valuesOf = async (slug: string) =>
  (await pool.query(`select data from records where object = $1 order by id`, [slug])).rows.map((row) => row.data)

let objects = 0
/** An object of its own for a test: name*, code (unique), amount. */
async function freshObject(): Promise<string> {
  const { slug } = await createObject(crm, workspaceId, {
    name: `Goods ${++objects}`,
    fields: [
      { name: 'Name', type: 'text', required: true },
      { name: 'Code', type: 'text', unique: true },
      { name: 'Amount', type: 'number' },
      { name: 'Kind', type: 'status', options: { stages: ['new', 'old'] }, default_value: 'new' },
      { name: 'Tags', type: 'multi_select', options: { choices: ['red', 'green'] } },
    ],
  })
  return slug
}

describe('an import', () => {
  test('makes a record of every good row and reports each bad one with its line and reason', async () => {
    const slug = await freshObject()
    const csv = [
      '\ufeffName,CODE,amount,Kind,Tags',
      'Ada,a1,5,,red; green',
      ',a2,1,new,',
      '"Long',
      'name",a3,x,new,',
      'Bob,a1,1,new,',
      'too,few',
      'Cy,a4,"1"5,old,',
      'Dee,a5,-2.5,oldd,',
      'Eve,a6,7,old,green',
      '',
      'Fay,a7,8,old,"never closed',
      '"Gil, the ""great""",a8,,,',
    ].join('\r\n')
    expect(await imported(slug, csv)).toMatchObject({
      status: 'done',
      total: 10,
      processed: 10,
      created: 3,
      failed: 7,
      error: null,
      created_by: BY_KEY.actor,
      errors: [
        { line: 3, field: 'name', message: 'Name is required' },
        { line: 4, field: 'amount', message: expect.stringContaining('must be a number') },
        { line: 6, field: 'code', message: 'Code is unique, and another record has "a1".' },
        { line: 7, message: 'The row has 2 cells, the header has 5.' },
        { line: 8, message: expect.stringContaining('after the closing quote') },
        { line: 9, field: 'kind', message: expect.stringContaining('"oldd"') },
        { line: 12, message: expect.stringContaining('quote') },
      ],
    })
    expect(await valuesOf(slug)).toEqual([
      { name: 'Ada', code: 'a1', amount: 5, kind: 'new', tags: ['red', 'green'] },
      { name: 'Eve', code: 'a6', amount: 7, kind: 'old', tags: ['green'] },
      { name: 'Gil, the "great"', code: 'a8', kind: 'new' },
    ])
    expect(await readdir(join(dataDir, 'imports'))).toEqual([])
  })

  test('leaves nothing of a refused row behind', async () => {
    const slug = (
      await createObject(crm, workspaceId, {
        name: 'Twice unique',
        fields: [
          { name: 'A', type: 'text', unique: true },
          { name: 'B', type: 'text', unique: true },
          { name: 'Company', type: 'reference', options: { object: 'companies' } },
        ],
      })
    ).slug
    const company = publicId('record', (await createRecord(crm, workspaceId, 'companies', { name: 'Acme' }, BY_KEY)).id)
    await createRecord(crm, workspaceId, slug, { b: 'taken' }, BY_KEY)
    expect(await imported(slug, `a,b,company\nfree,taken,${company}\nfree,other,`)).toMatchObject({
      created: 1,
      failed: 1,
    })
    const { rows } = await pool.query(
      `select (select count(*)::int from unique_values u where object = $1
         and not exists (select from records r where r.id = u.record_id)) as claims,
        (select count(*)::int from record_references x where not exists (select from records r where r.id = x.record_id)) as refs`,
      [slug],
    )
    expect(rows[0]).toEqual({ claims: 0, refs: 0 })
  })

  test('fires record.created with source import, in the bulk lane, each row the root of its own chain', async () => {
    const slug = await freshObject()
    await insertAutomation(crm, 'Listens', { trigger: { event: 'record.created', object: slug } })
    const woken = crm.woken
    await imported(slug, 'name\na\nb')
    const { rows } = await pool.query(
      `select e.type, e.source, e.actor, e.lane, e.depth, e.chain_id = e.id as root, o.lane as queued
       from events e join outbox o on o.event_id = e.id where e.object = $1`,
      [slug],
    )
    const event = {
      type: 'record.created',
      source: 'import',
      actor: BY_KEY.actor,
      lane: 2,
      depth: 0,
      root: true,
      queued: 2,
    }
    expect(rows).toEqual([event, event])
    expect(crm.woken).toBeGreaterThan(woken)
  })

  test('matches columns by slug and name, and by its mapping', async () => {
    const slug = await freshObject()
    const csv = 'id;Titel;KIND;Rest;\nrec_1;Ada;old;x;'
    await expect(upload(slug, csv)).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      details: {
        errors: [expect.objectContaining({ message: expect.stringContaining('"Titel"') }), expect.anything()],
      },
    })
    expect(await imported(slug, csv, { mapping: { Titel: 'name', Rest: null } })).toMatchObject({ created: 1 })
    expect(await valuesOf(slug)).toEqual([{ name: 'Ada', kind: 'old' }])
  })

  test.each<[string, string, UploadOptions, string]>([
    ['__proto__ as a column', 'name,__proto__\na,b', {}, 'BAD_REQUEST'],
    ['constructor as a column', 'name,constructor\na,b', {}, 'BAD_REQUEST'],
    ['one field twice', 'name,Name\na,b', {}, 'VALIDATION_ERROR'],
    ['a mapping to no field', 'x\na', { mapping: { x: 'nope' } }, 'VALIDATION_ERROR'],
    ['a mapping to a prototype', 'x\na', { mapping: { x: '__proto__' } }, 'VALIDATION_ERROR'],
    ['a mapping of no column', 'name\na', { mapping: { nope: 'name' } }, 'VALIDATION_ERROR'],
    ['a mapping that is no object', 'name\na', { mapping: ['name'] }, 'VALIDATION_ERROR'],
    ['a mapping to something else', 'x\na', { mapping: { x: 5 } }, 'VALIDATION_ERROR'],
    ['no column with a field', 'id\na', {}, 'VALIDATION_ERROR'],
    ['no header', '\n\n', {}, 'VALIDATION_ERROR'],
  ])('is refused at once, and keeps no file: %s', async (_title, csv, options, code) => {
    const slug = await freshObject()
    await expect(upload(slug, csv, options)).rejects.toMatchObject({ code })
    expect(await readdir(join(dataDir, 'imports'))).toEqual([])
  })

  test('takes poisonous cells for what they are', async () => {
    const slug = await freshObject()
    const csv = 'name,code\n__proto__,constructor\na\0b,1\n"{{record.name}}",=1+1\n\ud83d\ude00,2'
    expect(await imported(slug, csv)).toMatchObject({ created: 3, failed: 1, errors: [{ line: 3, field: 'name' }] })
    expect((await valuesOf(slug)).map(({ name }) => name)).toEqual(['__proto__', '{{record.name}}', '😀'])
    expect(({} as Record<string, unknown>).code).toBeUndefined()
  })

  test('keeps the reasons of the first thousand bad rows and counts all', async () => {
    const slug = await freshObject()
    const done = await imported(
      slug,
      `name\n${'x'.repeat(300)}\n`.concat(`${'y'.repeat(256)}\n`.repeat(1_499), 'good\n'),
    )
    expect(done).toMatchObject({ total: 1_501, created: 1, failed: 1_500 })
    expect(done.errors).toHaveLength(1_000)
    expect(done.errors[999]).toMatchObject({ line: 1_001 })
  })

  test('of an object that is deleted meanwhile fails with that reason', async () => {
    const slug = await freshObject()
    const id = await upload(slug, 'name\na')
    await deleteObject(crm, workspaceId, slug, true)
    await runImport(crm, workspaceId, id, never)
    expect(await state(id)).toMatchObject({ status: 'failed', error: 'The object was deleted.', created: 0 })
  })

  test('whose file is gone fails with that reason', async () => {
    const id = await upload(await freshObject(), 'name\na')
    await rm(join(dataDir, 'imports', `${id}.csv`))
    await runImport(crm, workspaceId, id, never)
    expect(await state(id)).toMatchObject({ status: 'failed', error: 'The uploaded file is gone.' })
  })

  test('writes on while objects change, and each row fits the objects as they are then', async () => {
    const slug = await freshObject()
    const id = await upload(slug, `name\n${'a\n'.repeat(3 * CHUNK_ROWS)}`)
    const running = runImport(crm, workspaceId, id, never)
    for (let n = 0; n < 5; n++) await createObject(crm, workspaceId, { name: `Meanwhile ${slug} ${n}` })
    await running
    expect(await state(id)).toMatchObject({ status: 'done', created: 3 * CHUNK_ROWS })
  })
})

describe('after a crash', () => {
  const rows = 4 * CHUNK_ROWS + 17
  const csv = `name,code\n${Array.from({ length: rows }, (_, n) => `n${n},${n % 100 === 7 ? '7' : n}`).join('\n')}\n`

  /** Dies at the n-th statement that looks like the given text, before or after it. */
  function crashing(at: RegExp, times: number, after: boolean): Importing {
    let left = times
    const connect = async () => {
      const client = await pool.connect()
      return new Proxy(client, {
        get(target, key) {
          const value = Reflect.get(target, key) as unknown
          if (key !== 'query') return typeof value === 'function' ? value.bind(target) : value
          return async (...args: unknown[]) => {
            const [first] = args
            const text = typeof first === 'string' ? first : (first as { text: string }).text
            const dies = at.test(text) && --left === 0
            if (dies && !after) throw new Error('killed')
            const result = await (target.query as (...all: unknown[]) => Promise<unknown>)(...args)
            if (dies) throw new Error('killed')
            return result
          }
        },
      })
    }
    return {
      ...crm,
      pool: new Proxy(pool, { get: (target, key) => (key === 'connect' ? connect : bound(target, key)) }),
    }
  }
  const bound = (target: object, key: string | symbol) => {
    const value = Reflect.get(target, key) as unknown
    return typeof value === 'function' ? value.bind(target) : value
  }

  test.each<[string, RegExp, number, boolean]>([
    ['before the rows are written', /insert into records/, 2, false],
    ['after the rows are written', /insert into records/, 2, true],
    ['after the progress is written', /set processed/, 3, true],
    ['before the commit', /^commit$/, 2, false],
    ['after the commit, before it is known', /^commit$/, 2, true],
  ])('an import goes on, doubling and losing no row: %s', async (_title, at, times, after) => {
    const slug = await freshObject()
    const id = await upload(slug, csv)
    await expect(runImport(crashing(at, times, after), workspaceId, id, never)).rejects.toThrow('killed')
    const interrupted = await state(id)
    expect(interrupted.status).toBe('running')
    expect(interrupted.processed % CHUNK_ROWS).toBe(0)
    expect(interrupted.processed).toBeLessThan(rows)
    expect(await unfinishedImports(crm)).toEqual([{ workspaceId, importId: id }])
    await runImport(crm, workspaceId, id, never)
    const bad = Array.from({ length: rows }, (_, n) => n).filter((n) => n % 100 === 7 && n !== 7).length
    expect(await state(id)).toMatchObject({
      status: 'done',
      total: rows,
      processed: rows,
      created: rows - bad,
      failed: bad,
    })
    expect(new Set((await valuesOf(slug)).map(({ name }) => name)).size).toBe(rows - bad)
    expect(await valuesOf(slug)).toHaveLength(rows - bad)
    expect(await unfinishedImports(crm)).toEqual([])
  })

  test('two processes at one import double no row', async () => {
    const slug = await freshObject()
    const id = await upload(slug, csv.replaceAll(/,\d+$/gm, ','))
    await Promise.all([1, 2, 3].map(() => runImport(crm, workspaceId, id, never)))
    expect(await valuesOf(slug)).toHaveLength(rows)
    expect(await state(id)).toMatchObject({ status: 'done', created: rows })
  })

  test('uploads that became no import are cleared away after a day, and no others', async () => {
    const id = await upload(await freshObject(), 'name\na')
    const folder = join(dataDir, 'imports')
    await writeFile(join(folder, 'x.csv.part'), 'name')
    await removeStrayUploads(crm, Date.now())
    expect((await readdir(folder)).toSorted()).toEqual([`${id}.csv`, 'x.csv.part'])
    await removeStrayUploads(crm, Date.now() + 25 * 3600 * 1000)
    expect(await readdir(folder)).toEqual([`${id}.csv`])
    await runImport(crm, workspaceId, id, never)
  })

  test('a stop between two chunks is no end', async () => {
    const slug = await freshObject()
    const id = await upload(slug, csv)
    await expect(runImport(crm, workspaceId, id, AbortSignal.abort())).rejects.toThrow()
    expect(existsSync(join(dataDir, 'imports', `${id}.csv`))).toBe(true)
    await runImport(crm, workspaceId, id, never)
    expect(await state(id)).toMatchObject({ status: 'done', processed: rows })
  })
})

describe('an export', () => {
  test('is read again by an import, value for value', async () => {
    const from = await freshObject()
    const to = await freshObject()
    const values = [
      { name: 'Ada, "the first"', code: 'line\nbreak', amount: -1.5, kind: 'old', tags: ['red', 'green'] },
      { name: ' blanks ', amount: 0 },
      { name: '+49 30 1234', code: "'=1" },
      ...Array.from({ length: 1_200 }, (_, n) => ({ name: `n${n}` })),
    ]
    await createRecords(crm, workspaceId, from, values, BY_KEY)
    const csv = (await collect(exportCsv(pool, workspaceId, await objectOf(from), undefined))).join('')
    expect(csv.slice(0, csv.indexOf('\r\n'))).toBe('id,name,code,amount,kind,tags,created_at,updated_at,created_by')
    expect(await imported(to, csv)).toMatchObject({ created: values.length, failed: 0 })
    expect(await valuesOf(to)).toEqual(await valuesOf(from))
  })

  test('holds the records that pass the filters, and no formulas', async () => {
    const slug = await freshObject()
    await createRecords(
      crm,
      workspaceId,
      slug,
      [
        { name: '=HYPERLINK("x")', amount: 5 },
        { name: 'no', amount: 4 },
      ],
      BY_KEY,
    )
    const csv = (await collect(exportCsv(pool, workspaceId, await objectOf(slug), { amount: { $gt: 4 } }))).join('')
    expect(csv.trim().split('\r\n')).toHaveLength(2)
    expect(csv).toContain(`"'=HYPERLINK(""x"")"`)
  })
})
