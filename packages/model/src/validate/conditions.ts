import { GROUP_DEPTH_LIMIT, OPERATORS, RULE_LIMIT, ruleProblems } from '../conditions/index.ts'
import type { Operator, Rule } from '../conditions/index.ts'
import type { FieldType } from '../field.ts'
import { fieldBySlug, normalizeValue } from '../record.ts'
import { slugsOf } from '../record.ts'
import { fieldPath, nameProblem } from './names.ts'
import type { NameProblem, Names } from './names.ts'
import { isObject, kindOf, pointer, problem, unknownKeys } from './problems.ts'
import type { Findings } from './problems.ts'
import { hintFor } from './suggest.ts'
import { isTemplated, valueProblems } from './templates.ts'

const GROUP_EXAMPLE = '{"match": "all", "rules": [{"field": "status", "operator": "equals", "value": "new"}]}'
const HABITS: ReadonlyMap<string, Operator> = new Map([
  ['=', 'equals'],
  ['==', 'equals'],
  ['eq', 'equals'],
  ['is', 'equals'],
  ['!=', 'not_equals'],
  ['ne', 'not_equals'],
  ['>', 'greater_than'],
  ['gt', 'greater_than'],
  ['<', 'less_than'],
  ['lt', 'less_than'],
  ['>=', 'greater_or_equal'],
  ['gte', 'greater_or_equal'],
  ['<=', 'less_or_equal'],
  ['lte', 'less_or_equal'],
])

interface Walk extends Findings {
  readonly names: Names
  rules: number
}

/**
 * Checks conditions: their shape, the fields, the operators against the fields' types, the values' templates.
 * A value that no record can have is a warning, since the field's options may come later.
 *
 * @param given a group; with `ruleAllowed` also a single rule, as in a branch's `if`
 * Source: SPEC.md, section 5; SPEC-DETAILS.md, section 5
 */
export function checkConditions(
  given: unknown,
  path: string,
  names: Names,
  findings: Findings,
  ruleAllowed = false,
): void {
  const walk: Walk = { ...findings, names, rules: 0 }
  if (ruleAllowed && isObject(given) && !isGroupLike(given)) rule(given, path, walk)
  else group(given, path, walk, 1)
  if (walk.rules > RULE_LIMIT) findings.errors.push(problem(path, `too many rules: at most ${RULE_LIMIT}`))
}

function isGroupLike(given: Record<string, unknown>): boolean {
  return 'rules' in given || 'match' in given
}

function group(given: unknown, path: string, walk: Walk, depth: number): void {
  const { errors } = walk
  if (!isObject(given)) {
    errors.push(problem(path, `a group of rules is an object, not ${kindOf(given)}`, GROUP_EXAMPLE))
    return
  }
  if (depth > GROUP_DEPTH_LIMIT) {
    errors.push(problem(path, `groups are nested too deep: at most ${GROUP_DEPTH_LIMIT} levels`))
    return
  }
  errors.push(...unknownKeys(given, ['match', 'rules'], path))
  if (given['match'] !== 'all' && given['match'] !== 'any')
    errors.push(problem(pointer(path, 'match'), 'match is "all" or "any"', GROUP_EXAMPLE))
  const rules = given['rules']
  if (!Array.isArray(rules)) {
    errors.push(problem(pointer(path, 'rules'), `rules must be a list, not ${kindOf(rules)}`, GROUP_EXAMPLE))
    return
  }
  for (const [index, item] of rules.entries()) {
    if (walk.rules > RULE_LIMIT) return
    const place = pointer(path, 'rules', index)
    if (isObject(item) && isGroupLike(item)) group(item, place, walk, depth + 1)
    else rule(item, place, walk)
  }
}

function rule(given: unknown, path: string, walk: Walk): void {
  const { errors, names } = walk
  walk.rules += 1
  if (!isObject(given)) {
    errors.push(problem(path, `a rule is an object, not ${kindOf(given)}`, '{"field": …, "operator": …, "value": …}'))
    return
  }
  errors.push(...unknownKeys(given, ['field', 'operator', 'value'], path))
  const type = fieldOf(given['field'], pointer(path, 'field'), walk)
  const operator = given['operator']
  if (typeof operator !== 'string' || !(OPERATORS as readonly string[]).includes(operator)) {
    const message = operator === undefined ? 'operator is missing' : `there is no operator ${JSON.stringify(operator)}`
    const meant = typeof operator === 'string' ? HABITS.get(operator.toLowerCase()) : undefined
    const hint = meant === undefined ? hintFor(operator, OPERATORS) : `did you mean "${meant}"?`
    errors.push(problem(pointer(path, 'operator'), message, hint))
    return
  }
  errors.push(...valueProblems(given['value'], pointer(path, 'value'), { ...names, secrets: null }))
  if (type === null) return
  const found = ruleProblems(given as unknown as Rule, type)
  for (const { path: part, message, hint } of found) errors.push(problem(pointer(path, part), message, hint))
  if (found.length === 0) checkValue(given as unknown as Rule, type, path, walk)
}

