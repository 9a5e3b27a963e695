import { expect, test } from 'vitest'
import type { NameEntry } from '../editor/names.ts'
import { groupOf, typeOfRule, withField, withItem, withOperator } from './rules.ts'

const names: NameEntry[] = [
  { path: 'score', label: 'Score', type: 'number', section: '' },
  { path: 'value', label: 'Value', type: 'number', section: '' },
  { path: 'status', label: 'Status', type: 'status', section: '' },
  { path: 'webhook.body', label: 'Body', type: 'any', section: '', open: true },
]

test('a rule on a field of another type takes an operator that fits, and no old value', () => {
  expect(withField({ field: 'score', operator: 'greater_than', value: 5 }, 'status', names)).toEqual({
    field: 'status',
    operator: 'equals',
  })
})
test('a rule on a field of the same type keeps operator and value', () => {
  expect(withField({ field: 'score', operator: 'greater_than', value: 5 }, 'value', names)).toEqual({
    field: 'value',
    operator: 'greater_than',
    value: 5,
  })
})
test.each([
  ['equals', 'in', 'new', ['new']],
  ['in', 'equals', ['new', 'old'], 'new'],
  ['equals', 'between', 5, [5, null]],
  ['between', 'in', [1, 2], [1, 2]],
  ['equals', 'is_empty', 'new', undefined],
  ['in', 'equals', [], undefined],
  ['equals', 'not_equals', 'new', 'new'],
] as const)('from %s to %s, %j becomes %j', (from, to, value, wanted) => {
  expect(withOperator({ field: 'status', operator: from, value }, to)).toEqual({
    field: 'status',
    operator: to,
    ...(wanted === undefined ? {} : { value: wanted }),
  })
})
test('a path below an open name compares as any type', () => {
  expect(typeOfRule({ field: 'webhook.body.amount', operator: 'equals' }, names)).toBe('any')
  expect(typeOfRule({ field: 'score', operator: 'equals' }, names)).toBe('number')
})
test('items are replaced and taken out by their place', () => {
  const group = groupOf({ field: 'score', operator: 'is_empty' })
  expect(group.rules).toHaveLength(1)
  expect(withItem(group, 0, null).rules).toEqual([])
  expect(withItem(group, 0, { match: 'any', rules: [] }).rules).toEqual([{ match: 'any', rules: [] }])
})
