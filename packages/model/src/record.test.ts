import { describe, expect, test } from 'vitest'
import type { Field, FieldType } from './field.ts'
import { applyValues, diffValues, normalizeValue, normalizeValues, readValues, sameValue, uniqueKey } from './record.ts'
import { objectFromTemplate, STANDARD_OBJECTS } from './object.ts'
import type { ObjectDefinition } from './object.ts'

const leads = objectFromTemplate(STANDARD_OBJECTS[0]!)
const choices = ['red', 'green', 'blue, light'].map((name, order) => ({ name, color: 'gray', order }))

function field(type: FieldType, more: Partial<Field> = {}): Field {
  const options = type === 'status' ? { stages: choices } : type === 'reference' ? { object: 'companies' } : { choices }
  return {
    id: 'fld_x',
    name: 'X',
    slug: 'x',
    type,
    required: false,
    unique: false,
    default_value: null,
    options,
    position: 0,
    ...more,
  }
}

const hex = '0123456789abcdef0123456789abcdef'

describe('a value is stored typed', () => {
  test.each<[FieldType, unknown, unknown]>([
    ['text', ' Ada ', ' Ada '],
    ['text', 5, '5'],
    ['text', true, 'true'],
    ['text', '😀'.repeat(255), '😀'.repeat(255)],
    ['long_text', 'x'.repeat(1_048_576), 'x'.repeat(1_048_576)],
    ['number', '5', 5],
    ['number', -0, 0],
    ['number', 0, 0],
    ['currency', '12.50', 12.5],
    ['boolean', false, false],
    ['boolean', 'TRUE', true],
    ['email', ' ada@example.com ', 'ada@example.com'],
    ['email', 'ada+crm@sub.example.co.uk', 'ada+crm@sub.example.co.uk'],
    ['email', 'jürgen@müller.de', 'jürgen@müller.de'],
    ['phone', '+49 (30) 123-4567 ext. 12', '+49 (30) 123-4567 ext. 12'],
    ['phone', 5551234, '5551234'],
    ['url', 'https://example.com/a?b=c#d', 'https://example.com/a?b=c#d'],
    ['url', 'example.com', 'example.com'],
    ['url', 'http://localhost:3000', 'http://localhost:3000'],
    ['date', '2026-03-01', '2026-03-01'],
    ['date', '2026-03-01T23:30:00-02:00', '2026-03-02'],
    ['datetime', '2026-03-01', '2026-03-01T00:00:00.000Z'],
    ['datetime', '2026-03-01T09:30', '2026-03-01T09:30:00.000Z'],
    ['datetime', '2026-03-01T09:30:00.000Z', '2026-03-01T09:30:00.000Z'],
    ['dropdown', 'red', 'red'],
    ['status', 'green', 'green'],
    ['multi_select', ['green', 'red', 'green'], ['red', 'green']],
    ['multi_select', 'green', ['green']],
    ['multi_select', 'green, red', ['red', 'green']],
    ['multi_select', 'green;red', ['red', 'green']],
    ['multi_select', 'blue, light', ['blue, light']],
    ['multi_select', '["blue, light","red"]', ['red', 'blue, light']],
    ['multi_select', '[]', null],
    ['reference', `rec_${hex}`, `rec_${hex}`],
    ['user', `user_${hex}`, `user_${hex}`],
    ['number', '  ', null],
    ['text', '  ', '  '],
  ])('%s: %j', (type, given, stored) => {
    expect(normalizeValue(field(type), given)).toEqual({ value: stored })
  })

  test.each<[FieldType, unknown]>([
    ['text', 'x'.repeat(256)],
    ['text', '😀'.repeat(256)],
    ['text', {}],
    ['text', ['a']],
    ['text', 'a\0b'],
    ['text', '\ud800'],
    ['long_text', 'x'.repeat(1_048_577)],
    ['long_text', 'é'.repeat(600_000)],
    ['long_text', 'a\udc00'],
    ['number', 'five'],
    ['number', '1,000'],
    ['number', '12345678901234567890'],
    ['number', Number.NaN],
    ['number', Number.POSITIVE_INFINITY],
    ['number', true],
    ['number', [5]],
    ['boolean', 'yes'],
    ['boolean', 1],
    ['email', 'ada'],
    ['email', 'ada@'],
    ['email', 'ada@example'],
    ['email', 'ada@example.com, bob@example.com'],
    ['email', 'Ada <ada@example.com>'],
    ['email', 'ada@example.com\r\nbcc: x@example.com'],
    ['email', 'a..b@example.com'],
    ['email', `ada@${'x'.repeat(250)}.com`],
    ['phone', 'call me'],
    ['phone', '+'],
    ['url', 'not a url'],
    ['url', 'javascript:alert(1)'],
    ['url', 'ftp://example.com'],
    ['url', 'https://'],
    ['url', 'word'],
    ['url', `https://example.com/${'é'.repeat(1020)}`],
    ['date', '2026-02-30'],
    ['date', '01/03/2026'],
    ['date', 20260301],
    ['datetime', 'now'],
    ['datetime', 1772357400000],
    ['dropdown', 'Red'],
    ['dropdown', 'purple'],
    ['status', ' red'],
    ['multi_select', ['red', 'purple']],
    ['multi_select', [1]],
    ['multi_select', 'purple'],
    ['multi_select', { red: true }],
    ['reference', 'rec_1'],
    ['reference', hex],
    ['user', `rec_${hex}`],
  ])('%s refuses %j', (type, given) => {
    const refused = normalizeValue(field(type), given)
    expect('error' in refused && refused.error).toMatch(/X/)
  })

  test.each([null, undefined, '', []].map((value) => [value]))('%j is empty in every type', (value) => {
    expect(normalizeValue(field('multi_select'), value)).toEqual({ value: null })
    expect(normalizeValue(field('number'), value)).toEqual({ value: null })
  })

  test('a misspelled option is told what it may have meant', () => {
    expect(normalizeValue(field('dropdown'), 'RED')).toEqual({
      error: '"RED" is not an option of X',
      hint: 'did you mean "red"?',
    })
  })

  test('an option of a long list is found as well', () => {
    const many = Array.from({ length: 200 }, (_, order) => ({ name: `o${order}`, color: 'gray', order }))
    const long = field('dropdown', { options: { choices: many } })
    expect(normalizeValue(long, 'o199')).toEqual({ value: 'o199' })
    expect('error' in normalizeValue(long, 'o200')).toBe(true)
  })
})

