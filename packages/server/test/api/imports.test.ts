import {
  cancelImportRoute,
  createAutomationRoute,
  createFieldRoute,
  createRecordRoute,
  getImportRoute,
  listImportsRoute,
  publicId,
} from '@kantos/model'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { importChore } from '../../src/chores/import.ts'
import { createTestApp } from '../app.ts'

const t = await createTestApp()
afterAll(t.drop)
const chore = importChore(t.services)

const upload = async (
  path: string,
  body: BodyInit,
  headers: Record<string, string> = { 'content-type': 'text/csv' },
) => {
  const response = await t.request(`/api/crm/records/${path}`, {
    method: 'POST',
    headers: { 'x-api-key': t.apiKey, ...headers },
    body,
  })
  return { status: response.status, body: (await response.json()) as any }
}
const workAll = async () => {
  for (const { data } of t.chores.splice(0)) await chore.run(data, new AbortController().signal)
}

test('a compressed file is refused by its header, not read as rubbish', async () => {
  for (const path of ['import?object_id=leads', 'import/preview?object_id=leads'])
    for (const encoding of ['gzip', 'br', 'x-unknown']) {
      const headers = { 'content-type': 'text/csv', 'content-encoding': encoding }
      expect((await upload(path, gzipSync('name\nAda\n'), headers)).status).toBe(415)
    }
  const plain = { 'content-type': 'text/csv', 'content-encoding': 'Identity' }
  expect((await upload('import/preview?object_id=leads', 'name\nAda\n', plain)).status).toBe(200)
})

describe('an import', () => {
  test('is accepted, worked off, and read', async () => {
    const { status, body } = await upload('import?object_id=obj_leads', 'Name,Email\nAda,ada@x.org\nBob,nope\n')
    expect(status).toBe(202)
    expect(body).toEqual({ id: expect.stringMatching(/^imp_[0-9a-f]{32}$/) })
    expect(await t.client.call(getImportRoute, { params: { id: body.id } })).toMatchObject({
      status: 'queued',
      total: null,
      created: 0,
    })
    await workAll()
    expect(await t.client.call(getImportRoute, { params: { id: body.id } })).toMatchObject({
      object_id: 'obj_leads',
      status: 'done',
      total: 2,
      created: 1,
      failed: 1,
      errors: [{ line: 3, field: 'email', message: expect.any(String) }],
      finished_at: expect.any(String),
    })
    const { data } = await t.client.call(listImportsRoute, { query: {} })
    expect(data).toMatchObject([{ id: body.id, errors: [] }])
  })

  test('comes as a form too, with a mapping', async () => {
    const form = new FormData()
    form.set('file', new File(['Who;Rest\nCy;x\n'], 'leads.csv'))
    const mapping = encodeURIComponent('{"Who":"name","Rest":null}')
    const { status, body } = await upload(`import?object_id=leads&mapping=${mapping}`, form, {})
    expect(status).toBe(202)
    await workAll()
    expect(await t.client.call(getImportRoute, { params: { id: body.id } })).toMatchObject({
      status: 'done',
      created: 1,
    })
  })

  test.each<[string, string, string, string, number]>([
    ['JSON', 'import?object_id=leads', '{}', 'application/json', 415],
    ['no object', 'import', 'name\na', 'text/csv', 422],
    ['an unknown object', 'import?object_id=nope', 'name\na', 'text/csv', 404],
    ['an unknown column', 'import?object_id=leads', 'name,nope\na,b', 'text/csv', 400],
    ['__proto__ as a column', 'import?object_id=leads', 'name,__proto__\na,b', 'text/csv', 400],
    ['a mapping that is no JSON', 'import?object_id=leads&mapping=x', 'name\na', 'text/csv', 400],
    ['an unknown parameter', 'import?object_id=leads&nope=1', 'name\na', 'text/csv', 400],
    ['nothing', 'import?object_id=leads', '', 'text/csv', 400],
    ['no header', 'import?object_id=leads', '\n', 'text/csv', 422],
  ])('is refused: %s', async (_title, path, body, type, status) => {
    expect((await upload(path, body, { 'content-type': type })).status).toBe(status)
    expect(t.chores).toEqual([])
  })

  test('is cancelled while it waits; one that ended is not', async () => {
    const { body } = await upload('import?object_id=leads', 'name\nNobody')
    const params = { id: body.id }
    expect(await t.client.call(cancelImportRoute, { params })).toMatchObject({ status: 'cancelled', created: 0 })
    await workAll()
    expect(await t.client.call(getImportRoute, { params })).toMatchObject({ status: 'cancelled', processed: 0 })
    expect(await readdir(join(t.services.config.dataDir, 'imports'))).toEqual([])
    await expect(t.client.call(cancelImportRoute, { params })).rejects.toMatchObject({ status: 409 })
  })

  test('of another workspace isn’t there, nor is one that never was', async () => {
    const { body } = await upload('import?object_id=leads', 'name\na')
    await workAll()
    const foreign = t.clientOf((await t.newWorkspace('Foreign')).key)
    for (const id of [body.id, `imp_${'0'.repeat(32)}`, 'x'])
      await expect(foreign.call(getImportRoute, { params: { id } })).rejects.toMatchObject({ status: 404 })
  })
})

