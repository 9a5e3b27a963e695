import { compileTemplate, hasPlaceholder } from '../expressions/index.ts'
import type { PathUse, RenderOptions, Scope } from '../expressions/index.ts'
import type { FieldType } from '../field.ts'
import { changeTestFor, testFor } from './evaluate.ts'
import type { ChangeTest, Test, Verdict } from './evaluate.ts'
import { looksBack, valueShape } from './operators.ts'
import type { Operator } from './operators.ts'
import { isGroup } from './rule.ts'
import type { Group, Rule } from './rule.ts'

/** What conditions are evaluated on: the event's values, and the scope of templates in values. */
export interface ConditionData {
  /** the event's type, e.g. `record.created` */
  type: string
  /**
   * the value at a field path (`status`, `id`, `previous.x`, `webhook.body.y`, `company.name`); undefined when missing.
   * `ofEvent`: as the event left it, to be compared with the one before
   */
  current(path: string, ofEvent: boolean): unknown
  /** the value of a record's field before the event */
  previous(slug: string): unknown
  scope: Scope
  options?: RenderOptions
}

/** One rule in the log; `expected` is absent for operators without a value, `actual` is null when missing. */
export interface RuleResult {
  field: string
  operator: Operator
  expected?: unknown
  actual: unknown
  passed: boolean
  why?: string
}

/** A group in the log: every rule, also those after the decision. */
export interface GroupResult {
  match: 'all' | 'any'
  passed: boolean
  rules: (RuleResult | GroupResult)[]
}

/** Conditions ready to be evaluated any number of times. `fields` are the paths its rules look at, `paths` what its templates read. */
export interface CompiledConditions {
  evaluate(data: ConditionData): GroupResult
  readonly fields: readonly string[]
  readonly paths: PathUse[]
}

type EvaluateRule = (data: ConditionData) => RuleResult
type EvaluateGroup = (data: ConditionData) => GroupResult

/** An expected value that holds templates, and what it was missing when it was rendered. */
type RenderValue = (data: ConditionData, missing: string[]) => unknown

const LIST_DEPTH = 3

function renderer(value: unknown, paths: PathUse[], depth = 0): RenderValue | null {
  if (typeof value === 'string' && hasPlaceholder(value)) {
    const template = compileTemplate(value)
    paths.push(...template.paths)
    return (data, missing) => {
      const rendered = template.render(data.scope, data.options)
      if (rendered.missing.length > 0) missing.push(...rendered.missing)
      return rendered.value
    }
  }
  if (!Array.isArray(value) || depth === LIST_DEPTH) return null
  const items = value.map((item) => renderer(item, paths, depth + 1))
  if (items.every((item) => item === null)) return null
  return (data, missing) => items.map((item, index) => (item === null ? value[index] : item(data, missing)))
}

const NO_EARLIER_VALUE = 'there is no earlier value to compare with'
const hasEarlierValues = (type: string): boolean => type === 'record.updated' || type === 'field.changed'

type Judge = (data: ConditionData, actual: unknown) => Verdict

const NOT_UPDATED: Verdict = Object.freeze({ passed: false, why: NO_EARLIER_VALUE })
const NOT_A_FIELD: Verdict = Object.freeze({ passed: false, why: 'only the record’s own fields have an earlier value' })

function judgeWith(field: string, back: boolean, test: Test | ChangeTest): Judge {
  if (!back) return (_, actual) => (test as Test)(actual)
  if (field.includes('.')) return () => NOT_A_FIELD
  return (data, actual) =>
    hasEarlierValues(data.type) ? (test as ChangeTest)(actual, data.previous(field)) : NOT_UPDATED
}

function result(rule: Rule, actual: unknown, { passed, why }: Verdict): RuleResult {
  const { field, operator } = rule
  return why === undefined ? { field, operator, actual, passed } : { field, operator, actual, passed, why }
}

function comparison(rule: Rule, expected: unknown, actual: unknown, { passed, why }: Verdict): RuleResult {
  const { field, operator } = rule
  return why === undefined
    ? { field, operator, expected, actual, passed }
    : { field, operator, expected, actual, passed, why }
}

const failure = (error: unknown): Verdict => ({
  passed: false,
  why: `it could not be evaluated: ${error instanceof Error ? error.message : String(error)}`,
})

function compileConstant(rule: Rule, judge: Judge): EvaluateRule {
  const bare = valueShape(rule.operator) === 'none'
  const ofEvent = looksBack(rule.operator)
  const expected = rule.value ?? null
  return (data) => {
    let actual: unknown = null
    let judged: Verdict
    try {
      actual = data.current(rule.field, ofEvent) ?? null
      judged = judge(data, actual)
    } catch (error) {
      judged = failure(error)
    }
    return bare ? result(rule, actual, judged) : comparison(rule, expected, actual, judged)
  }
}

function compileTemplated(rule: Rule, render: RenderValue, judgeOf: (expected: unknown) => Judge): EvaluateRule {
  const ofEvent = looksBack(rule.operator)
  return (data) => {
    const missing: string[] = []
    let actual: unknown = null
    let expected: unknown = null
    let judged: Verdict
    try {
      actual = data.current(rule.field, ofEvent) ?? null
      expected = render(data, missing) ?? null
      judged = judgeOf(expected)(data, actual)
    } catch (error) {
      judged = failure(error)
    }
    if (!judged.passed && missing.length > 0) {
      judged = {
        passed: false,
        why: [...(judged.why === undefined ? [] : [judged.why]), `${missing.join(', ')} is empty`].join('; '),
      }
    }
    return comparison(rule, expected, actual, judged)
  }
}

/**
 * Makes conditions ready to be evaluated. Every rule is evaluated, without a short cut, and evaluating never throws: what can't be
 * compared is false with its why.
 *
 * @param group well-shaped (`groupSchema`); a group without rules passes
 * @param typeOf the type of a field path; 'any' for `webhook.…`, `steps.…`, `item.…` and unknown ones
 * @throws ExpressionError if a value's template can't be compiled
 * Source: SPEC.md, section 5; SPEC-DETAILS.md, section 5
 */
export function compileConditions(group: Group, typeOf: (fieldPath: string) => FieldType | 'any'): CompiledConditions {
  const fields = new Set<string>()
  const paths: PathUse[] = []

  const compileRule = (rule: Rule): EvaluateRule => {
    fields.add(rule.field)
    const back = looksBack(rule.operator)
    const prepare = (back ? changeTestFor : testFor)(typeOf(rule.field), rule.operator)
    const judgeOf = (expected: unknown): Judge => judgeWith(rule.field, back, prepare(expected))
    const render = valueShape(rule.operator) === 'none' ? null : renderer(rule.value, paths)
    return render === null ? compileConstant(rule, judgeOf(rule.value)) : compileTemplated(rule, render, judgeOf)
  }

  const compileGroup = ({ match, rules }: Group): EvaluateGroup => {
    const compiled = rules.map((item) => (isGroup(item) ? compileGroup(item) : compileRule(item)))
    const all = match === 'all'
    return (data) => {
      const results: (RuleResult | GroupResult)[] = []
      let passed = all || compiled.length === 0
      for (const evaluate of compiled) {
        const one = evaluate(data)
        results.push(one)
        if (one.passed !== all) passed = !all
      }
      return { match, passed, rules: results }
    }
  }

  const evaluate = compileGroup(group)
  return { evaluate, fields: [...fields], paths }
}
