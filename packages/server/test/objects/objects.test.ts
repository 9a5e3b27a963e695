import { type ApiError, type FieldChange, publicId } from '@kantos/model'
import { afterAll, describe, expect, test } from 'vitest'
import { createField, deleteField, updateField } from '../../src/objects/fields.ts'
import { createObject, deleteObject, updateObject } from '../../src/objects/objects.ts'
import { presentObject } from '../../src/objects/rows.ts'
import { readCatalogue } from '../../src/records/catalogue.ts'
import { createRecord, createRecords, deleteRecord, updateRecord } from '../../src/records/write.ts'
import { BY_KEY, createTestCrm, insertAutomation } from '../crm.ts'
import { createTestDatabase } from '../database.ts'

const database = await createTestDatabase()
afterAll(database.drop)
const crm = await createTestCrm(database.pool)
const { pool, workspaceId } = crm

const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('it was not refused'),
    (error: ApiError) => error,
  )
const read = async (slug: string) => (await readCatalogue(pool, workspaceId)).objects.get(slug)
const create = (object: string, values: Record<string, unknown>) =>
  createRecord(crm, workspaceId, object, values, BY_KEY)
const change = (object: string, field: string, patch: FieldChange) =>
  updateField(crm, workspaceId, object, field, patch)

describe('a new workspace', () => {
  test('has the standard objects with their fields, usable at once', async () => {
    const { objects } = await readCatalogue(pool, workspaceId)
    expect([...objects.keys()]).toEqual(['leads', 'contacts', 'companies', 'deals', 'tasks'])
    expect(presentObject(objects.get('deals')!)).toMatchObject({
      id: 'obj_deals',
      standard: true,
      field_count: 7,
      fields: [
        { slug: 'name', required: true, id: expect.stringMatching(/^fld_[0-9a-f]{32}$/) },
        { slug: 'deal_value', name: 'Value', type: 'currency' },
        { slug: 'stage', default_value: 'Lead', options: { stages: expect.any(Array) } },
        { slug: 'close_date' },
        { slug: 'contact', options: { object: 'contacts' } },
        { slug: 'company' },
        { slug: 'owner' },
      ],
    })
    expect((await create('obj_def_deals', { name: 'First' })).data).toEqual({ name: 'First', stage: 'Lead' })
  })

  test('keeps its standard objects', async () => {
    expect(await refusal(deleteObject(crm, workspaceId, 'leads', true))).toMatchObject({ code: 'CONFLICT' })
  })
})