test('a preview shows columns, rows and problems, who listens, and writes nothing', async () => {
  const add = (name: string, status: string, changes = {}) =>
    t.client.call(createAutomationRoute, {
      body: {
        name,
        status,
        trigger: { event: 'record.created', object: 'leads' },
        actions: [{ type: 'stop' }],
        ...changes,
      } as never,
    })
  const named = (value: string) => ({ match: 'all', rules: [{ field: 'name', operator: 'equals', value }] })
  await add('Welcome', 'active', { conditions: named('Ada') })
  await add('Never', 'active', { conditions: named('Eve') })
  await add('Not by import', 'active', { on_import: 'skip' })
  await add('Asleep', 'inactive')
  const before = (await t.pool.query('select count(*)::int as n from records')).rows[0].n
  const csv = `NAME\tscore\tOther\t__proto__\n${'Ada\t5\tx\ty\n'.repeat(20)}Bob\tfive\t\t\nshort\n`
  const { status, body } = await upload('import/preview?object_id=leads', csv)
  expect(status).toBe(200)
  expect(body).toMatchObject({
    delimiter: '\t',
    columns: [
      { name: 'NAME', field: 'name' },
      { name: 'score', field: 'score' },
      { name: 'Other', field: null },
      { name: '__proto__', field: null },
    ],
    total: 22,
    problems: [
      { line: 22, field: 'score', message: expect.any(String) },
      { line: 23, message: 'The row has 1 cell, the header has 4.' },
    ],
    runs: 20,
    exact: true,
    automations: [
      { id: expect.stringMatching(/^auto_/), name: 'Never', runs: 0 },
      { id: expect.stringMatching(/^auto_/), name: 'Welcome', runs: 20 },
    ],
  })
  expect(body).not.toHaveProperty('sample')
  expect(body.rows).toHaveLength(10)
  expect(body.rows[0]).toMatchObject({ NAME: 'Ada', score: '5' })
  expect((await t.pool.query('select count(*)::int as n from records')).rows[0].n).toBe(before)
})

test('of the beginning of a file the preview tells what the whole one would start', async () => {
  const csv = `name\n${'Ada\nBob\nCy\nAda\n'.repeat(100)}`
  const { body } = await upload('import/preview?object_id=leads&total=9624', csv)
  expect(body).toMatchObject({ total: 9_624, runs: 4_812, exact: false })
  expect(body.automations.map(({ runs }: { runs: number }) => runs)).toEqual([0, 4_812])
})

const made = async (object: string, values: object) =>
  (await t.client.call(createRecordRoute, { body: { object_id: object, field_values: values } as never })).id
const nobody = (kind: string) => `${kind}_${'0'.repeat(32)}`

test('a preview names the rows that the import refuses, in its words, unknown users and records among them', async () => {
  await t.client.call(createFieldRoute, {
    params: { id: 'deals' },
    body: { name: 'Code', slug: 'code', type: 'text', unique: true },
  })
  const company = await made('companies', { name: 'Acme' })
  const lead = await made('leads', { name: 'Not a company' })
  await made('deals', { name: 'Taken', code: 'taken' })
  const user = publicId('user', (await t.logIn('editor')).id)
  const csv = [
    'name,company,code,owner',
    `Fine,${company},a,${user}`,
    `No such record,${nobody('rec')},b,`,
    `Another object,${lead},c,`,
    'No id,Acme,d,',
    `No such user,,e,${nobody('user')}`,
    'An address,,f,ada@example.org',
    'Taken by a record,,taken,',
    'Taken by a row,,a,',
    'Of a refused row,,b,',
    ',,g,',
    'short',
  ].join('\n')
  const preview = await upload('import/preview?object_id=deals', csv)
  expect(preview.body).toMatchObject({ total: 11, checked: 11, refused: 9 })
  const { body } = await upload('import?object_id=deals', csv)
  await workAll()
  const { errors, created } = await t.client.call(getImportRoute, { params: { id: body.id } })
  expect(errors.map(({ line }) => line)).toEqual([3, 4, 5, 6, 7, 8, 9, 11, 12])
  expect(errors[3]!.message).toContain('names a user who doesn')
  expect(preview.body.problems).toEqual(errors)
  expect(created).toBe(2)
})

test('of a long file the rows at its beginning are checked, and what can’t be read is told of all', async () => {
  const line = (n: number) => `Ada,${n % 100 === 0 ? nobody('user') : ''}\n`
  const csv = `name,owner\n${Array.from({ length: 1200 }, (_, n) => line(n)).join('')}${'short\n'.repeat(30)}`
  const { body } = await upload('import/preview?object_id=deals', csv)
  expect(body).toMatchObject({ total: 1230, checked: 1000, refused: 40 })
  expect(body.problems).toHaveLength(20)
  expect(body.problems[9]).toMatchObject({ line: 902, field: 'owner' })
  expect(body.problems[10]).toEqual({ line: 1202, message: 'The row has 1 cell, the header has 2.' })
})

test('an export is a CSV file; a bad filter is refused before it begins', async () => {
  const get = (search: string) => t.request(`/api/crm/records/export?${search}`, { headers: { 'x-api-key': t.apiKey } })
  const answer = await get('object_id=leads&filters={"name":"Ada"}')
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8')
  expect(answer.headers.get('content-disposition')).toBe('attachment; filename="leads.csv"')
  const lines = (await answer.text()).trim().split('\r\n')
  expect(lines[0]).toMatch(/^id,name,email,/)
  expect(lines).toHaveLength(2)
  expect((await get('object_id=leads&filters={"nope":1}')).status).toBe(400)
  expect((await get('object_id=nope')).status).toBe(404)
})
