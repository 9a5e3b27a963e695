import { z } from 'zod'
import { hasPlaceholder } from '../expressions/index.ts'
import type { FieldType } from '../field.ts'
import { isEmpty } from '../notation.ts'
import { OPERATORS, operatorsFor, valueShape } from './operators.ts'
import type { Operator } from './operators.ts'

/** One condition: a field path, an operator, and what is expected; text in `value` may hold templates. Source: SPEC.md, section 5 */
export interface Rule {
  field: string
  operator: Operator
  value?: unknown
}

/** Rules and groups, of which all or any must hold; without rules it holds. Source: SPEC.md, section 5 */
export interface Group {
  match: 'all' | 'any'
  rules: (Rule | Group)[]
}

/** How deep groups nest, the outermost being 1. Source: SPEC.md, section 5 */
export const GROUP_DEPTH_LIMIT = 10
/** Rules in a group, those of its inner groups included. */
export const RULE_LIMIT = 200
const FIELD_LIMIT = 500

interface Issue {
  path: (string | number)[]
  message: string
}
type Path = readonly (string | number)[]

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** True for a group, false for a rule; neither is checked further. */
export function isGroup(item: Rule | Group): item is Group {
  return 'rules' in item
}

function unknownKeys(given: Record<string, unknown>, known: readonly string[], path: Path): Issue[] {
  return Object.keys(given)
    .filter((key) => !known.includes(key))
    .map((key) => ({
      path: [...path, key],
      message: `unknown key; a ${known.length === 2 ? 'group' : 'rule'} has ${known.join(', ')}`,
    }))
}

function ruleIssues(given: unknown, path: Path): Issue[] {
  if (!isObject(given)) return [{ path: [...path], message: 'a rule is an object {field, operator, value?}' }]
  const issues = unknownKeys(given, ['field', 'operator', 'value'], path)
  const { field, operator } = given
  if (typeof field !== 'string' || field.trim() === '' || field.length > FIELD_LIMIT) {
    issues.push({ path: [...path, 'field'], message: 'a rule names the field it looks at' })
  }
  if (!OPERATORS.includes(operator as Operator)) {
    issues.push({ path: [...path, 'operator'], message: `unknown operator; there are ${OPERATORS.join(', ')}` })
  }
  return issues
}

function groupIssues(given: unknown): Issue[] {
  const issues: Issue[] = []
  let count = 0
  const visit = (item: unknown, path: Path, depth: number): void => {
    const group = isObject(item) && ('rules' in item || 'match' in item)
    if (depth > 1 && !group) {
      count++
      issues.push(...ruleIssues(item, path))
      return
    }
    if (!isObject(item)) {
      issues.push({ path: [...path], message: 'a group is an object {match, rules}' })
      return
    }
    if (depth > GROUP_DEPTH_LIMIT) {
      issues.push({ path: [...path], message: `groups nest up to ${GROUP_DEPTH_LIMIT} deep` })
      return
    }
    issues.push(...unknownKeys(item, ['match', 'rules'], path))
    if (item.match !== 'all' && item.match !== 'any') {
      issues.push({ path: [...path, 'match'], message: 'match is "all" or "any"' })
    }
    if (!Array.isArray(item.rules))
      issues.push({ path: [...path, 'rules'], message: 'rules is a list of rules and groups' })
    else if (item.rules.length > RULE_LIMIT) count = RULE_LIMIT + 1
    else item.rules.forEach((inner, index) => visit(inner, [...path, 'rules', index], depth + 1))
  }
  visit(given, [], 1)
  if (count > RULE_LIMIT)
    issues.push({ path: ['rules'], message: `a group has ${RULE_LIMIT} rules at most, inner groups included` })
  return issues.slice(0, 50)
}

const checkedBy = <T>(find: (given: unknown) => Issue[], description: string): z.ZodType<T> =>
  z
    .unknown()
    .superRefine((given, context) => {
      for (const { path, message } of find(given)) context.addIssue({ code: 'custom', path, message })
    })
    .meta({ description }) as unknown as z.ZodType<T>

/** A rule's shape; whether its operator fits the field is `ruleProblems`. Source: SPEC.md, section 5 */
export const ruleSchema = checkedBy<Rule>((given) => ruleIssues(given, []), 'A rule: {field, operator, value?}')

/** A group's shape: strict, 10 deep, 200 rules, and issues at the exact place. Source: SPEC.md, section 5 */
export const groupSchema = checkedBy<Group>(
  groupIssues,
  'A group of rules: {match: "all" | "any", rules: (Rule | Group)[]}',
)

/** Operators whose value may be empty: then emptiness is what is expected. */
const TAKES_EMPTY: ReadonlySet<Operator> = new Set(['equals', 'not_equals', 'changed_to', 'changed_from'])

/** A problem of one rule; `path` is `operator` or `value`. */
export interface RuleProblem {
  path: 'operator' | 'value'
  message: string
  hint?: string
}

/**
 * What is wrong with a well-shaped rule on a field of this type: an operator that doesn't fit, a value that is missing or of the
 * wrong shape. Templates are taken to give what is wanted.
 *
 * @returns an empty list when nothing is
 * Source: SPEC.md, section 3; SPEC-DETAILS.md, section 5
 */
export function ruleProblems(rule: Rule, type: FieldType | 'any'): RuleProblem[] {
  const fitting = operatorsFor(type)
  if (!fitting.includes(rule.operator)) {
    const message = `${rule.operator} doesn't fit ${rule.field}, a ${type} field`
    return [{ path: 'operator', message, hint: `one of: ${fitting.join(', ')}` }]
  }
  const shape = valueShape(rule.operator)
  const templated = typeof rule.value === 'string' && hasPlaceholder(rule.value)
  if (shape === 'none' || templated) return []
  if (shape === 'one' && isEmpty(rule.value) && !TAKES_EMPTY.has(rule.operator)) {
    return [{ path: 'value', message: `${rule.operator} needs a value` }]
  }
  if (shape === 'list' && !Array.isArray(rule.value)) {
    return [{ path: 'value', message: `${rule.operator} needs a list`, hint: 'for example ["new", "contacted"]' }]
  }
  if (shape === 'range' && !(Array.isArray(rule.value) && rule.value.length === 2)) {
    return [
      {
        path: 'value',
        message: 'between needs a list of two, the least and the greatest',
        hint: 'for example [10, 20]',
      },
    ]
  }
  return []
}