describe('objects', () => {
  test('take their slug from their name, and read back whole', async () => {
    const made = await createObject(crm, workspaceId, {
      name: 'Support Tickets',
      fields: [
        { name: 'Subject', type: 'text', required: true },
        { name: 'Priority', type: 'dropdown', options: { choices: ['low', { name: 'high', color: 'red' }] } },
      ],
    })
    expect(made).toEqual(await read('support_tickets'))
    expect(made.fields[1]).toMatchObject({
      slug: 'priority',
      options: {
        choices: [
          { name: 'low', color: expect.any(String), order: 0 },
          { name: 'high', color: 'red', order: 1 },
        ],
      },
    })
  })

  test.each([
    ['a slug that is taken', { name: 'Leads' }, 'CONFLICT'],
    [
      'two fields of one slug',
      {
        name: 'A',
        fields: [
          { name: 'X', type: 'text' },
          { name: 'x', type: 'text' },
        ],
      },
      'CONFLICT',
    ],
    ['a name that reads like an id', { name: 'Obj thing' }, 'VALIDATION_ERROR'],
    [
      'a reference to an object that isn’t there',
      { name: 'B', fields: [{ name: 'To', type: 'reference', options: { object: 'nowhere' } }] },
      'VALIDATION_ERROR',
    ],
    [
      'a unique field with a default value',
      { name: 'C', fields: [{ name: 'No', type: 'number', unique: true, default_value: 1 }] },
      'VALIDATION_ERROR',
    ],
    ['a dropdown without options', { name: 'D', fields: [{ name: 'Pick', type: 'dropdown' }] }, 'VALIDATION_ERROR'],
  ] as const)('%s is refused', async (_title, input, code) => {
    expect(await refusal(createObject(crm, workspaceId, input as never))).toMatchObject({ code })
  })

  test('may point at themselves', async () => {
    const made = await createObject(crm, workspaceId, {
      name: 'Parts',
      fields: [{ name: 'Part of', type: 'reference', options: { object: 'obj_def_parts' } }],
    })
    expect(made.fields[0]!.options).toEqual({ object: 'parts' })
    await deleteObject(crm, workspaceId, 'parts', false)
  })

  test('change their name, icon and description, never their slug', async () => {
    const changed = await updateObject(crm, workspaceId, 'obj_support_tickets', {
      name: 'Tickets',
      description: 'Help',
    })
    expect(changed).toMatchObject({ slug: 'support_tickets', name: 'Tickets', icon: 'database', description: 'Help' })
    expect(await read('support_tickets')).toEqual(changed)
  })

  test('with records are deleted by force only, and then leave nothing behind', async () => {
    await createObject(crm, workspaceId, {
      name: 'Boxes',
      fields: [
        { name: 'Code', type: 'text', unique: true },
        { name: 'Company', type: 'reference', options: { object: 'companies' } },
      ],
    })
    const company = publicId('record', (await create('companies', { name: 'Acme' })).id)
    await create('boxes', { code: 'b1', company })
    expect(await refusal(deleteObject(crm, workspaceId, 'boxes', false))).toMatchObject({ code: 'CONFLICT' })
    await deleteObject(crm, workspaceId, 'boxes', true)
    expect(await read('boxes')).toBeUndefined()
    const { rows } = await pool.query(
      `select (select count(*)::int from records where object = 'boxes') as records,
        (select count(*)::int from unique_values where object = 'boxes') as uniques,
        (select count(*)::int from record_references where field = 'company') as refs,
        (select count(*)::int from fields where object = 'boxes') as fields`,
    )
    expect(rows).toEqual([{ records: 0, uniques: 0, refs: 0, fields: 0 }])
  })

  test('that references point at aren’t deleted', async () => {
    await createObject(crm, workspaceId, { name: 'Targets' })
    await createField(crm, workspaceId, 'leads', { name: 'Target', type: 'reference', options: { object: 'targets' } })
    expect(await refusal(deleteObject(crm, workspaceId, 'targets', true))).toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('Leads: Target'),
    })
    await deleteField(crm, workspaceId, 'leads', 'target')
    await deleteObject(crm, workspaceId, 'targets', true)
  })

  test.each([
    ['its trigger', { trigger: { event: 'record.created', object: 'obj_def_used' } }],
    [
      'an action in a branch',
      {
        trigger: { event: 'manual', object: 'leads' },
        actions: [
          {
            type: 'branch',
            config: {
              conditions: [
                { else: [{ type: 'create_record', config: { object_definition_id: 'obj_used', data: {} } }] },
              ],
            },
          },
        ],
      },
    ],
    [
      'a search in a loop',
      {
        trigger: { event: 'manual', object: 'leads' },
        actions: [
          {
            type: 'for_each',
            config: { items: '{{[1]}}', actions: [{ type: 'find_records', config: { object: 'used' } }] },
          },
        ],
      },
    ],
  ])('that an automation uses in %s aren’t deleted, also when it is inactive', async (_title, document) => {
    await createObject(crm, workspaceId, { name: 'Used' })
    const id = await insertAutomation(crm, 'Uses it', document, 'inactive')
    expect(await refusal(deleteObject(crm, workspaceId, 'used', true))).toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('"Uses it"'),
      details: { automations: ['Uses it'] },
    })
    await pool.query('update automations set deleted_at = now() where id = $1', [id])
    await deleteObject(crm, workspaceId, 'used', true)
  })

  test('every change raises the revision that writers and workers compare', async () => {
    const revision = async () => (await readCatalogue(pool, workspaceId)).rev
    const before = await revision()
    await createObject(crm, workspaceId, { name: 'Short lived' })
    await createField(crm, workspaceId, 'short_lived', { name: 'A', type: 'text' })
    await change('short_lived', 'a', { name: 'B' })
    await deleteField(crm, workspaceId, 'short_lived', 'a')
    await deleteObject(crm, workspaceId, 'short_lived', false)
    expect(await revision()).toBe(before + 5)
  })

  test('of one slug made at once are one', async () => {
    const made = await Promise.allSettled([1, 2, 3].map(() => createObject(crm, workspaceId, { name: 'Race' })))
    expect(made.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected', 'rejected'])
  })

  test('of another workspace aren’t there', async () => {
    const other = await createTestCrm(pool, 'other')
    expect(await refusal(deleteObject(other, other.workspaceId, 'support_tickets', true))).toMatchObject({
      code: 'NOT_FOUND',
    })
    expect(await read('support_tickets')).toBeDefined()
  })
})

