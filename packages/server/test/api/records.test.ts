import {
  createFieldRoute,
  createObjectRoute,
  createRecordRoute,
  createRecordsRoute,
  deleteRecordRoute,
  getRecordRoute,
  publicId,
  queryRecordsRoute,
  type RecordAnswer,
  updateRecordRoute,
} from '@kantos/model'
import { afterAll, describe, expect, test } from 'vitest'
import { signChain } from '../../src/webhooks/chain-header.ts'
import { createTestApp } from '../app.ts'

const t = await createTestApp()
afterAll(t.drop)
const { client } = t

const json = { 'x-api-key': t.apiKey, 'content-type': 'application/json' }
const post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await t.request(`/api${path}`, { method: 'POST', headers: { ...json, ...headers }, body: text })
  return { status: response.status, body: (await response.json()) as any }
}
const get = async (path: string) => {
  const response = await t.request(`/api${path}`, { headers: json })
  return { status: response.status, body: (await response.json()) as any }
}
const make = (field_values: Record<string, unknown>, object_id = 'leads') =>
  client.call(createRecordRoute, { body: { object_id, field_values } }) as Promise<RecordAnswer>
const eventsOf = async (id: string) =>
  (
    await t.pool.query(
      `select type, source, actor, lane, changes from events where 'rec_' || replace(record_id::text, '-', '') = $1 order by id`,
      [id],
    )
  ).rows

