import { describe, expect, test } from 'vitest'
import { fieldInput, fieldOf, normalizeOptions, patchedField, RESERVED_SLUGS, SLUG_PATTERN, slugOf } from './field.ts'
import type { Field, FieldInput } from './field.ts'

const at = { id: 'fld_1', position: 3 }

test.each([
  ['Close Date', 'close_date'],
  ['  E-Mail (work) ', 'e_mail_work'],
  ['Größe', 'grosse'],
  ['2nd phone', 'field_2nd_phone'],
  ['名前', 'field'],
  ['ID', 'id_field'],
  ['Constructor', 'constructor_field'],
  ['__proto__', 'proto'],
  ['Ärger', 'arger'],
])('the slug of %j is %s', (name, slug) => {
  expect(slugOf(name)).toBe(slug)
  expect(SLUG_PATTERN.test(slug) && !RESERVED_SLUGS.has(slug)).toBe(true)
})

test('a very long name still gives a slug of 63 characters at most', () => {
  expect(slugOf('a'.repeat(200)).length).toBe(63)
})

describe('the input of a field', () => {
  test.each([
    [{ name: 'A', type: 'text', nope: 1 }],
    [{ name: '', type: 'text' }],
    [{ name: 'A', type: 'string' }],
    [{ name: 'A', type: 'text', slug: 'id' }],
    [{ name: 'A', type: 'text', slug: '__proto__' }],
    [{ name: 'A', type: 'text', slug: 'constructor' }],
    [{ name: 'A', type: 'text', slug: 'Upper' }],
    [{ name: 'A', type: 'text', slug: '1a' }],
    [{ name: 'A', type: 'dropdown', options: { choices: [1] } }],
    [{ name: 'A', type: 'dropdown', options: { choices: [{ name: 'a', color: 'red;}' }] } }],
    [{ name: 'A', type: 'dropdown', options: { other: ['a'] } }],
  ])('%j is refused', (input) => {
    expect(fieldInput.safeParse(input).success).toBe(false)
  })

  test('items as text, with a color, and with an order read back as name, color and order, in order', () => {
    const input = fieldInput.parse({
      name: 'Stage',
      type: 'status',
      options: { stages: ['b', { name: 'a', color: 'red' }, { name: 'c', color: '#00ff00', order: -1 }] },
    })
    const made = fieldOf(input, at)
    expect(made).toEqual({
      field: {
        id: 'fld_1',
        name: 'Stage',
        slug: 'stage',
        type: 'status',
        required: false,
        unique: false,
        default_value: null,
        options: {
          stages: [
            { name: 'c', color: '#00ff00', order: -1 },
            { name: 'b', color: 'blue', order: 0 },
            { name: 'a', color: 'red', order: 1 },
          ],
        },
        position: 3,
      },
    })
  })

  test('stages and choices are taken for each other', () => {
    expect(normalizeOptions('status', { choices: ['a'] })).toEqual({
      options: { stages: [{ name: 'a', color: 'blue', order: 0 }] },
    })
    expect(normalizeOptions('dropdown', { stages: ['a'] })).toEqual({
      options: { choices: [{ name: 'a', color: 'blue', order: 0 }] },
    })
  })

  test('a type without options keeps none', () => {
    expect(normalizeOptions('text', { choices: ['a'] })).toEqual({ options: null })
  })

  test.each<[FieldInput, string]>([
    [{ name: 'A', type: 'dropdown' }, 'options'],
    [{ name: 'A', type: 'multi_select', options: { choices: [] } }, 'options'],
    [{ name: 'A', type: 'dropdown', options: { choices: ['a', 'a'] } }, 'options'],
    [{ name: 'A', type: 'reference' }, 'options'],
    [{ name: 'A', type: 'number', default_value: 'five' }, 'default_value'],
    [{ name: 'A', type: 'status', options: { stages: ['a'] }, default_value: 'A' }, 'default_value'],
    [{ name: 'A', type: 'multi_select', options: { choices: ['a'] }, unique: true }, 'unique'],
  ])('%j has a problem at %s', (input, path) => {
    const made = fieldOf(input, at)
    expect('errors' in made && made.errors.map((error) => error.path)).toEqual([path])
  })

  test('a default value is kept in stored form', () => {
    const made = fieldOf({ name: 'Count', type: 'number', default_value: '5' }, at)
    expect('field' in made && made.field.default_value).toBe(5)
  })
})

describe('a change of a field', () => {
  const made = fieldOf(
    { name: 'Stage', type: 'status', options: { stages: ['a', 'b'] }, default_value: 'a', required: true },
    at,
  )
  const stage = (made as { field: Field }).field

  test('keeps id, slug, type and what isn’t given', () => {
    expect(patchedField(stage, { name: 'Phase' })).toEqual({ field: { ...stage, name: 'Phase' } })
  })

  test('can empty the default value, and refuses options without it', () => {
    expect(patchedField(stage, { default_value: null })).toEqual({ field: { ...stage, default_value: null } })
    const refused = patchedField(stage, { options: { stages: ['b'] } })
    expect('errors' in refused && refused.errors.map((error) => error.path)).toEqual(['default_value'])
  })

  test('leaves the field it began with as it was', () => {
    const before = structuredClone(stage)
    patchedField(stage, { options: { stages: ['a', { name: 'z', order: -5 }] } })
    expect(stage).toEqual(before)
  })
})

test('a reference names its object by slug, however it was given', () => {
  expect(normalizeOptions('reference', { object: 'obj_def_companies' })).toEqual({ options: { object: 'companies' } })
})