test('a record is written before its object is deleted, or refused: none is left without an object', async () => {
  for (let round = 0; round < 5; round++) {
    await createObject(crm, workspaceId, { name: 'Fleeting', fields: [{ name: 'A', type: 'text' }] })
    let deleted = false
    const writers = [1, 2, 3].map(async () => {
      for (let n = 0; !deleted; n++) {
        const refused = await createRecords(crm, workspaceId, 'fleeting', [{ a: String(n) }], BY_KEY).catch(
          (error) => error,
        )
        if (refused instanceof Error) expect(refused).toMatchObject({ code: 'NOT_FOUND' })
      }
    })
    await deleteObject(crm, workspaceId, 'fleeting', true)
    deleted = true
    await Promise.all(writers)
    expect((await pool.query(`select 1 from records where object = 'fleeting'`)).rowCount).toBe(0)
  }
})

describe('fields', () => {
  test('are placed where they are wanted, and the others move over', async () => {
    await createObject(crm, workspaceId, {
      name: 'Places',
      fields: ['A', 'B', 'C'].map((name) => ({ name, type: 'text' as const })),
    })
    await createField(crm, workspaceId, 'places', { name: 'D', type: 'text', position: 1 })
    await change('places', 'c', { position: 0 })
    expect((await read('places'))!.fields.map(({ slug, position }) => [slug, position])).toEqual([
      ['c', 0],
      ['a', 1],
      ['d', 2],
      ['b', 3],
    ])
  })

  test('are found by id and by slug; a taken slug is refused', async () => {
    const { field } = await createField(crm, workspaceId, 'places', { name: 'Close Date', type: 'date' })
    expect(field.slug).toBe('close_date')
    expect((await change('places', field.id, { name: 'Closed' })).field).toMatchObject({
      slug: 'close_date',
      name: 'Closed',
    })
    expect(await refusal(createField(crm, workspaceId, 'places', { name: 'close date', type: 'text' }))).toMatchObject({
      code: 'CONFLICT',
    })
    expect(await refusal(change('places', 'nope', { name: 'X' }))).toMatchObject({ code: 'NOT_FOUND' })
  })

  test('when deleted take their values along, so that a new one of that slug begins empty', async () => {
    const row = await create('places', { a: 'old', close_date: '2026-01-01' })
    await deleteField(crm, workspaceId, 'places', 'close_date')
    await createField(crm, workspaceId, 'places', { name: 'Close date', type: 'number' })
    const { rows } = await pool.query('select data from records where id = $1', [row.id])
    expect(rows).toEqual([{ data: { a: 'old' } }])
  })

  const uses: [string, object][] = [
    ['a trigger', { trigger: { event: 'field.changed', object: 'obj_def_leads', field: 'score' } }],
    [
      'a nested condition',
      { conditions: { match: 'all', rules: [{ match: 'any', rules: [{ field: 'score', operator: 'is_empty' }] }] } },
    ],
    [
      'a condition on the earlier value',
      { conditions: { match: 'all', rules: [{ field: 'previous.score', operator: 'is_empty' }] } },
    ],
    ['a template', { actions: [{ type: 'send_email', config: { body: 'Hi {{ record.score + 1 }}' } }] }],
    [
      'a template in brackets',
      { actions: [{ type: 'webhook', config: { url: "https://x.org/{{previous['score']}}" } }] },
    ],
    ['the fields of an update', { actions: [{ type: 'update_record', config: { fields: { score: 1 } } }] }],
    [
      'a filter',
      { actions: [{ type: 'find_records', config: { object: 'leads', filters: { $or: [{ score: 1 }] } } }] },
    ],
    ['a sort', { actions: [{ type: 'find_records', config: { object: 'leads', sort: '-score' } }] }],
  ]
  test.each(uses)('that an automation names in %s aren’t deleted', async (_title, part) => {
    const id = await insertAutomation(crm, 'Scores', { trigger: { event: 'record.updated', object: 'leads' }, ...part })
    expect(await refusal(deleteField(crm, workspaceId, 'leads', 'score'))).toMatchObject({
      code: 'CONFLICT',
      details: { automations: ['Scores'] },
    })
    await pool.query('delete from automations where id = $1', [id])
  })

  test('that an automation reads through a reference aren’t deleted', async () => {
    const id = await insertAutomation(crm, 'Reads on', {
      trigger: { event: 'record.created', object: 'contacts' },
      actions: [{ type: 'send_email', config: { body: '{{record.company.industry}}' } }],
    })
    expect(await refusal(deleteField(crm, workspaceId, 'companies', 'industry'))).toMatchObject({ code: 'CONFLICT' })
    await pool.query('delete from automations where id = $1', [id])
  })

  test('that only another object’s automations name alike are deleted', async () => {
    const id = await insertAutomation(crm, 'Other', {
      trigger: { event: 'record.created', object: 'contacts' },
      conditions: { match: 'all', rules: [{ field: 'score', operator: 'is_empty' }] },
    })
    await deleteField(crm, workspaceId, 'leads', 'score')
    await pool.query('delete from automations where id = $1', [id])
  })
})

