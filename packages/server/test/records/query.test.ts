import { ApiError, publicId } from '@kantos/model'
import { afterAll, describe, expect, test } from 'vitest'
import { createField } from '../../src/objects/fields.ts'
import { createObject } from '../../src/objects/objects.ts'
import { readCatalogue } from '../../src/records/catalogue.ts'
import { presentRecord } from '../../src/records/present.ts'
import { countRecords, findRecords, queryPage, readRecord } from '../../src/records/query.ts'
import type { SortInput } from '../../src/records/sort.ts'
import { createRecord, createRecords } from '../../src/records/write.ts'
import { BY_KEY, createTestCrm } from '../crm.ts'
import { createTestDatabase } from '../database.ts'

const database = await createTestDatabase()
afterAll(database.drop)
const crm = await createTestCrm(database.pool)
const { pool, workspaceId } = crm

await createObject(crm, workspaceId, {
  name: 'Things',
  fields: [
    { name: 'Name', type: 'text', required: true },
    { name: 'Amount', type: 'currency' },
    { name: 'Done', type: 'boolean' },
    { name: 'Day', type: 'date' },
    { name: 'At', type: 'datetime' },
    { name: 'Stage', type: 'status', options: { stages: ['open', 'busy', 'closed'] } },
    { name: 'Tags', type: 'multi_select', options: { choices: ['red', 'green', 'blue'] } },
    { name: 'Mail', type: 'email' },
  ],
})
const things = (await readCatalogue(pool, workspaceId)).objects.get('things')!
const rows = await createRecords(
  crm,
  workspaceId,
  'things',
  [
    { name: 'Ada', amount: 5, done: true, day: '2026-03-01', at: '2026-03-01T09:30:00Z', stage: 'busy', tags: ['red'] },
    { name: 'bob', amount: 10, done: false, day: '2026-03-02', at: '2026-03-01T23:59:59.999Z', stage: 'open' },
    { name: 'Émile', amount: -1.5, day: '2026-02-28', stage: 'closed', tags: ['red', 'green'], mail: 'e@x.org' },
    { name: '100% sure_thing\\', amount: 0, tags: ['blue'], at: '2026-03-02T00:00:00Z' },
    { name: "x' or 1=1 --" },
  ],
  BY_KEY,
)
const names = async (filters: unknown, sort?: SortInput) =>
  (await findRecords(pool, workspaceId, things, { filters, sort: sort ?? 'id', limit: 100 })).map(
    (row) => row.data.name,
  )
const found = async (filters: unknown) =>
  (await names(filters)).map((name) =>
    ['Ada', 'bob', 'Émile', '100% sure_thing\\', "x' or 1=1 --"].indexOf(String(name)),
  )

