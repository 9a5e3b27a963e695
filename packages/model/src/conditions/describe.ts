import type { RuleResult } from './compile.ts'
import { show } from './evaluate.ts'
import type { Operator } from './operators.ts'

const WANTED: Record<Operator, (expected: string) => string> = {
  equals: (expected) => expected,
  not_equals: (expected) => `anything but ${expected}`,
  contains: (expected) => `${expected} in it`,
  not_contains: (expected) => `no ${expected} in it`,
  starts_with: (expected) => `it to start with ${expected}`,
  ends_with: (expected) => `it to end with ${expected}`,
  is_empty: () => 'it empty',
  is_not_empty: () => 'any value',
  greater_than: (expected) => `more than ${expected}`,
  less_than: (expected) => `less than ${expected}`,
  greater_or_equal: (expected) => `at least ${expected}`,
  less_or_equal: (expected) => `at most ${expected}`,
  between: (expected) => `between ${expected}`,
  in: (expected) => `one of ${expected}`,
  not_in: (expected) => `none of ${expected}`,
  changed: () => 'a change',
  not_changed: () => 'no change',
  changed_to: (expected) => `a change to ${expected}`,
  changed_from: (expected) => `a change from ${expected}`,
  increased: () => 'an increase',
  decreased: () => 'a decrease',
}

function expectedWords({ operator, expected }: RuleResult): string {
  if (operator === 'between' && Array.isArray(expected)) return expected.map(show).join(' and ')
  return show(expected)
}

/**
 * One rule of the log as a sentence: `amount is 40, rule wants more than 100`.
 * Source: SPEC.md, sections 5 and 9
 */
export function describeRule(rule: RuleResult): string {
  const sentence = `${rule.field} is ${show(rule.actual)}, rule wants ${WANTED[rule.operator](expectedWords(rule))}`
  return rule.why === undefined ? sentence : `${sentence}: ${rule.why}`
}