describe('a field that becomes unique', () => {
  test('is refused with a value that two records have, and nothing changes', async () => {
    await createObject(crm, workspaceId, { name: 'People', fields: [{ name: 'Mail', type: 'email' }] })
    const [first, second] = await createRecords(
      crm,
      workspaceId,
      'people',
      [{ mail: 'a@x.org' }, { mail: 'A@X.org' }, { mail: 'b@x.org' }, {}, {}],
      BY_KEY,
    )
    expect(await refusal(change('people', 'mail', { unique: true }))).toMatchObject({
      code: 'CONFLICT',
      details: { value: 'a@x.org', record_ids: [publicId('record', first!.id), publicId('record', second!.id)] },
    })
    expect((await read('people'))!.fields[0]!.unique).toBe(false)
    expect((await pool.query(`select 1 from unique_values where object = 'people'`)).rowCount).toBe(0)
    await deleteRecord(crm, workspaceId, second!.id, BY_KEY)
  })

  test('holds the values that are there, and frees them again', async () => {
    await change('people', 'mail', { unique: true })
    expect(await refusal(create('people', { mail: 'B@x.org' }))).toMatchObject({ code: 'VALIDATION_ERROR' })
    await change('people', 'mail', { unique: false })
    await create('people', { mail: 'B@x.org' })
  })

  test('is unique by its new type when that changes', async () => {
    await createObject(crm, workspaceId, { name: 'Retyped', fields: [{ name: 'Mail', type: 'text', unique: true }] })
    await createRecords(crm, workspaceId, 'retyped', [{ mail: 'a@x.org' }, { mail: 'A@x.org' }], BY_KEY)
    expect(await refusal(change('retyped', 'mail', { type: 'email' }))).toMatchObject({ code: 'CONFLICT' })
    await pool.query(`delete from records where object = 'retyped' and data ->> 'mail' = 'A@x.org'`)
    await change('retyped', 'mail', { type: 'email' })
    expect(await refusal(create('retyped', { mail: 'A@x.org' }))).toMatchObject({ code: 'VALIDATION_ERROR' })
  })

  test('misses no value that is written meanwhile', async () => {
    await createObject(crm, workspaceId, { name: 'Codes', fields: [{ name: 'Code', type: 'text' }] })
    await createRecords(
      crm,
      workspaceId,
      'codes',
      Array.from({ length: 500 }, (_, n) => ({ code: `c${n}` })),
      BY_KEY,
    )
    let stop = false
    let written = 500
    const writer = (async () => {
      for (; !stop; written++) await create('codes', { code: `c${written}` })
    })()
    await change('codes', 'code', { unique: true })
    stop = true
    await writer
    const { rows } = await pool.query(
      `select count(*)::int as values, (select count(*)::int from records where object = 'codes') as records
       from unique_values u where object = 'codes'
         and exists (select from records r where r.id = u.record_id and r.data ->> 'code' = u.value)`,
    )
    expect(rows[0]).toEqual({ values: written, records: written })
  })
})

