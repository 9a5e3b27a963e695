import { describe, expect, test } from 'vitest'
import { FIELD_TYPES } from '../field.ts'
import type { FieldType } from '../field.ts'
import { compileConditions, looksBack, OPERATOR_LABELS, OPERATORS, operatorsFor, valueShape } from './index.ts'
import type { ConditionData, Group, Operator, Rule, RuleResult } from './index.ts'

type Type = FieldType | 'any'

interface Given {
  type?: string
  values?: Record<string, unknown>
  before?: Record<string, unknown>
  scope?: Record<string, unknown>
}

function dataOf({ type = 'record.updated', values = {}, before = {}, scope = {} }: Given): ConditionData {
  return { type, current: (path) => values[path], previous: (slug) => before[slug], scope }
}

function judge(type: Type, rule: Rule, given: Given): RuleResult {
  return compileConditions({ match: 'all', rules: [rule] }, () => type).evaluate(dataOf(given)).rules[0] as RuleResult
}

function passes(type: Type, operator: Operator, actual: unknown, expected: unknown): boolean {
  return judge(type, { field: 'x', operator, value: expected }, { values: { x: actual } }).passed
}

const TEXTS: Type[] = ['text', 'long_text', 'email', 'phone', 'url', 'dropdown', 'status']
const NUMBERS: Type[] = ['number', 'currency']
const DATES: Type[] = ['date', 'datetime']
const rec = `rec_${'a'.repeat(32)}`
const other = `rec_${'b'.repeat(32)}`

/** A value of each type, and another one. */
const SAMPLES: Record<Type, [unknown, unknown]> = {
  text: ['one', 'two'],
  long_text: ['one', 'two'],
  email: ['a@example.com', 'b@example.com'],
  phone: ['+1 555', '+1 556'],
  url: ['https://a.example', 'https://b.example'],
  number: [5, 6],
  currency: [5.5, 6.5],
  boolean: [true, false],
  date: ['2026-01-01', '2026-01-02'],
  datetime: ['2026-01-01T10:00:00.000Z', '2026-01-01T11:00:00.000Z'],
  dropdown: ['new', 'old'],
  status: ['new', 'old'],
  multi_select: [['a'], ['b']],
  reference: [rec, other],
  user: ['user_1', 'user_2'],
  any: ['one', 'two'],
}

describe('operators fit types', () => {
  const change = ['changed', 'not_changed', 'changed_to', 'changed_from']
  const shared = ['equals', 'not_equals', 'is_empty', 'is_not_empty', 'in', 'not_in']
  const order = ['greater_than', 'less_than', 'greater_or_equal', 'less_or_equal', 'between']
  test.each<[Type[], string[]]>([
    [TEXTS, [...shared, 'contains', 'not_contains', 'starts_with', 'ends_with', ...change]],
    [
      [...NUMBERS, ...DATES],
      [...shared, ...order, ...change, 'increased', 'decreased'],
    ],
    [
      ['boolean', 'reference', 'user'],
      [...shared, ...change],
    ],
    [['multi_select'], [...shared, 'contains', 'not_contains', 'changed', 'not_changed']],
    [['any'], [...OPERATORS]],
  ])('%j', (types, operators) => {
    for (const type of types) expect([...operatorsFor(type)].sort()).toEqual([...operators].sort())
  })

  test('every operator has a label', () => {
    expect(Object.keys(OPERATOR_LABELS).sort()).toEqual([...OPERATORS].sort())
  })
})