describe('the values of a new record', () => {
  test('absent fields take their default, empty ones get no key', () => {
    expect(normalizeValues(leads, { name: 'Ada', score: '7', email: '' }, 'create')).toEqual({
      values: { name: 'Ada', score: 7, status: 'new' },
      unknown: [],
      errors: [],
    })
  })

  test('a default gives way to an explicit null', () => {
    expect(normalizeValues(leads, { name: 'Ada', status: null }, 'create').values).toEqual({ name: 'Ada' })
  })

  test('a required field must have a value', () => {
    const message = 'Name is required'
    expect(normalizeValues(leads, {}, 'create').errors).toEqual([{ path: 'name', message }])
    expect(normalizeValues(leads, { name: undefined }, 'create').errors).toEqual([{ path: 'name', message }])
    expect(normalizeValues(leads, { name: '' }, 'create').errors).toEqual([{ path: 'name', message }])
  })

  test('every problem is reported, and unknown slugs apart', () => {
    const { unknown, errors } = normalizeValues(leads, { nope: 1, score: 'x', email: 'y', constructor: 1 }, 'create')
    expect(unknown).toEqual(['nope', 'constructor'])
    expect(errors.map((error) => error.path)).toEqual(['score', 'email', 'name'])
  })

  test('__proto__ in parsed JSON is an unknown slug and touches no prototype', () => {
    const input = JSON.parse('{"name":"Ada","__proto__":{"polluted":true}}') as Record<string, unknown>
    const { values, unknown } = normalizeValues(leads, input, 'create')
    expect(unknown).toEqual(['__proto__'])
    expect((values as { polluted?: boolean }).polluted).toBeUndefined()
  })
})

describe('the values of an update', () => {
  test('only the given slugs are looked at, null empties', () => {
    expect(normalizeValues(leads, { score: '8', email: null, phone: undefined }, 'update')).toEqual({
      values: { score: 8, email: null },
      unknown: [],
      errors: [],
    })
  })

  test('a required field can’t be emptied', () => {
    expect(normalizeValues(leads, { name: null }, 'update').errors.map((error) => error.path)).toEqual(['name'])
  })

  test('applied to a record, a null drops its key', () => {
    const before = { name: 'Ada', email: 'a@example.com' }
    expect(applyValues(before, { email: null, score: 1 })).toEqual({ name: 'Ada', score: 1 })
    expect(before).toEqual({ name: 'Ada', email: 'a@example.com' })
  })
})

describe('what changed', () => {
  test('only changed slugs stand in the difference, null for empty', () => {
    const before = { name: 'Ada', email: 'a@example.com', score: 0 }
    expect(diffValues(leads, before, { name: 'Ada', score: 1, notes: 'x' })).toEqual({
      email: { from: 'a@example.com', to: null },
      score: { from: 0, to: 1 },
      notes: { from: null, to: 'x' },
    })
  })

  test('emptiness of every kind is one, and differs from 0 and false', () => {
    const number = field('number')
    expect(sameValue(number, undefined, null)).toBe(true)
    expect(sameValue(number, '', [])).toBe(true)
    expect(sameValue(number, 0, null)).toBe(false)
    expect(sameValue(field('boolean'), false, undefined)).toBe(false)
  })

  test('a multi-select is the same in any order', () => {
    expect(sameValue(field('multi_select'), ['a', 'b'], ['b', 'a'])).toBe(true)
    expect(sameValue(field('multi_select'), ['a', 'b'], ['a', 'c'])).toBe(false)
    expect(sameValue(field('multi_select'), ['a'], ['a', 'b'])).toBe(false)
  })
})

test('unique e-mails compare in lower case, texts exactly, and empty values not at all', () => {
  expect(uniqueKey(field('email'), 'Ada@Example.com')).toBe('ada@example.com')
  expect(uniqueKey(field('text'), 'Ada')).toBe('Ada')
  expect(uniqueKey(field('text'), '')).toBeNull()
})

test('an answer holds all fields, null when empty', () => {
  const object: ObjectDefinition = { ...leads, fields: leads.fields.slice(0, 3) }
  expect(readValues(object, { name: 'Ada' })).toEqual({ name: 'Ada', email: null, phone: null })
})
