import { createObjectRoute, createRecordRoute, getObjectRoute, listObjectsRoute } from '@kantos/model'
import { afterAll, describe, expect, test } from 'vitest'
import { createTestApp } from '../app.ts'

const t = await createTestApp()
afterAll(t.drop)

const call = async (method: string, path: string, body?: unknown) => {
  const response = await t.request(`/api/crm/objects${path}`, {
    method,
    headers: { 'x-api-key': t.apiKey, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? null : (JSON.parse(text) as any) }
}

describe('objects', () => {
  test('are listed with their fields', async () => {
    const { data } = await t.client.call(listObjectsRoute)
    expect(data.map(({ id, field_count, fields }) => [id, field_count === fields.length])).toEqual([
      ['obj_leads', true],
      ['obj_contacts', true],
      ['obj_companies', true],
      ['obj_deals', true],
      ['obj_tasks', true],
    ])
  })

  test('are read by id, by automation id and by slug', async () => {
    const [one, two, three] = await Promise.all(
      ['obj_leads', 'obj_def_leads', 'leads'].map((id) => t.client.call(getObjectRoute, { params: { id } })),
    )
    expect(two).toEqual(one)
    expect(three).toEqual(one)
    expect((await call('GET', '/nope')).status).toBe(404)
    expect((await call('GET', '/__proto__')).status).toBe(404)
  })

  test('are made, changed and deleted, and each change is in the audit log', async () => {
    const made = await call('POST', '', { name: 'Close Calls', fields: [{ name: 'When', type: 'date' }] })
    expect(made).toMatchObject({
      status: 201,
      body: { id: 'obj_close_calls', slug: 'close_calls', standard: false, field_count: 1, description: null },
    })
    expect((await call('PATCH', '/close_calls', { description: 'x' })).body.description).toBe('x')
    const field = await call('POST', '/close_calls/fields', { name: 'Place', type: 'text' })
    expect(field).toMatchObject({
      status: 201,
      body: { id: expect.stringMatching(/^fld_/), slug: 'place', position: 1 },
    })
    expect(
      (await call('PATCH', `/close_calls/fields/${field.body.id}`, { name: 'Where', required: true })).body,
    ).toEqual({
      ...field.body,
      name: 'Where',
      required: true,
    })
    expect((await call('DELETE', '/close_calls/fields/place')).status).toBe(204)
    expect((await call('DELETE', '/obj_close_calls')).status).toBe(204)
    const { rows } = await t.pool.query('select action, target from audit_log order by id')
    expect(rows).toEqual([
      { action: 'object.created', target: 'obj_close_calls' },
      { action: 'object.updated', target: 'obj_close_calls' },
      { action: 'field.created', target: 'close_calls.place' },
      { action: 'field.updated', target: 'close_calls.place' },
      { action: 'field.deleted', target: 'close_calls.place' },
      { action: 'object.deleted', target: 'obj_close_calls' },
    ])
  })

  test('with records go only with force', async () => {
    await t.client.call(createObjectRoute, { body: { name: 'Full' } })
    await t.client.call(createRecordRoute, { body: { object_id: 'full', field_values: {} } })
    expect((await call('DELETE', '/full')).status).toBe(409)
    expect((await call('DELETE', '/full?force=false')).status).toBe(409)
    expect((await call('DELETE', '/full?force=true')).status).toBe(204)
    expect((await call('DELETE', '/leads?force=true')).status).toBe(409)
  })

  test.each<[string, unknown, number]>([
    ['a taken slug', { name: 'Leads' }, 409],
    ['a taken slug under another name', { name: 'Other', slug: 'leads' }, 409],
    ['a slug that is none', { name: 'A', slug: 'A b' }, 422],
    ['a reserved slug', { name: 'A', slug: '__proto__' }, 422],
    ['a slug like an id', { name: 'A', slug: 'obj_a' }, 422],
    ['no name', {}, 422],
    ['an unknown key', { name: 'A', nope: 1 }, 400],
    ['an unknown key of a field', { name: 'A', fields: [{ name: 'B', type: 'text', nope: 1 }] }, 400],
    ['a reserved field slug', { name: 'A', fields: [{ name: 'B', slug: 'id', type: 'text' }] }, 422],
    ['constructor as a field slug', { name: 'A', fields: [{ name: 'B', slug: 'constructor', type: 'text' }] }, 422],
    ['a field type that is none', { name: 'A', fields: [{ name: 'B', type: 'money' }] }, 422],
    [
      'a default value that doesn’t fit',
      { name: 'A', fields: [{ name: 'B', type: 'number', default_value: 'x' }] },
      422,
    ],
  ])('are refused: %s', async (_title, body, status) => {
    expect((await call('POST', '', body)).status).toBe(status)
    expect((await call('GET', '/a')).status).toBe(404)
  })

  test('that name a slug they can’t change are refused', async () => {
    expect((await call('PATCH', '/leads', { slug: 'people' })).status).toBe(400)
    expect((await call('PATCH', '/leads/fields/email', { slug: 'mail' })).status).toBe(400)
  })
})