describe('a record', () => {
  test('is created, read, changed and deleted', async () => {
    const { status, body } = await post('/crm/record', {
      object_id: 'obj_def_leads',
      field_values: { name: 'Ada', email: ' ada@x.org ', estimated_value: '12.5' },
    })
    expect(status).toBe(201)
    expect(body).toEqual({
      id: expect.stringMatching(/^rec_[0-9a-f]{32}$/),
      object_id: 'obj_leads',
      field_values: {
        name: 'Ada',
        email: 'ada@x.org',
        phone: null,
        company: null,
        status: 'new',
        source: null,
        estimated_value: 12.5,
        score: null,
        follow_up_count: null,
        last_contacted_at: null,
        owner: null,
        notes: null,
      },
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      updated_at: body.created_at,
      created_by: expect.stringMatching(/^key_/),
    })
    expect(await client.call(getRecordRoute, { params: { id: body.id } })).toEqual(body)
    const changed = await client.call(updateRecordRoute, {
      params: { id: body.id },
      body: { field_values: { status: 'contacted', estimated_value: null } },
    })
    expect(changed.field_values).toMatchObject({ name: 'Ada', status: 'contacted', estimated_value: null })
    await client.call(deleteRecordRoute, { params: { id: body.id } })
    expect((await get(`/crm/record/${body.id}`)).status).toBe(404)
    expect((await eventsOf(body.id)).map(({ type, source, changes }) => [type, source, changes])).toEqual([
      ['record.created', 'api', null],
      [
        'record.updated',
        'api',
        { status: { from: 'new', to: 'contacted' }, estimated_value: { from: 12.5, to: null } },
      ],
      ['record.deleted', 'api', null],
    ])
  })

  test('that isn’t changed by a write keeps its updated_at and has no event', async () => {
    const made = await make({ name: 'Same', score: 5 })
    const again = await client.call(updateRecordRoute, {
      params: { id: made.id },
      body: { field_values: { name: 'Same', score: '5', notes: '' } },
    })
    expect(again).toEqual(made)
    expect(await eventsOf(made.id)).toHaveLength(1)
  })

  test.each<[string, Record<string, unknown>, number, string]>([
    ['an unknown field', { name: 'A', nope: 1 }, 400, '/field_values/nope'],
    ['constructor as a field', { name: 'A', constructor: 1 }, 400, '/field_values/constructor'],
    ['a required field that is missing', {}, 422, '/field_values/name'],
    ['an option that isn’t one', { name: 'A', status: 'New' }, 422, '/field_values/status'],
    ['text for a number', { name: 'A', score: '5 apples' }, 422, '/field_values/score'],
    ['a bad e-mail address', { name: 'A', email: 'a@' }, 422, '/field_values/email'],
    ['a bad moment', { name: 'A', last_contacted_at: 'soon' }, 422, '/field_values/last_contacted_at'],
    ['too long a text', { name: 'x'.repeat(256) }, 422, '/field_values/name'],
    ['an object for text', { name: { a: 1 } }, 422, '/field_values/name'],
    ['NUL', { name: 'a\u0000b' }, 422, '/field_values/name'],
    ['half of a surrogate pair', { name: '\ud800' }, 422, '/field_values/name'],
  ])('is refused with the path: %s', async (_title, field_values, status, path) => {
    const before = (await t.pool.query('select count(*)::int as n from events')).rows[0].n
    const refused = await post('/crm/record', { object_id: 'leads', field_values })
    expect(refused).toMatchObject({ status, body: { details: { errors: [expect.objectContaining({ path })] } } })
    expect((await t.pool.query('select count(*)::int as n from events')).rows[0].n).toBe(before)
  })

  const NOTHING = { type: 'wait', config: { duration: 1, unit: 'minutes' } }

  test('with a field that isn’t one is refused with the one that was meant', async () => {
    const made = await make({ name: 'A' })
    const patched = await t.request(`/api/crm/record/${made.id}`, {
      method: 'PATCH',
      headers: json,
      body: JSON.stringify({ field_values: { Company: 'B' } }),
    })
    const answers = [
      await post('/crm/record', { object_id: 'leads', field_values: { name: 'A', emial: 'a@example.com' } }),
      { status: patched.status, body: (await patched.json()) as any },
      await get(`/crm/records/query?object_id=leads&filters=${encodeURIComponent('{"create_at":"2026-01-01"}')}`),
      await get('/crm/records/query?object_id=leads&sort=-scroe'),
      await post('/automations/dry-run', {
        automation: { trigger: { event: 'record.updated', object: 'leads' }, actions: [NOTHING] },
        record_id: made.id,
        changes: { statuss: 'new' },
      }),
    ]
    expect(answers.map(({ status, body }) => [status, body.details?.errors?.[0]?.hint])).toEqual([
      [400, 'did you mean "email"?'],
      [400, 'did you mean "company"?'],
      [400, 'did you mean "created_at"?'],
      [400, 'did you mean "score"?'],
      [400, 'did you mean "status"?'],
    ])
  })

  test('is refused with __proto__ among its names, and nobody is polluted', async () => {
    const { status } = await post(
      '/crm/record',
      '{"object_id":"leads","field_values":{"name":"A","__proto__":{"x":1}}}',
    )
    expect(status).toBe(400)
    expect(({} as Record<string, unknown>).x).toBeUndefined()
  })

  test('is refused with unknown keys in the body, malformed JSON, or an unknown object', async () => {
    const field_values = { name: 'A' }
    expect((await post('/crm/record', { object_id: 'leads', field_values, extra: 1 })).status).toBe(400)
    expect((await post('/crm/record', '{"object_id":')).status).toBe(400)
    expect((await post('/crm/record', { object_id: 'nope', field_values })).status).toBe(404)
    expect((await post('/crm/record', { field_values })).status).toBe(422)
  })

  test('can’t empty a required field, and null empties others', async () => {
    const { id } = await make({ name: 'A', company: 'B' })
    const patch = (field_values: object) =>
      t.request(`/api/crm/record/${id}`, { method: 'PATCH', headers: json, body: JSON.stringify({ field_values }) })
    expect((await patch({ name: null })).status).toBe(422)
    expect((await patch({ name: '' })).status).toBe(422)
    expect((await (await patch({ company: null })).json()) as object).toMatchObject({ field_values: { company: null } })
  })

  test('references records of the right object only, and is emptied when the target goes', async () => {
    const company = await make({ name: 'Acme' }, 'companies')
    const lead = await make({ name: 'L' })
    const contact = (company_id: string) =>
      post('/crm/record', { object_id: 'contacts', field_values: { name: 'C', company: company_id } })
    expect((await contact(lead.id)).status).toBe(422)
    expect((await contact(publicId('record', t.services.time.id()))).status).toBe(422)
    const { body } = await contact(company.id)
    await client.call(deleteRecordRoute, { params: { id: company.id } })
    expect((await get(`/crm/record/${body.id}`)).body.field_values.company).toBeNull()
    expect(await eventsOf(body.id)).toHaveLength(2)
  })

  test('of another workspace answers exactly like one that doesn’t exist', async () => {
    const { id } = await make({ name: 'Mine' })
    const foreign = t.clientOf((await t.newWorkspace('Foreign')).key)
    const missing = publicId('record', t.services.time.id())
    for (const call of [
      (one: string) => foreign.call(getRecordRoute, { params: { id: one } }),
      (one: string) => foreign.call(updateRecordRoute, { params: { id: one }, body: { field_values: { name: 'x' } } }),
      (one: string) => foreign.call(deleteRecordRoute, { params: { id: one } }),
    ]) {
      const [theirs, none] = await Promise.all([id, missing].map((one) => call(one).catch((error) => error)))
      expect({ ...theirs, message: theirs.message }).toEqual({ ...none, message: none.message })
      expect(theirs.status).toBe(404)
    }
    expect((await foreign.call(queryRecordsRoute, { query: { object_id: 'leads' } })).pagination.total).toBe(0)
    expect((await client.call(getRecordRoute, { params: { id } })).field_values.name).toBe('Mine')
  })

  test('made with an intake key is answered its id alone, and comes from intake', async () => {
    const { key } = await t.newKey('intake')
    const made = await post('/crm/record', { object_id: 'leads', field_values: { name: 'Form' } }, { 'x-api-key': key })
    expect(made).toEqual({ status: 201, body: { id: expect.stringMatching(/^rec_/) } })
    expect(await eventsOf(made.body.id)).toMatchObject([{ source: 'intake', lane: 1 }])
    const read = await t.request(`/api/crm/record/${made.body.id}`, { headers: { 'x-api-key': key } })
    expect(read.status).toBe(403)
  })

  test('made in the dashboard comes from ui; a viewer makes none', async () => {
    const editor = await t.logIn('editor')
    const made = (await editor.client.call(createRecordRoute, {
      body: { object_id: 'leads', field_values: { name: 'Hand' } },
    })) as RecordAnswer
    expect(made.created_by).toBe(publicId('user', editor.id))
    expect(await eventsOf(made.id)).toMatchObject([{ source: 'ui', actor: made.created_by }])
    const viewer = await t.logIn('viewer')
    await expect(
      viewer.client.call(createRecordRoute, { body: { object_id: 'leads', field_values: { name: 'No' } } }),
    ).rejects.toMatchObject({ status: 403 })
  })

  test('posted twice with one Idempotency-Key is made once, also when the first answer was lost', async () => {
    const body = { object_id: 'leads', field_values: { name: 'Once' } }
    const calls = await Promise.all([1, 2, 3].map(() => post('/crm/record', body, { 'idempotency-key': 'k1' })))
    expect(new Set(calls.map((call) => call.body.id)).size).toBe(1)
    const found = await client.call(queryRecordsRoute, { query: { object_id: 'leads', filters: '{"name":"Once"}' } })
    expect(found.pagination.total).toBe(1)
  })
})