describe('filters', () => {
  test.each<[string, unknown, number[]]>([
    ['none', {}, [0, 1, 2, 3, 4]],
    ['a bare value means equality', { name: 'Ada' }, [0]],
    ['text compares exactly', { name: 'ada' }, []],
    ['a number compares as a number', { amount: { $eq: '5.0' } }, [0]],
    ['0 is a value', { amount: 0 }, [3]],
    ['null is empty', { amount: null }, [4]],
    ['$ne is true on an empty field', { amount: { $ne: 5 } }, [1, 2, 3, 4]],
    ['$ne null has a value', { mail: { $ne: null } }, [2]],
    ['$gt orders numbers, not texts', { amount: { $gt: 5 } }, [1]],
    ['$gte and $lt together', { amount: { $gte: 0, $lt: 10 } }, [0, 3]],
    ['$lte knows negative numbers', { amount: { $lte: -1.5 } }, [2]],
    ['booleans', { done: false }, [1]],
    ['booleans as text', { done: 'true' }, [0]],
    ['dates', { day: { $gte: '2026-03-01' } }, [0, 1]],
    ['a date against a moment counts as its midnight', { day: { $lt: '2026-03-01T00:00:01Z' } }, [0, 2]],
    ['a date equals a moment of its day', { day: '2026-03-02T15:00:00Z' }, [1]],
    ['a datetime equals a day when it is of that day', { at: '2026-03-01' }, [0, 1]],
    ['a datetime compares as an instant, whatever the zone', { at: '2026-03-01T10:30:00+01:00' }, [0]],
    ['a datetime after midnight of a day', { at: { $gte: '2026-03-02' } }, [3]],
    ['$in', { stage: { $in: ['open', 'busy'] } }, [0, 1]],
    ['$in with null also takes empty', { stage: { $in: ['open', null] } }, [1, 3, 4]],
    ['$in of nothing is nothing', { stage: { $in: [] } }, []],
    ['$in of numbers', { amount: { $in: [5, '10'] } }, [0, 1]],
    ['$in of days', { at: { $in: ['2026-03-01', '2026-03-02'] } }, [0, 1, 3]],
    ['$nin is true on an empty field', { stage: { $nin: ['open', 'busy'] } }, [2, 3, 4]],
    ['$contains ignores case, also beyond ASCII', { name: { $contains: 'éMI' } }, [2]],
    ['$contains takes % and _ as they are', { name: { $contains: '0% sure_' } }, [3]],
    ['$contains doesn’t take % for anything', { name: { $contains: '%da' } }, []],
    ['$contains of a multi-select: has the item', { tags: { $contains: 'red' } }, [0, 2]],
    ['$contains of a multi-select: has all of a list', { tags: { $contains: ['red', 'green'] } }, [2]],
    ['a multi-select equals as a set', { tags: ['green', 'red'] }, [2]],
    ['a multi-select $in: any of', { tags: { $in: ['green', 'blue'] } }, [2, 3]],
    ['$empty', { mail: { $empty: true } }, [0, 1, 3, 4]],
    ['$empty false', { tags: { $empty: false } }, [0, 2, 3]],
    ['$or', { $or: [{ amount: 5 }, { stage: 'closed' }] }, [0, 2]],
    ['$or and a field must both hold', { done: { $empty: true }, $or: [{ amount: 5 }, { stage: 'closed' }] }, [2]],
    ['$or nests', { $or: [{ name: 'Ada', $or: [{ amount: 5 }, { amount: 6 }] }, { amount: 0 }] }, [0, 3]],
    ['quotes are data', { name: "x' or 1=1 --" }, [4]],
    ['created_by', { created_by: BY_KEY.actor }, [0, 1, 2, 3, 4]],
    ['created_by of nobody', { created_by: null }, []],
    ['created_at', { created_at: { $gt: '2100-01-01' } }, []],
    ['updated_at of any day', { updated_at: { $gte: '2020-01-01T00:00:00Z' } }, [0, 1, 2, 3, 4]],
    ['id', { id: publicId('record', rows[3]!.id) }, [3]],
    ['ids', { id: { $in: [publicId('record', rows[1]!.id), 'rec_nothing'] } }, [1]],
    ['an id that is none finds nothing', { id: 'rec_1' }, []],
    ['id $gt pages by key', { id: { $gt: publicId('record', rows[2]!.id) } }, [3, 4]],
  ])('%s', async (_title, filters, expected) => {
    expect(await found(filters)).toEqual(expected)
    expect(await countRecords(pool, workspaceId, things, { filters })).toEqual({
      total: expected.length,
      capped: false,
    })
  })

  test.each<[string, unknown, string, string]>([
    ['an unknown field', { nope: 1 }, 'BAD_REQUEST', '/filters/nope'],
    ['an unknown operator', { amount: { $regex: 'x' } }, 'BAD_REQUEST', '/filters/amount/$regex'],
    ['an unknown field in $or', { $or: [{ amount: 1 }, { nope: 1 }] }, 'BAD_REQUEST', '/filters/$or/1/nope'],
    ['an unknown operator at the top', { $and: [] }, 'BAD_REQUEST', '/filters/$and'],
    ['__proto__', JSON.parse('{"__proto__": 1}'), 'BAD_REQUEST', '/filters/__proto__'],
    ['constructor', { constructor: 1 }, 'BAD_REQUEST', '/filters/constructor'],
    [
      '__proto__ as an operator',
      JSON.parse('{"amount": {"__proto__": 1}}'),
      'BAD_REQUEST',
      '/filters/amount/__proto__',
    ],
    ['text for a number', { amount: { $gte: 'many' } }, 'VALIDATION_ERROR', '/filters/amount/$gte'],
    ['text for a date', { day: 'tomorrow' }, 'VALIDATION_ERROR', '/filters/day'],
    ['a day that the calendar doesn’t have', { day: '2026-02-30' }, 'VALIDATION_ERROR', '/filters/day'],
    ['an order of texts', { name: { $gt: 'a' } }, 'VALIDATION_ERROR', '/filters/name/$gt'],
    ['$contains of a number', { amount: { $contains: 5 } }, 'VALIDATION_ERROR', '/filters/amount/$contains'],
    ['$in without a list', { amount: { $in: 5 } }, 'VALIDATION_ERROR', '/filters/amount/$in'],
    ['a bad value in a list', { amount: { $in: [1, 'x'] } }, 'VALIDATION_ERROR', '/filters/amount/$in/1'],
    ['$empty of a number', { amount: { $empty: 1 } }, 'VALIDATION_ERROR', '/filters/amount/$empty'],
    ['a list where one value goes', { name: ['a'] }, 'VALIDATION_ERROR', '/filters/name'],
    ['NUL', { name: 'a\u0000' }, 'VALIDATION_ERROR', '/filters/name'],
    ['half of a surrogate pair', { name: { $in: ['\ud800'] } }, 'VALIDATION_ERROR', '/filters/name/$in/0'],
    ['a filter that is no object', [1], 'VALIDATION_ERROR', '/filters'],
    ['an empty $or', { $or: [] }, 'VALIDATION_ERROR', '/filters/$or'],
  ])('%s is refused', async (_title, filters, code, path) => {
    const refused = await findRecords(pool, workspaceId, things, { filters, limit: 1 }).catch(
      (error: ApiError) => error,
    )
    expect(refused).toBeInstanceOf(ApiError)
    expect(refused).toMatchObject({ code, details: { errors: [expect.objectContaining({ path })] } })
  })

  test('a filter nests no deeper than ten', async () => {
    let filters: unknown = { amount: 1 }
    for (let depth = 0; depth < 11; depth++) filters = { $or: [filters] }
    await expect(findRecords(pool, workspaceId, things, { filters, limit: 1 })).rejects.toMatchObject({ status: 422 })
  })

  test('a stored value of another type never breaks a query', async () => {
    const id = crm.time.id()
    await pool.query(
      `insert into records (workspace_id, id, object, data, created_at, updated_at)
       values ($1, $2, 'things', '{"name": "odd", "amount": "many", "day": 7, "tags": "red"}', now(), now())`,
      [workspaceId, id],
    )
    for (const filters of [{ amount: { $gt: 1 } }, { day: { $lt: '2026-01-01' } }, { tags: { $contains: 'green' } }])
      expect(await names(filters)).not.toContain('odd')
    await names({}, 'amount')
    await pool.query('delete from records where id = $1', [id])
  })
})