describe('an empty field', () => {
  const holding = new Set<Operator>(['is_empty', 'not_equals', 'not_contains', 'not_in'])
  const cases = ([...FIELD_TYPES, 'any'] as Type[]).flatMap((type) =>
    operatorsFor(type)
      .filter((operator) => !looksBack(operator))
      .map((operator) => [type, operator, holding.has(operator)] as const),
  )
  test.each(cases)('%s %s is %s', (type, operator, passed) => {
    const [one, two] = SAMPLES[type]
    const shape = valueShape(operator)
    const expected = shape === 'list' ? [one, two] : shape === 'range' ? [one, two] : one
    for (const empty of [null, undefined, '', []]) expect(passes(type, operator, empty, expected)).toBe(passed)
  })

  test.each([...FIELD_TYPES, 'any'] as Type[])('equals an empty expected value: %s', (type) => {
    for (const expected of [null, undefined, '', []]) {
      expect(passes(type, 'equals', null, expected)).toBe(true)
      expect(passes(type, 'not_equals', null, expected)).toBe(false)
      expect(passes(type, 'equals', SAMPLES[type][0], expected)).toBe(false)
      expect(passes(type, 'not_equals', SAMPLES[type][0], expected)).toBe(true)
    }
  })

  test.each(['number', 'currency', 'any'] as Type[])('0 is a value: %s', (type) => {
    expect(passes(type, 'is_empty', 0, null)).toBe(false)
    expect(passes(type, 'is_not_empty', 0, null)).toBe(true)
    expect(passes(type, 'equals', 0, '')).toBe(false)
    expect(passes(type, 'less_than', 0, 1)).toBe(true)
  })

  test('false is a value', () => {
    expect(passes('boolean', 'is_empty', false, null)).toBe(false)
    expect(passes('boolean', 'equals', false, false)).toBe(true)
    expect(passes('boolean', 'equals', false, null)).toBe(false)
  })
})

/** type, actual, operator, expected, verdict */
type Case = [Type, unknown, Operator, unknown, boolean]
const forTypes = (types: Type[], rows: [unknown, Operator, unknown, boolean][]): Case[] =>
  types.flatMap((type) =>
    rows.map(([actual, operator, expected, passed]): Case => [type, actual, operator, expected, passed]),
  )

