import type { Group } from '@kantos/model'
import { expect, test } from 'vitest'
import { ruleAt, worstRule } from './worst-rule.ts'

const rule = (field: string) => ({ field, operator: 'is_not_empty' as const })
const CONDITIONS: Group = {
  match: 'all',
  rules: [rule('email'), { match: 'any', rules: [rule('status'), rule('score')] }],
}
const said = (path: string, failed: number) => ({
  path,
  field: 'x',
  operator: 'is_not_empty',
  held: 10 - failed,
  failed,
})

test('a rule is found by its pointer, and isn’t there any more when the conditions were edited', () => {
  expect(ruleAt(CONDITIONS, '/conditions/rules/0')).toEqual(rule('email'))
  expect(ruleAt(CONDITIONS, '/conditions/rules/1/rules/1')).toEqual(rule('score'))
  expect(ruleAt(CONDITIONS, '/conditions/rules/1')).toBeNull()
  expect(ruleAt(CONDITIONS, '/conditions/rules/7')).toBeNull()
})

test('the rule that keeps the most out is one that must hold', () => {
  const rules = [said('/conditions/rules/0', 2), said('/conditions/rules/1/rules/1', 9)]
  expect(worstRule({ rules, skipped: 3 }, CONDITIONS)).toBe('/conditions/rules/0')
  // all got through, so that none kept anything out
  expect(worstRule({ rules: [said('/conditions/rules/1/rules/1', 9)], skipped: 0 }, CONDITIONS)).toBeNull()
  expect(worstRule({ rules, skipped: 0 }, CONDITIONS)).toBeNull()
  // the only rule needs no mark
  expect(worstRule({ rules: rules.slice(0, 1), skipped: 2 }, CONDITIONS)).toBeNull()
})