test('a unique field is compared as any other, and found by index', async () => {
  await createObject(crm, workspaceId, { name: 'Keys', fields: [{ name: 'Mail', type: 'email', unique: true }] })
  const keys = (await readCatalogue(pool, workspaceId)).objects.get('keys')!
  const mails = ['Ada@x.org', 'bob@x.org', undefined]
  await createRecords(
    crm,
    workspaceId,
    'keys',
    mails.map((mail) => ({ mail })),
    BY_KEY,
  )
  const hits = async (filter: unknown) =>
    (await findRecords(pool, workspaceId, keys, { filters: { mail: filter }, sort: 'id', limit: 9 })).map(
      (row) => row.data.mail,
    )
  expect(await hits('Ada@x.org')).toEqual(['Ada@x.org'])
  expect(await hits('ada@x.org')).toEqual([])
  expect(await hits({ $in: ['bob@x.org', null, 'nobody@x.org'] })).toEqual(['bob@x.org', undefined])
  expect(await hits({ $ne: 'bob@x.org' })).toEqual(['Ada@x.org', undefined])
  expect(await hits({ $nin: ['bob@x.org', 'Ada@x.org'] })).toEqual([undefined])
})

describe('sorting', () => {
  test.each<[string, SortInput, number[]]>([
    ['numbers as numbers, empty last', 'amount', [2, 3, 0, 1, 4]],
    ['downwards, empty still last', '-amount', [1, 0, 3, 2, 4]],
    ['text ignoring case', 'name', [3, 0, 1, 4, 2]],
    ['stages in their own order', 'stage', [1, 0, 2, 3, 4]],
    ['dates', { field: 'day', order: 'desc' }, [1, 0, 2, 4, 3]],
    ['booleans, equal ones by id', 'done', [1, 0, 2, 3, 4]],
    ['created_at', 'created_at', [0, 1, 2, 3, 4]],
    ['newest first', '-created_at', [4, 3, 2, 1, 0]],
  ])('%s', async (_title, sort, expected) => {
    const sorted = await findRecords(pool, workspaceId, things, { sort, limit: 100 })
    expect(sorted.map((row) => rows.findIndex(({ id }) => id === row.id))).toEqual(expected)
  })

  test('newest first without a sort, and an unknown field is refused', async () => {
    const newest = await findRecords(pool, workspaceId, things, { limit: 1 })
    expect(newest[0]!.id).toBe(rows[4]!.id)
    await expect(findRecords(pool, workspaceId, things, { sort: '-nope', limit: 1 })).rejects.toMatchObject({
      status: 400,
    })
  })
})