const VALUE_CASES: Case[] = [
  ...forTypes(TEXTS, [
    ['New', 'equals', 'New', true],
    ['New', 'equals', 'new', false],
    ['New', 'equals', 'New ', false],
    ['New', 'not_equals', 'new', true],
    ['New', 'not_equals', 'New', false],
    ['5', 'equals', 5, true],
    ['5.0', 'equals', 5, false],
    ['true', 'equals', true, true],
    ['a', 'equals', ['a'], false],
    ['a', 'not_equals', ['a'], true],
    ['a', 'equals', { a: 1 }, false],
    ['Hello World', 'contains', 'WORLD', true],
    ['Hello World', 'contains', 'mars', false],
    ['Hello World', 'not_contains', 'mars', true],
    ['Hello World', 'not_contains', 'hello', false],
    ['Hello World', 'starts_with', 'hello', true],
    ['Hello World', 'starts_with', 'world', false],
    ['Hello World', 'ends_with', 'WORLD', true],
    ['Hello World', 'ends_with', 'hello', false],
    ['ÄRGER', 'contains', 'ärg', true],
    ['a.c', 'contains', '.', true],
    ['abc', 'contains', 'a.c', false],
    ['a5b', 'contains', 5, true],
    ['abc', 'contains', '', false],
    ['abc', 'not_contains', null, false],
    ['abc', 'starts_with', '', false],
    ['abc', 'contains', ['a'], false],
    ['abc', 'not_contains', ['z'], false],
    ['abc', 'contains', { a: 1 }, false],
    ['new', 'in', ['new', 'old'], true],
    ['new', 'in', ['New'], false],
    ['new', 'in', [], false],
    ['new', 'not_in', [], true],
    ['new', 'not_in', ['old'], true],
    ['new', 'not_in', ['new'], false],
    ['5', 'in', [5], true],
    ['new', 'in', 'new', false],
    ['new', 'not_in', 'old', false],
    ['new', 'in', [['new'], 'x'], true],
    [null, 'not_in', 'new', true],
    [null, 'in', 'new', false],
    ['new', 'is_empty', undefined, false],
    ['new', 'is_not_empty', undefined, true],
    [' ', 'is_empty', undefined, false],
  ]),
  ...forTypes(NUMBERS, [
    [5, 'equals', 5, true],
    [5, 'equals', '5', true],
    [5, 'equals', ' 5.0 ', true],
    [5, 'equals', '5 apples', false],
    [5, 'not_equals', '5', false],
    [5, 'not_equals', 6, true],
    [5, 'not_equals', 'five', true],
    ['5', 'equals', 5, true],
    [0, 'equals', '0', true],
    [0, 'equals', false, false],
    [1, 'equals', true, false],
    [100, 'greater_than', '40', true],
    [40, 'greater_than', 100, false],
    [9, 'greater_than', '10', false],
    [5, 'greater_than', 5, false],
    [5, 'greater_or_equal', 5, true],
    [4.99, 'greater_or_equal', 5, false],
    [5, 'less_or_equal', '5', true],
    [5.01, 'less_or_equal', 5, false],
    [-1, 'less_than', 0, true],
    [1, 'less_than', 0, false],
    [5, 'greater_than', 'many', false],
    [5, 'less_than', 'many', false],
    [5, 'greater_than', null, false],
    [5, 'less_than', '', false],
    [5, 'less_than', [9], false],
    ['text', 'greater_than', 1, false],
    ['text', 'less_than', 1, false],
    [5, 'between', [1, 10], true],
    [1, 'between', [1, 10], true],
    [10, 'between', ['1', '10'], true],
    [0.5, 'between', [1, 10], false],
    [11, 'between', [1, 10], false],
    [5, 'between', [10, 1], false],
    [5, 'between', [1], false],
    [5, 'between', [1, 5, 9], false],
    [5, 'between', '1,10', false],
    [5, 'between', [null, 10], false],
    [5, 'between', ['a', 10], false],
    [5, 'in', [1, '5'], true],
    [5, 'in', ['five'], false],
    [5, 'not_in', [1, 2], true],
    [5, 'not_in', ['five'], true],
    [5, 'not_in', ['5'], false],
    [5, 'in', 5, false],
    [5, 'in', '{"a":1}', false],
  ]),
  ...forTypes(DATES, [
    ['2026-03-01', 'equals', '2026-03-01', true],
    ['2026-03-01', 'equals', '2026-03-02', false],
    ['2026-03-01', 'equals', '2026-03-01T18:00:00Z', true],
    ['2026-03-01', 'equals', '2026-03-01T23:30:00-02:00', false],
    ['2026-03-01', 'not_equals', '2026-03-01T18:00:00Z', false],
    ['2026-03-01', 'not_equals', 'someday', true],
    ['2026-03-01', 'equals', 'someday', false],
    ['2026-03-01T10:00:00.000Z', 'equals', '2026-03-01T11:00:00+01:00', true],
    ['2026-03-01T10:00:00.000Z', 'equals', '2026-03-01T10:00', true],
    ['2026-03-01T10:00:00.000Z', 'equals', '2026-03-01T10:00:00.001Z', false],
    ['2026-03-01T10:00:00.000Z', 'equals', '2026-03-01', true],
    ['2026-03-01T10:00:00.000Z', 'equals', '2026-02-28', false],
    ['2026-03-01T10:00:00.000Z', 'greater_than', '2026-03-01', true],
    ['2026-03-01T00:00:00.000Z', 'greater_than', '2026-03-01', false],
    ['2026-03-01T00:00:00.000Z', 'greater_or_equal', '2026-03-01', true],
    ['2026-03-01', 'less_than', '2026-03-01T00:00:01Z', true],
    ['2026-03-01', 'less_or_equal', '2026-03-01', true],
    ['2026-03-01', 'less_than', '2026-02-28', false],
    ['2026-03-01', 'greater_than', '2026-02-28', true],
    ['2026-03-01', 'greater_than', 5, false],
    ['2026-03-01', 'less_than', '2026-02-30', false],
    ['2026-03-01', 'between', ['2026-03-01', '2026-03-31'], true],
    ['2026-03-31', 'between', ['2026-03-01', '2026-03-31'], true],
    ['2026-04-01', 'between', ['2026-03-01', '2026-03-31'], false],
    ['2026-03-31T10:00:00.000Z', 'between', ['2026-03-01', '2026-03-31'], false],
    ['2026-03-01', 'in', ['2026-03-01T09:00:00Z', '2027-01-01'], true],
    ['2026-03-01', 'not_in', ['2026-03-02'], true],
  ]),
  ...forTypes(
    ['boolean'],
    [
      [true, 'equals', true, true],
      [true, 'equals', 'true', true],
      [true, 'equals', 'TRUE', true],
      [true, 'equals', 1, false],
      [true, 'equals', 'yes', false],
      [false, 'equals', 'false', true],
      [false, 'equals', 0, false],
      [false, 'not_equals', true, true],
      [false, 'not_equals', 'false', false],
      [true, 'in', [true, false], true],
      [true, 'in', ['true'], true],
      [true, 'not_in', [false], true],
      [false, 'is_not_empty', undefined, true],
    ],
  ),
  ...forTypes(
    ['reference', 'user'],
    [
      [rec, 'equals', rec, true],
      [rec, 'equals', other, false],
      [rec, 'equals', rec.toUpperCase(), false],
      [rec, 'equals', { id: rec, name: 'Ada' }, true],
      [rec, 'equals', { name: 'Ada' }, false],
      [rec, 'not_equals', other, true],
      [rec, 'not_equals', rec, false],
      [rec, 'not_equals', 5, true],
      [rec, 'in', [other, rec], true],
      [rec, 'in', [other, { id: rec }], true],
      [rec, 'not_in', [other], true],
    ],
  ),
  ...forTypes(
    ['multi_select'],
    [
      [['a', 'b'], 'equals', ['b', 'a'], true],
      [['a', 'b'], 'equals', ['a', 'b', 'b'], true],
      [['a', 'b'], 'equals', ['a'], false],
      [['a'], 'equals', ['a', 'b'], false],
      [['a'], 'equals', 'a', true],
      [['a', 'b'], 'not_equals', ['b', 'a'], false],
      [['a', 'b'], 'not_equals', ['a'], true],
      [['a', 'b'], 'contains', 'a', true],
      [['a', 'b'], 'contains', 'A', false],
      [['a', 'b'], 'contains', ['a', 'b'], true],
      [['a', 'b'], 'contains', ['a', 'c'], false],
      [['ab'], 'contains', 'a', false],
      [['a'], 'contains', [], false],
      [['a'], 'contains', '', false],
      [['a'], 'not_contains', '', false],
      [['a', 'b'], 'not_contains', 'c', true],
      [['a', 'b'], 'not_contains', 'a', false],
      [['a', 'b'], 'in', ['b', 'z'], true],
      [['a', 'b'], 'in', ['z'], false],
      [['a', 'b'], 'not_in', ['z'], true],
      [['a', 'b'], 'not_in', ['b', 'z'], false],
      [['a', 'b'], 'in', 'a', false],
      [['a', 'b'], 'not_in', 'z', false],
      [['a'], 'equals', { a: 1 }, false],
      [['a'], 'is_not_empty', undefined, true],
    ],
  ),
  ...forTypes(
    ['any'],
    [
      ['5', 'equals', 5, true],
      [5, 'equals', '5', true],
      ['open', 'equals', 'open', true],
      ['open', 'equals', 'Open', false],
      ['open', 'not_equals', 5, true],
      ['2026-03-01T10:00:00Z', 'equals', '2026-03-01T11:00:00+01:00', true],
      ['2026-03-01', 'equals', '2026-03-01T11:00:00Z', true],
      [true, 'equals', 'true', true],
      ['Hello', 'contains', 'ELL', true],
      [['a', 'b'], 'contains', 'a', true],
      [[1, 2], 'contains', '2', true],
      [['a', 'b'], 'contains', ['a', 'b'], true],
      [['a'], 'not_contains', 'b', true],
      [{ a: 1 }, 'contains', 'a', false],
      [{ a: 1 }, 'not_contains', 'a', false],
      [12345, 'starts_with', '12', true],
      [['a'], 'starts_with', 'a', false],
      [{ a: 1 }, 'ends_with', 'a', false],
      ['10', 'greater_than', 9, true],
      ['10', 'greater_than', '9', true],
      ['b', 'greater_than', 'a', false],
      ['b', 'less_than', 'c', false],
      ['b', 'greater_than', 1, false],
      [{}, 'greater_than', 1, false],
      [[9], 'greater_than', 1, false],
      [true, 'greater_than', 0, false],
      ['2026-03-02', 'greater_than', '2026-03-01T12:00:00Z', true],
      ['2026-03-02', 'greater_than', 5, false],
      [5, 'between', [1, '10'], true],
      ['2026-03-02', 'between', ['2026-03-01', '2026-03-03'], true],
      ['open', 'in', ['open', 'closed'], true],
      [5, 'in', ['5'], true],
      [['a', 'b'], 'in', ['b'], true],
      [['a', 'b'], 'not_in', ['b'], false],
      [['a', 'b'], 'not_in', ['c'], true],
      ['open', 'not_in', ['closed'], true],
      [{ a: 1 }, 'equals', { a: 1 }, true],
      [{ a: 1 }, 'is_empty', undefined, false],
    ],
  ),
]

