import { type FieldType, type Group, isGroup, type Operator, operatorsFor, type Rule, valueShape } from '@kantos/model'
import type { NameEntry } from '../editor/names.ts'

/** The entry of a rule's field: the field itself, or the open one that its path continues (`webhook.body` of `webhook.body.x`). */
export function entryOf(field: string, names: readonly NameEntry[]): NameEntry | undefined {
  return (
    names.find(({ path }) => path === field) ??
    names.find(({ path, open }) => open === true && field.startsWith(`${path}.`))
  )
}

/** The type that a rule compares by. */
export function typeOfRule(rule: Rule, names: readonly NameEntry[]): FieldType | 'any' {
  const entry = entryOf(rule.field, names)
  return entry === undefined || entry.path !== rule.field ? 'any' : entry.type
}

/** A rule on another field: the operator stays when it fits, the value when the type stays. */
export function withField(rule: Rule, field: string, names: readonly NameEntry[]): Rule {
  const before = typeOfRule(rule, names)
  const type = typeOfRule({ ...rule, field }, names)
  const fitting = operatorsFor(type)
  const operator = fitting.includes(rule.operator) ? rule.operator : fitting[0]!
  const next: Rule = { field, operator }
  const sameKind = before === type && !['dropdown', 'status', 'multi_select', 'reference'].includes(type)
  if (sameKind && 'value' in rule && valueShape(operator) === valueShape(rule.operator)) next.value = rule.value
  return next
}

/** A rule with another operator, its value brought into the operator's shape. */
export function withOperator(rule: Rule, operator: Operator): Rule {
  const [before, after] = [valueShape(rule.operator), valueShape(operator)]
  const { value, ...rest } = rule
  if (after === 'none') return { ...rest, operator }
  if (before === after) return { ...rest, operator, ...('value' in rule ? { value } : {}) }
  const isEmpty = value === undefined || value === null || value === ''
  if (after === 'list') return { ...rest, operator, value: isEmpty ? [] : Array.isArray(value) ? value : [value] }
  if (after === 'range')
    return { ...rest, operator, value: Array.isArray(value) ? value.slice(0, 2) : [isEmpty ? null : value, null] }
  const one = Array.isArray(value) ? value[0] : value
  return one === undefined || one === null ? { ...rest, operator } : { ...rest, operator, value: one }
}

/** A group with one of its items replaced, or, with null, taken out. */
export function withItem(group: Group, index: number, item: Rule | Group | null): Group {
  const rules =
    item === null
      ? group.rules.filter((_, at) => at !== index)
      : group.rules.map((one, at) => (at === index ? item : one))
  return { ...group, rules }
}

/** A way's `if` as a group: one rule alone is a group of one. */
export function groupOf(given: Rule | Group | undefined): Group {
  if (given === undefined) return { match: 'all', rules: [] }
  return isGroup(given) ? given : { match: 'all', rules: [given] }
}