test('a write by one of our own webhook steps goes on with its chain; a forged header counts for nothing', async () => {
  const [chainId, parentRunId] = [t.services.time.id(), t.services.time.id()]
  const header = signChain({ chainId, depth: 3, parentRunId }, t.services.chainKey(t.workspaceId))
  const chainOf = async (value: string) => {
    const { body } = await post(
      '/crm/record',
      { object_id: 'leads', field_values: { name: 'L' } },
      { 'x-kantos-chain': value },
    )
    const { rows } = await t.pool.query(
      `select chain_id = id as root, chain_id, depth from events where 'rec_' || replace(record_id::text, '-', '') = $1`,
      [body.id],
    )
    return rows[0]
  }
  expect(await chainOf(header)).toEqual({ root: false, chain_id: chainId, depth: 3 })
  expect(await chainOf(header.replace('.3.', '.0.'))).toMatchObject({ root: true, depth: 0 })
})

describe('a query', () => {
  test('answers a page and the pagination', async () => {
    await client.call(createObjectRoute, { body: { name: 'Pages', fields: [{ name: 'N', type: 'number' }] } })
    const records = Array.from({ length: 7 }, (_, n) => ({ n }))
    await client.call(createRecordsRoute, { body: { object_id: 'pages', records } })
    const answer = await get(
      '/crm/records/query?object_id=obj_pages&filters={"n":{"$gte":1}}&sort=n&order=desc&page=2&per_page=4',
    )
    expect(answer.status).toBe(200)
    expect(answer.body.data.map((row: any) => row.field_values.n)).toEqual([2, 1])
    expect(answer.body.pagination).toEqual({ total: 6, page: 2, per_page: 4, total_pages: 2 })
    const newest = await get('/crm/records/query?object_id=pages')
    expect(newest.body.data.map((row: any) => row.field_values.n)).toEqual([6, 5, 4, 3, 2, 1, 0])
  })

  test.each([
    ['per_page over 100', 'object_id=leads&per_page=101', 400],
    ['per_page 0', 'object_id=leads&per_page=0', 400],
    ['page 0', 'object_id=leads&page=0', 400],
    ['an unknown parameter', 'object_id=leads&nope=1', 400],
    ['an unknown field in filters', 'object_id=leads&filters={"nope":1}', 400],
    ['an unknown operator in filters', 'object_id=leads&filters={"score":{"$like":1}}', 400],
    ['__proto__ in filters', 'object_id=leads&filters={"__proto__":1}', 400],
    ['filters that are no JSON', 'object_id=leads&filters={status:new}', 400],
    ['an unknown field in sort', 'object_id=leads&sort=nope', 400],
    ['another order', 'object_id=leads&order=up', 422],
    ['a bad value in filters', 'object_id=leads&filters={"score":{"$gte":"many"}}', 422],
    ['filters that are a list', 'object_id=leads&filters=[]', 422],
    ['no object', '', 422],
    ['an unknown object', 'object_id=nope', 404],
  ])('is refused: %s', async (_title, search, status) => {
    expect((await get(`/crm/records/query?${search}`)).status).toBe(status)
  })

  test('finds by text for a picker', async () => {
    await make({ name: 'Zaphod Beeblebrox', email: 'zb@x.org' })
    const { body } = await get('/crm/records/query?object_id=leads&q=beeble%20ZB@')
    expect(body.data.map((row: any) => row.field_values.name)).toEqual(['Zaphod Beeblebrox'])
  })
})