test.each(VALUE_CASES)('%s: %j %s %j is %s', (type, actual, operator, expected, passed) => {
  expect(passes(type, operator, actual, expected)).toBe(passed)
})

/** type, before, after, operator, expected, verdict */
type ChangeCase = [Type, unknown, unknown, Operator, unknown, boolean]
const CHANGE_CASES: ChangeCase[] = [
  ['status', 'Open', 'Won', 'changed', undefined, true],
  ['status', 'Open', 'Open', 'changed', undefined, false],
  ['status', null, 'Open', 'changed', undefined, true],
  ['status', 'Open', null, 'changed', undefined, true],
  ['status', null, '', 'changed', undefined, false],
  ['status', undefined, null, 'not_changed', undefined, true],
  ['status', 'Open', 'Open', 'not_changed', undefined, true],
  ['status', 'Open', 'Won', 'not_changed', undefined, false],
  ['status', 'Open', 'Won', 'changed_to', 'Won', true],
  ['status', 'Open', 'Won', 'changed_to', 'won', false],
  ['status', 'Won', 'Won', 'changed_to', 'Won', false],
  ['status', 'Open', 'Lost', 'changed_to', 'Won', false],
  ['status', 'Open', 'Lost', 'changed_to', ['Won', 'Lost'], true],
  ['status', 'Open', null, 'changed_to', null, true],
  ['status', 'Open', null, 'changed_to', 'Won', false],
  ['status', null, 'Open', 'changed_to', '', false],
  ['status', 'Open', 'Won', 'changed_from', 'Open', true],
  ['status', 'Open', 'Won', 'changed_from', 'Won', false],
  ['status', 'Open', 'Open', 'changed_from', 'Open', false],
  ['status', 'Open', null, 'changed_from', 'Open', true],
  ['status', null, 'Open', 'changed_from', null, true],
  ['number', 5, 5, 'changed', undefined, false],
  ['number', 0, null, 'changed', undefined, true],
  ['number', 1, 2, 'increased', undefined, true],
  ['number', 2, 2, 'increased', undefined, false],
  ['number', 2, 1, 'increased', undefined, false],
  ['number', 2, 1, 'decreased', undefined, true],
  ['number', 1, 2, 'decreased', undefined, false],
  ['number', 9, 10, 'increased', undefined, true],
  ['number', null, 2, 'increased', undefined, false],
  ['number', 2, null, 'decreased', undefined, false],
  ['number', 1, 5, 'changed_to', '5', true],
  ['currency', 10.5, 10.25, 'decreased', undefined, true],
  ['date', '2026-01-01', '2026-01-02', 'increased', undefined, true],
  ['datetime', '2026-01-01T00:00:00.000Z', '2025-12-31T00:00:00.000Z', 'decreased', undefined, true],
  ['date', '2026-01-01', '2026-01-02', 'changed_to', '2026-01-02T08:00:00Z', true],
  ['boolean', false, true, 'changed_to', 'true', true],
  ['boolean', true, false, 'changed', undefined, true],
  ['boolean', null, false, 'changed', undefined, true],
  ['multi_select', ['a', 'b'], ['b', 'a'], 'changed', undefined, false],
  ['multi_select', ['a'], ['a', 'b'], 'changed', undefined, true],
  ['multi_select', ['a'], [], 'changed', undefined, true],
  ['reference', rec, other, 'changed', undefined, true],
  ['reference', rec, other, 'changed_from', rec, true],
  ['user', rec, rec, 'not_changed', undefined, true],
  ['text', 'a', 'A', 'changed', undefined, true],
  ['any', '5', 5, 'changed', undefined, false],
  ['any', 'a', 'b', 'changed', undefined, true],
  ['any', 'a', 'b', 'increased', undefined, false],
]

