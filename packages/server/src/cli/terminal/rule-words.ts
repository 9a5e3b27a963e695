import { type GroupResult, OPERATOR_LABELS, type RuleResult } from '@kantos/model'
import { clean } from './paint.ts'
import { valueWords } from './value-words.ts'

/** One rule or group as it reads aloud: `status is new`, `any of: a is 1, b is 2`. */
export function ruleWords(rule: RuleResult | GroupResult): string {
  if ('rules' in rule) return `${rule.match} of: ${rule.rules.map(ruleWords).join(', ')}`
  const expected = rule.expected === undefined ? '' : ` ${expectedWords(rule)}`
  return `${clean(rule.field)} ${OPERATOR_LABELS[rule.operator]}${expected}`
}

/** What the record had, where the rule's words don't say it. */
export function actualWords(rule: RuleResult): string {
  if (rule.why !== undefined) return clean(rule.why, 100)
  if (rule.passed && (rule.operator === 'equals' || rule.actual === null)) return ''
  return rule.passed ? valueWords(rule.actual) : `it is ${rule.actual === null ? 'empty' : valueWords(rule.actual)}`
}

function expectedWords({ operator, expected }: RuleResult): string {
  if (operator === 'between' && Array.isArray(expected)) return expected.map((end) => valueWords(end)).join(' and ')
  return valueWords(expected)
}