function fieldOf(given: unknown, path: string, walk: Walk): FieldType | 'any' | null {
  if (typeof given !== 'string' || given === '') {
    walk.errors.push(problem(path, given === undefined ? 'field is missing' : 'field must be the name of a field'))
    return null
  }
  const found = ruleField(given, walk.names)
  if ('type' in found) return found.type
  walk.errors.push({ path, ...found.problem })
  return null
}

/** `created_at`, `previous.status`, `webhook.body.a.b`, `steps.find.count`, `item.email`, `company.name`. */
function ruleField(text: string, names: Names): { type: FieldType | 'any' } | { problem: NameProblem } {
  const parts = text.split('.')
  const [root, ...rest] = parts
  if (parts.includes('') || text !== text.trim())
    return { problem: { message: `${JSON.stringify(text)} is not the name of a field` } }
  const isField = names.object !== null && fieldBySlug(names.object, root!) !== undefined
  if (root === 'error' && rest.length > 0 && (names.error || !isField)) {
    const found = nameProblem({ root, path: rest }, names)
    return found === null ? { type: 'any' } : { problem: found }
  }
  if (!isField && (root === 'webhook' || root === 'steps' || root === 'item' || root === 'index')) {
    if (root === 'webhook' && rest.length === 0)
      return {
        problem: { message: 'webhook alone is no field', hint: 'webhook.body.<path> or webhook.headers.<name>' },
      }
    const bare = root === 'webhook' || root === 'steps' ? rest.map((part) => part.replace(/\[\d+\]$/, '')) : rest
    const found = nameProblem({ root, path: bare }, names)
    if (root === 'steps' && rest.length === 0)
      return { problem: { message: 'steps alone is no field', hint: 'steps.<key>.<path>' } }
    return found === null ? { type: 'any' } : { problem: found }
  }
  if (names.object === null)
    return {
      problem: {
        message: `there is no record here to read ${JSON.stringify(text)} from: the trigger names no object`,
        hint: names.webhook ? 'webhook.body.<path> reads what was sent' : 'choose an object in the trigger',
      },
    }
  if (!isField && root === 'record')
    return { problem: { message: 'rules name the field alone', hint: `write "${rest.join('.')}"` } }
  if (text.includes('{{'))
    return { problem: { message: 'a field is written without braces', hint: hintFor(text, slugsOf(names.object))! } }
  const path = !isField && root === 'previous' ? rest : parts
  if (path.length === 0) return { problem: { message: 'previous alone is no field', hint: 'previous.<field>' } }
  return fieldPath(path, names.object, names.objects)
}

/** Warns of values that no record's field can have. */
function checkValue(given: Rule, type: FieldType | 'any', path: string, walk: Walk): void {
  const { names, warnings, errors } = walk
  const wantsOne = !['is_empty', 'is_not_empty', 'changed', 'not_changed', 'increased', 'decreased'].includes(
    given.operator,
  )
  if (wantsOne && !('value' in given)) {
    errors.push(
      problem(pointer(path, 'value'), `${given.operator} needs a value`, 'is_empty and is_not_empty need none'),
    )
    return
  }
  if (!wantsOne || type === 'any' || names.object === null) return
  if (['contains', 'not_contains', 'starts_with', 'ends_with'].includes(given.operator) && type !== 'multi_select')
    return
  const parts = given.field.split('.')
  const slug = parts[0] === 'previous' && fieldBySlug(names.object, 'previous') === undefined ? parts[1] : parts[0]
  const field = fieldBySlug(names.object, slug ?? '')
  if (field === undefined || field.type !== type || parts.length > (slug === parts[0] ? 1 : 2)) return
  const many =
    Array.isArray(given.value) &&
    (given.operator === 'in' || given.operator === 'not_in' || given.operator === 'between')
  const values: [unknown, string][] = many
    ? (given.value as unknown[]).map((value, index) => [value, pointer(path, 'value', index)])
    : [[given.value, pointer(path, 'value')]]
  for (const [value, place] of values) {
    if (isTemplated(value)) continue
    const shaped = type === 'multi_select' && typeof value === 'string' && value !== '' ? [value] : value
    const fits = normalizeValue(field, shaped)
    const orDate =
      (type === 'date' || type === 'datetime') && 'error' in normalizeValue({ ...field, type: 'datetime' }, value)
    if ('error' in fits && (orDate || (type !== 'date' && type !== 'datetime')))
      warnings.push(problem(place, `${field.name} can never be this: ${fits.error}`, fits.hint))
  }
}