describe('against the value before', () => {
  test.each(CHANGE_CASES)('%s: %j → %j %s %j is %s', (type, before, after, operator, expected, passed) => {
    const rule = { field: 'x', operator, value: expected }
    expect(judge(type, rule, { values: { x: after }, before: { x: before } }).passed).toBe(passed)
    expect(judge(type, rule, { type: 'field.changed', values: { x: after }, before: { x: before } }).passed).toBe(
      passed,
    )
  })

  const back = OPERATORS.filter(looksBack)
  const starts = ['record.created', 'record.deleted', 'manual', 'schedule', 'webhook.received']
  test.each(starts.flatMap((type) => back.map((operator) => [type, operator] as const)))(
    'on %s, %s is false and says why',
    (type, operator) => {
      const judged = judge('number', { field: 'x', operator, value: 2 }, { type, values: { x: 2 }, before: { x: 1 } })
      expect(judged.passed).toBe(false)
      expect(judged.why).toMatch(/no earlier value/)
    },
  )

  test.each(['webhook.body.x', 'steps.a.x', 'company.name', 'previous.x'])('%s has no earlier value', (field) => {
    const judged = judge('any', { field, operator: 'changed' }, { values: { [field]: 1 } })
    expect(judged.passed).toBe(false)
    expect(judged.why).toMatch(/own fields/)
  })
})