describe('a batch', () => {
  test('makes all its records, given as values or as records', async () => {
    const { status, body } = await post('/crm/records/batch', {
      object_id: 'tasks',
      records: [{ title: 'One' }, { field_values: { title: 'Two' } }],
    })
    expect(status).toBe(201)
    expect(body.data.map((row: any) => [row.object_id, row.field_values.title, row.field_values.status])).toEqual([
      ['obj_tasks', 'One', 'open'],
      ['obj_tasks', 'Two', 'open'],
    ])
  })

  test('makes none when one is bad, and says which', async () => {
    const count = async () => (await get('/crm/records/query?object_id=tasks')).body.pagination.total
    const before = await count()
    const refused = await post('/crm/records/batch', {
      object_id: 'tasks',
      records: [{ title: 'A' }, { title: 'B', status: 'nope' }],
    })
    expect(refused).toMatchObject({ status: 422, body: { details: { errors: [{ path: '/records/1/status' }] } } })
    const wrapped = await post('/crm/records/batch', { object_id: 'tasks', records: [{ field_values: { nope: 1 } }] })
    expect(wrapped).toMatchObject({
      status: 400,
      body: { details: { errors: [{ path: '/records/0/field_values/nope' }] } },
    })
    expect(await count()).toBe(before)
  })

  test('holds a thousand records, not one more', async () => {
    const records = (length: number) =>
      Array.from({ length }, (_, n) => ({ title: `t${n}`, description: 'x'.repeat(2_000) }))
    const { status, body } = await post('/crm/records/batch', { object_id: 'tasks', records: records(1_000) })
    expect([status, body.data.length]).toEqual([201, 1_000])
    expect((await post('/crm/records/batch', { object_id: 'tasks', records: records(1_001) })).status).toBe(422)
    expect((await post('/crm/records/batch', { object_id: 'tasks', records: [] })).status).toBe(422)
  })

  test('with a value that stands twice in a unique field makes none', async () => {
    await client.call(createObjectRoute, { body: { name: 'Uniques' } })
    await client.call(createFieldRoute, {
      params: { id: 'uniques' },
      body: { name: 'Mail', type: 'email', unique: true },
    })
    const refused = await post('/crm/records/batch', {
      object_id: 'uniques',
      records: [{ mail: 'a@x.org' }, { mail: '' }, {}, { mail: 'A@X.ORG' }],
    })
    expect(refused).toMatchObject({ status: 422, body: { details: { errors: [{ path: '/records/3/mail' }] } } })
    expect((await get('/crm/records/query?object_id=uniques')).body.pagination.total).toBe(0)
  })
})