describe('a field that changes its type', () => {
  test('keeps values that are of the new type as they are, and refuses others', async () => {
    await createObject(crm, workspaceId, {
      name: 'Types',
      fields: [
        { name: 'T', type: 'text' },
        { name: 'N', type: 'number' },
        { name: 'S', type: 'status', options: { stages: ['a', 'b'] } },
      ],
    })
    const row = await create('types', { t: 'a@x.org', n: 5, s: 'a' })
    expect((await change('types', 't', { type: 'email' })).field.type).toBe('email')
    expect((await change('types', 'n', { type: 'currency' })).field.type).toBe('currency')
    expect((await change('types', 's', { type: 'dropdown' })).field).toMatchObject({
      type: 'dropdown',
      options: { choices: [{ name: 'a' }, { name: 'b' }] },
    })
    expect(await refusal(change('types', 'n', { type: 'text' }))).toMatchObject({
      code: 'CONFLICT',
      details: { record_id: publicId('record', row.id) },
    })
    expect(await refusal(change('types', 't', { type: 'reference', options: { object: 'leads' } }))).toMatchObject({
      code: 'CONFLICT',
    })
    await updateRecord(crm, workspaceId, row.id, { n: null }, BY_KEY)
    expect((await change('types', 'n', { type: 'text' })).field.type).toBe('text')
  })

  test('is refused while an automation uses it', async () => {
    const id = await insertAutomation(crm, 'Types', {
      trigger: { event: 'field.changed', object: 'types', field: 'n' },
    })
    expect(await refusal(change('types', 'n', { type: 'long_text' }))).toMatchObject({ code: 'CONFLICT' })
    await pool.query('delete from automations where id = $1', [id])
  })
})

describe('options', () => {
  test('that records have stay; others go, and new ones come', async () => {
    await createObject(crm, workspaceId, {
      name: 'Options',
      fields: [
        { name: 'One', type: 'status', options: { stages: ['a', 'b', 'c'] }, default_value: 'a' },
        { name: 'Many', type: 'multi_select', options: { choices: ['x', 'y', 'z'] } },
      ],
    })
    await create('options', { one: 'b', many: ['x', 'z'] })
    expect(await refusal(change('options', 'one', { options: { stages: ['a', 'B', 'c'] } }))).toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('"b" (1 record)'),
    })
    expect(await refusal(change('options', 'many', { options: { choices: ['x', 'y'] } }))).toMatchObject({
      code: 'CONFLICT',
    })
    expect(await refusal(change('options', 'one', { options: { stages: ['b', 'c'] } }))).toMatchObject({
      code: 'VALIDATION_ERROR',
      details: { errors: [expect.objectContaining({ path: '/default_value' })] },
    })
    await change('options', 'one', { options: { stages: ['b', 'd', 'a'] } })
    await change('options', 'many', { options: { choices: ['z', 'x'] } })
    expect((await create('options', { one: 'd' })).data).toEqual({ one: 'd' })
  })
})