describe('pages', () => {
  test('every record stands on one page, whatever the sort', async () => {
    for (const sort of ['amount', '-stage', undefined]) {
      const seen: string[] = []
      for (let page = 1; page <= 3; page++) {
        const answer = await queryPage(pool, workspaceId, things, { sort, page, perPage: 2 })
        expect(answer).toMatchObject({ total: 5, capped: false })
        seen.push(...answer.rows.map((row) => row.id))
      }
      expect(seen.toSorted()).toEqual(rows.map((row) => row.id).toSorted())
    }
    expect(await queryPage(pool, workspaceId, things, { page: 4, perPage: 2 })).toEqual({
      rows: [],
      total: 5,
      capped: false,
    })
  })

  test('paging by key gives all records in the order of their ids', async () => {
    const seen: string[] = []
    for (let afterId: string | null = null; ; ) {
      const page = await findRecords(pool, workspaceId, things, { afterId, limit: 2, sort: 'amount' })
      seen.push(...page.map((row) => row.id))
      if (page.length < 2) break
      afterId = page.at(-1)!.id
    }
    expect(seen).toEqual(rows.map((row) => row.id))
  })

  test('a count stops at its cap and says so', async () => {
    expect(await countRecords(pool, workspaceId, things, { cap: 3 })).toEqual({ total: 3, capped: true })
    expect(await countRecords(pool, workspaceId, things, { cap: 5 })).toEqual({ total: 5, capped: false })
  })
})

describe('search', () => {
  test.each<[string, number[]]>([
    ['ada', [0]],
    ['éMILE e@X', [2]],
    ['ada bob', []],
    ['100%', [3]],
    ['\\', [3]],
    ['closed', [2]],
    ['  ', [4, 3, 2, 1, 0]],
  ])('"%s"', async (search, expected) => {
    const hits = await findRecords(pool, workspaceId, things, { search, limit: 10 })
    expect(hits.map((row) => rows.findIndex(({ id }) => id === row.id))).toEqual(expected)
  })

  test('a record is found by its id', async () => {
    const search = publicId('record', rows[1]!.id)
    expect((await findRecords(pool, workspaceId, things, { search, limit: 10 })).map((row) => row.id)).toEqual([
      rows[1]!.id,
    ])
  })
})

describe('a record', () => {
  test('shows all fields of its object, null when empty', async () => {
    const row = (await readRecord(pool, workspaceId, publicId('record', rows[4]!.id)))!
    expect(presentRecord(row, things)).toEqual({
      id: expect.stringMatching(/^rec_[0-9a-f]{32}$/),
      object_id: 'obj_things',
      field_values: {
        name: "x' or 1=1 --",
        amount: null,
        done: null,
        day: null,
        at: null,
        stage: null,
        tags: null,
        mail: null,
      },
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      updated_at: expect.any(String),
      created_by: BY_KEY.actor,
    })
  })

  test('of another workspace is like one that doesn’t exist', async () => {
    const other = await createTestCrm(pool, 'other')
    const id = publicId('record', rows[0]!.id)
    expect(await readRecord(pool, other.workspaceId, id)).toBeNull()
    expect(await readRecord(pool, workspaceId, 'rec_1')).toBeNull()
    expect(await findRecords(pool, other.workspaceId, things, { filters: { id }, limit: 1 })).toEqual([])
  })

  test('has a new field as null, and its id in the order of its creation', async () => {
    await createField(crm, workspaceId, 'things', { name: 'Later', type: 'text' })
    const object = (await readCatalogue(pool, workspaceId)).objects.get('things')!
    const row = await createRecord(crm, workspaceId, 'obj_def_things', { name: 'new' }, BY_KEY)
    expect(presentRecord(row, object).field_values.later).toBeNull()
    const newest = await findRecords(pool, workspaceId, object, { sort: '-created_at', limit: 1 })
    expect(newest[0]!.id).toBe(row.id)
  })
})