describe('what can’t be compared is false, and says why', () => {
  test.each<[Type, unknown, Operator, unknown, RegExp]>([
    ['number', 5, 'greater_than', 'many', /many is not a number/],
    ['number', 'text', 'greater_than', 1, /text is not a number/],
    ['date', '2026-01-01', 'less_than', 'soon', /soon is not a date/],
    ['any', 'text', 'greater_than', 1, /can’t be compared/],
    ['any', { a: 1 }, 'contains', 'a', /is not text/],
    ['text', 'a', 'contains', ['a'], /is not text/],
    ['text', 'a', 'contains', '', /empty/],
    ['text', 'a', 'in', 'a', /needs a list/],
    ['number', 5, 'between', 5, /list of two/],
  ])('%s %j %s %j', (type, actual, operator, expected, why) => {
    const judged = judge(type, { field: 'x', operator, value: expected }, { values: { x: actual } })
    expect(judged.passed).toBe(false)
    expect(judged.why).toMatch(why)
  })
})

describe('values with templates', () => {
  const amount: Rule = { field: 'amount', operator: 'greater_than', value: '{{record.limit}}' }

  test('are rendered on the scope, and the log shows what was expected', () => {
    const judged = judge('number', amount, { values: { amount: 40 }, scope: { record: { limit: 30 } } })
    expect(judged).toEqual({ field: 'amount', operator: 'greater_than', expected: 30, actual: 40, passed: true })
  })

  test('a missing name is named', () => {
    const judged = judge('number', amount, { values: { amount: 40 }, scope: { record: {} } })
    expect(judged.passed).toBe(false)
    expect(judged.why).toMatch(/record\.limit is empty/)
  })

  test('a template may give the list of in', () => {
    const rule: Rule = { field: 'status', operator: 'in', value: '{{steps.a.list}}' }
    const scope = { steps: { a: { list: ['new', 'old'] } } }
    expect(judge('status', rule, { values: { status: 'old' }, scope }).passed).toBe(true)
    expect(judge('status', rule, { values: { status: 'won' }, scope }).passed).toBe(false)
    expect(judge('status', rule, { values: { status: 'won' }, scope: { steps: { a: { list: 'won' } } } }).why).toMatch(
      /list/,
    )
  })

  test('items of a list may be templates', () => {
    const rule: Rule = { field: 'n', operator: 'between', value: ['{{record.min}}', 10] }
    expect(judge('number', rule, { values: { n: 5 }, scope: { record: { min: 4 } } })).toMatchObject({
      passed: true,
      expected: [4, 10],
    })
  })

  test('a rendered value is not rendered again', () => {
    const rule: Rule = { field: 'a', operator: 'equals', value: '{{record.b}}' }
    const scope = { record: { b: '{{record.c}}', c: 'secret' } }
    expect(judge('text', rule, { values: { a: '{{record.c}}' }, scope }).passed).toBe(true)
  })

  test('what the templates read is known beforehand', () => {
    const rules: Rule[] = [amount, { field: 'x', operator: 'in', value: ['{{previous.y}}'] }]
    const compiled = compileConditions({ match: 'any', rules }, () => 'any')
    expect(compiled.fields).toEqual(['amount', 'x'])
    expect(compiled.paths.map(({ root, path }) => [root, ...path].join('.'))).toEqual(['record.limit', 'previous.y'])
  })

  test('a bad expression is refused when it is compiled', () => {
    const group: Group = { match: 'all', rules: [{ field: 'x', operator: 'equals', value: '{{ 1 + }}' }] }
    expect(() => compileConditions(group, () => 'text')).toThrow()
  })
})

