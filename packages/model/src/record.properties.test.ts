import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FIELD_TYPES } from './field.ts'
import type { Field } from './field.ts'
import { applyValues, diffValues, normalizeValue, normalizeValues, sameValue } from './record.ts'
import type { ObjectDefinition } from './object.ts'

const items = ['a', 'b', 'c'].map((name, order) => ({ name, color: 'gray', order }))
const fields: Field[] = FIELD_TYPES.map((type, position) => ({
  id: `fld_${type}`,
  name: type,
  slug: type,
  type,
  required: false,
  unique: false,
  default_value: null,
  options: { choices: items, stages: items, object: 'companies' },
  position,
}))
const object: ObjectDefinition = { slug: 'x', name: 'X', icon: 'x', description: null, standard: false, fields }

const anything = fc.oneof(
  fc.jsonValue(),
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.subarray(['a', 'b', 'c', 'd']),
  fc.constantFrom(
    'true',
    '5',
    '2026-01-01',
    'a',
    'rec_0123456789abcdef0123456789abcdef',
    'ada@example.com',
    '+49 30 12',
  ),
)
const anyField = fc.constantFrom(...fields)
const anyValues = fc.dictionary(fc.constantFrom<string>(...FIELD_TYPES), anything)

test('whatever is given, a value is stored or refused with words, and never throws', () => {
  fc.assert(
    fc.property(anyField, anything, (field, value) => {
      const made = normalizeValue(field, value)
      if ('error' in made) expect(made.error.length).toBeGreaterThan(5)
    }),
  )
})

test('a stored value is its own stored form, also after a way through JSON', () => {
  fc.assert(
    fc.property(anyField, anything, (field, value) => {
      const made = normalizeValue(field, value)
      if ('error' in made) return
      const again: unknown = JSON.parse(JSON.stringify(made.value))
      expect(normalizeValue(field, again)).toEqual({ value: made.value })
      expect(sameValue(field, made.value, again)).toBe(true)
    }),
  )
})

test('the difference of two records, applied to the first, gives the second', () => {
  fc.assert(
    fc.property(anyValues, anyValues, (first, second) => {
      const before = normalizeValues(object, first, 'create').values
      const after = normalizeValues(object, second, 'create').values
      const changes = diffValues(object, before, after)
      const update = Object.fromEntries(Object.entries(changes).map(([slug, change]) => [slug, change.to]))
      expect(diffValues(object, applyValues(before, update), after)).toEqual({})
      for (const { from, to } of Object.values(changes)) expect(from).not.toEqual(to)
    }),
  )
})

test('a record differs from itself in nothing', () => {
  fc.assert(
    fc.property(anyValues, (given) => {
      const { values } = normalizeValues(object, given, 'create')
      expect(diffValues(object, values, structuredClone(values))).toEqual({})
    }),
  )
})
