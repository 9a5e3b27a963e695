import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FIELD_TYPES } from '../field.ts'
import type { FieldType } from '../field.ts'
import { compileConditions, describeRule, groupSchema, OPERATORS, operatorsFor } from './index.ts'
import type { Group, GroupResult, Operator, Rule, RuleResult } from './index.ts'

const types = fc.constantFrom<FieldType | 'any'>(...FIELD_TYPES, 'any')
/** Whether a text in it opens a placeholder: what can't be compiled is refused when an automation is saved, and never judged. */
const opens = (given: unknown): boolean => JSON.stringify(given).includes('{{')
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }).filter((given) => !opens(given)),
  fc.constantFrom('{{record.name}}', '{{nothing.there}}', '{{[1, "new"]}}'),
  fc.constantFrom('5', '2026-01-01', '2026-01-01T10:00:00Z', 'true', 'new', '', 0, 5, 6, false, null),
  fc.array(fc.constantFrom('a', 'b', 5, '2026-01-01'), { maxLength: 3 }),
)
const rule: fc.Arbitrary<Rule> = fc.record({
  field: fc.constantFrom('a', 'b', 'webhook.body.x', 'previous.a'),
  operator: fc.constantFrom(...OPERATORS),
  value,
})
const group: fc.Arbitrary<Group> = fc.letrec<{ group: Group; item: Rule | Group }>((tie) => ({
  group: fc.record({
    match: fc.constantFrom('all' as const, 'any' as const),
    rules: fc.array(tie('item'), { maxLength: 4 }),
  }),
  item: fc.oneof({ maxDepth: 3 }, rule, tie('group')),
})).group
const values = fc.dictionary(fc.constantFrom('a', 'b', 'webhook.body.x', 'previous.a'), value)

const SCOPE = { record: { name: 'new' } }

function judge(type: FieldType | 'any', operator: Operator, actual: unknown, expected: unknown): RuleResult {
  const compiled = compileConditions({ match: 'all', rules: [{ field: 'x', operator, value: expected }] }, () => type)
  const data = { type: 'record.updated', current: () => actual, previous: () => null, scope: SCOPE }
  return compiled.evaluate(data).rules[0] as RuleResult
}

function recount(result: GroupResult): boolean {
  if (result.rules.length === 0) return true
  const passed = result.rules.map((inner) => ('rules' in inner ? recount(inner) : inner.passed))
  return result.match === 'all' ? passed.every(Boolean) : passed.some(Boolean)
}

const countRules = (result: GroupResult | Group): number =>
  (result.rules as (GroupResult | RuleResult | Group | Rule)[]).reduce(
    (sum, inner) => sum + ('rules' in inner ? countRules(inner) : 1),
    0,
  )

test('whatever the rules and values are, every rule is judged and described, and the group follows from them', () => {
  fc.assert(
    fc.property(group, types, values, values, (given, type, now, before) => {
      expect(groupSchema.safeParse(given).success).toBe(true)
      const result = compileConditions(given, () => type).evaluate({
        type: 'record.updated',
        current: (path) => now[path],
        previous: (slug) => before[slug],
        scope: SCOPE,
      })
      expect(result.passed).toBe(recount(result))
      expect(countRules(result)).toBe(countRules(given))
      const visit = (inner: RuleResult | GroupResult): void => {
        if ('rules' in inner) inner.rules.forEach(visit)
        else expect(describeRule(inner)).toMatch(/rule wants/)
      }
      visit(result)
    }),
  )
})

test('not_equals is the opposite of equals', () => {
  fc.assert(
    fc.property(types, value, value, (type, actual, expected) => {
      expect(judge(type, 'not_equals', actual, expected).passed).toBe(!judge(type, 'equals', actual, expected).passed)
    }),
  )
})

test('not_in is the opposite of in, for every list', () => {
  fc.assert(
    fc.property(types, value, fc.array(value), (type, actual, expected) => {
      expect(judge(type, 'not_in', actual, expected).passed).toBe(!judge(type, 'in', actual, expected).passed)
    }),
  )
})

test('in a list of one is equals, where values are single', () => {
  const single = fc.constantFrom<FieldType>(...FIELD_TYPES.filter((type) => type !== 'multi_select'))
  const scalar = fc.oneof(
    fc.string({ minLength: 1 }).filter((given) => !opens(given)),
    fc.double({ noNaN: true }),
    fc.boolean(),
  )
  fc.assert(
    fc.property(single, scalar, scalar, (type, actual, expected) => {
      expect(judge(type, 'in', actual, [expected]).passed).toBe(judge(type, 'equals', actual, expected).passed)
    }),
  )
})

test('numbers have exactly one order, as text or as numbers', () => {
  const number = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }))
  fc.assert(
    fc.property(number, number, fc.boolean(), (a, b, asText) => {
      const expected = asText ? String(b) : b
      const holding = (['less_than', 'equals', 'greater_than'] as const).filter(
        (operator) => judge('number', operator, a, expected).passed,
      )
      expect(holding.length).toBe(1)
      expect(judge('number', 'less_or_equal', a, expected).passed).toBe(holding[0] !== 'greater_than')
      expect(judge('number', 'greater_or_equal', a, expected).passed).toBe(holding[0] !== 'less_than')
    }),
  )
})

test('a false rule that could not be compared says why, in every type', () => {
  fc.assert(
    fc.property(types, (type) => {
      for (const operator of operatorsFor(type).filter((name) => name.includes('than') || name.includes('or_equal'))) {
        expect(judge(type, operator, 'text', 5).why).toBeDefined()
      }
    }),
  )
})
