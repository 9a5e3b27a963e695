import { describe, expect, test } from 'vitest'
import { describeRule, groupSchema, ruleProblems, ruleSchema } from './index.ts'
import type { Group, Operator, Rule, RuleResult } from './index.ts'
import type { FieldType } from '../field.ts'

const rule: Rule = { field: 'status', operator: 'equals', value: 'new' }
const nested = (depth: number): Group => ({ match: 'all', rules: depth === 1 ? [rule] : [nested(depth - 1)] })
const paths = (given: unknown): string[] => {
  const parsed = groupSchema.safeParse(given)
  return parsed.success ? [] : parsed.error.issues.map((issue) => issue.path.join('/'))
}

describe('the shape of conditions', () => {
  test('a group of rules and groups is taken as it is', () => {
    const group = { match: 'all', rules: [rule, { match: 'any', rules: [] }, { field: 'a', operator: 'is_empty' }] }
    expect(groupSchema.parse(group)).toEqual(group)
    expect(ruleSchema.parse(rule)).toEqual(rule)
  })

  test.each<[unknown, string[]]>([
    [null, ['']],
    [[], ['']],
    ['all', ['']],
    [{}, ['match', 'rules']],
    [{ match: 'ALL', rules: [] }, ['match']],
    [{ match: 'all', rules: {} }, ['rules']],
    [{ match: 'all', rules: [], name: 'x' }, ['name']],
    [{ match: 'all', rules: [null] }, ['rules/0']],
    [{ match: 'all', rules: [[]] }, ['rules/0']],
    [{ match: 'all', rules: [{ operator: 'equals' }] }, ['rules/0/field']],
    [{ match: 'all', rules: [{ field: '', operator: 'equals' }] }, ['rules/0/field']],
    [{ match: 'all', rules: [{ field: 'a', operator: 'eq' }] }, ['rules/0/operator']],
    [{ match: 'all', rules: [{ field: 'a', operator: 'toString' }] }, ['rules/0/operator']],
    [{ match: 'all', rules: [{ field: 'a', operator: 'equals', values: [] }] }, ['rules/0/values']],
    [
      { match: 'all', rules: [rule, { match: 'any', rules: [{ field: 1, operator: 'in' }] }] },
      ['rules/1/rules/0/field'],
    ],
    [
      { match: 'all', rules: [{ ...rule, match: 'all', rules: [] }] },
      ['rules/0/field', 'rules/0/operator', 'rules/0/value'],
    ],
    [JSON.parse('{"match":"all","rules":[],"__proto__":{}}'), ['__proto__']],
  ])('%j has problems at %j', (given, expected) => {
    expect(paths(given)).toEqual(expected)
  })

  test('groups nest 10 deep and no deeper', () => {
    expect(paths(nested(10))).toEqual([])
    expect(paths(nested(11))).toEqual([Array(10).fill('rules/0').join('/')])
  })

  test('200 rules are taken and no more, inner groups included', () => {
    const rules = (n: number): Rule[] => Array.from({ length: n }, () => rule)
    expect(paths({ match: 'all', rules: rules(200) })).toEqual([])
    expect(paths({ match: 'all', rules: rules(201) })).toEqual(['rules'])
    expect(paths({ match: 'all', rules: [...rules(100), { match: 'any', rules: rules(101) }] })).toEqual(['rules'])
    expect(paths({ match: 'all', rules: rules(200_000) })).toEqual(['rules'])
  })

  test('a nesting of ten thousand groups is refused like any other', () => {
    let deep: unknown = rule
    for (let i = 0; i < 10_000; i++) deep = { match: 'all', rules: [deep] }
    expect(paths(deep).length).toBe(1)
  })
})

describe('a rule on a field of a type', () => {
  test.each<[FieldType | 'any', Operator, unknown, string | null]>([
    ['text', 'equals', 'a', null],
    ['text', 'equals', undefined, null],
    ['text', 'greater_than', 5, 'operator'],
    ['number', 'contains', '5', 'operator'],
    ['multi_select', 'changed_to', 'a', 'operator'],
    ['boolean', 'between', [0, 1], 'operator'],
    ['any', 'between', [0, 1], null],
    ['number', 'between', [0], 'value'],
    ['number', 'between', '{{record.range}}', null],
    ['number', 'greater_than', undefined, 'value'],
    ['number', 'greater_than', 0, null],
    ['text', 'contains', '', 'value'],
    ['text', 'in', 'new', 'value'],
    ['text', 'in', [], null],
    ['text', 'not_in', '{{steps.a.list}}', null],
    ['text', 'is_empty', undefined, null],
    ['status', 'changed_to', null, null],
    ['date', 'increased', undefined, null],
  ])('%s %s %j: %s', (type, operator, value, path) => {
    expect(ruleProblems({ field: 'x', operator, value }, type).map((problem) => problem.path)).toEqual(
      path === null ? [] : [path],
    )
  })
})

test.each<[RuleResult, string]>([
  [
    { field: 'amount', operator: 'greater_than', expected: 100, actual: 40, passed: false },
    'amount is 40, rule wants more than 100',
  ],
  [
    { field: 'status', operator: 'equals', expected: 'new', actual: null, passed: false },
    'status is empty, rule wants new',
  ],
  [
    { field: 'n', operator: 'between', expected: [1, 2], actual: 3, passed: false },
    'n is 3, rule wants between 1 and 2',
  ],
  [{ field: 's', operator: 'in', expected: ['a', 'b'], actual: 'c', passed: false }, 's is c, rule wants one of a, b'],
  [{ field: 's', operator: 'is_empty', actual: 'c', passed: false }, 's is c, rule wants it empty'],
  [
    { field: 'n', operator: 'less_than', expected: 'x', actual: 3, passed: false, why: 'x is not a number' },
    'n is 3, rule wants less than x: x is not a number',
  ],
])('%j reads as a sentence', (result, sentence) => {
  expect(describeRule(result)).toBe(sentence)
})