describe('groups', () => {
  const yes: Rule = { field: 'x', operator: 'equals', value: 'x' }
  const no: Rule = { field: 'x', operator: 'equals', value: 'y' }
  const group = (match: 'all' | 'any', ...rules: (Rule | Group)[]): Group => ({ match, rules })
  const evaluate = (given: Group) => compileConditions(given, () => 'text').evaluate(dataOf({ values: { x: 'x' } }))

  test.each<[string, Group, boolean]>([
    ['no rules, all', group('all'), true],
    ['no rules, any', group('any'), true],
    ['all of yes', group('all', yes, yes), true],
    ['all with one no', group('all', yes, no), false],
    ['any with one yes', group('any', no, yes), true],
    ['any of no', group('any', no, no), false],
    ['nested', group('all', yes, group('any', no, group('all', yes, yes))), true],
    ['nested no', group('any', no, group('all', yes, no)), false],
  ])('%s', (_, given, passed) => {
    expect(evaluate(given).passed).toBe(passed)
  })

  test('every rule is in the log, also after the decision', () => {
    const { rules } = evaluate(group('all', no, yes, group('any', yes, no)))
    expect(rules.length).toBe(3)
    expect(rules.map((rule) => rule.passed)).toEqual([false, true, true])
    expect('rules' in rules[2]! && rules[2].rules.map((rule) => rule.passed)).toEqual([true, false])
  })
})

test('a host that throws makes the rule false, never an exception', () => {
  const data: ConditionData = {
    type: 'record.updated',
    current: () => {
      throw new Error('no such record')
    },
    previous: () => null,
    scope: {},
  }
  const judged = compileConditions(
    { match: 'all', rules: [{ field: 'x', operator: 'is_empty' }] },
    () => 'text',
  ).evaluate(data)
  expect(judged.passed).toBe(false)
  expect((judged.rules[0] as RuleResult).why).toMatch(/no such record/)
})

test('operators without a value log none', () => {
  expect(judge('text', { field: 'x', operator: 'is_empty', value: 'left over' }, {})).toEqual({
    field: 'x',
    operator: 'is_empty',
    actual: null,
    passed: true,
  })
})
