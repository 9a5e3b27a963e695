import { looseEquals, toText } from '../expressions/index.ts'
import type { FieldType } from '../field.ts'
import { clip, isEmpty } from '../notation.ts'
import { kindOf, readText } from './kinds.ts'
import type { Kind } from './kinds.ts'
import type { Operator } from './operators.ts'

/** Whether a rule holds; `why` says what could not be compared. */
export interface Verdict {
  readonly passed: boolean
  readonly why?: string
}

/** A rule's question about a field's value, its expected value already read. */
export type Test = (actual: unknown) => Verdict
/** The same about the value now and the one before the event. */
export type ChangeTest = (current: unknown, previous: unknown) => Verdict

const PASSED: Verdict = Object.freeze({ passed: true })
const FAILED: Verdict = Object.freeze({ passed: false })
const verdict = (passed: boolean): Verdict => (passed ? PASSED : FAILED)
const failed = (why: string): Verdict => ({ passed: false, why })

/** A value inside a sentence: "empty", a short text, a number, a list's items. */
export function show(value: unknown): string {
  if (isEmpty(value)) return 'empty'
  return clip(toText(value), 80)
}

const mismatch = (value: unknown, kind: Kind): string => `${show(value)} is not ${kind.noun}`
const NOTHING_EXPECTED = 'the rule’s value is empty'

/** Equality is never impossible: values of different kinds are different, and `why` says so. */
function equals(kind: Kind, negated: boolean): (expected: unknown) => Test {
  const ifDifferent = verdict(negated)
  return (expected) => {
    if (isEmpty(expected)) return (actual) => verdict(isEmpty(actual) !== negated)
    const wanted = kind.read(expected)
    if (wanted === undefined) {
      const incomparable: Verdict = { passed: negated, why: mismatch(expected, kind) }
      return (actual) => (isEmpty(actual) ? ifDifferent : incomparable)
    }
    return (actual) => {
      if (isEmpty(actual)) return ifDifferent
      const value = kind.read(actual)
      if (value === undefined) return { passed: negated, why: mismatch(actual, kind) }
      return verdict(kind.same(value, wanted) !== negated)
    }
  }
}

function oneOf(kind: Kind, negated: boolean): (expected: unknown) => Test {
  const ifEmpty = verdict(negated)
  return (expected) => {
    if (!Array.isArray(expected)) {
      const noList = failed(`${negated ? 'not_in' : 'in'} needs a list, and got ${show(expected)}`)
      return (actual) => (isEmpty(actual) && negated ? PASSED : noList)
    }
    const wanted = expected
      .flat()
      .filter((item) => !isEmpty(item))
      .map((item) => kind.read(item))
      .filter((item) => item !== undefined)
    return (actual) => {
      if (isEmpty(actual)) return ifEmpty
      const value = kind.read(actual)
      if (value === undefined) return { passed: negated, why: mismatch(actual, kind) }
      return verdict(wanted.some((item) => kind.same(value, item)) !== negated)
    }
  }
}

/** `in` on a multi-select: any of its items is one of the list's. */
function anyOption(kind: Kind, negated: boolean): (expected: unknown) => Test {
  const ifEmpty = verdict(negated)
  return (expected) => {
    if (!Array.isArray(expected)) return oneOf(kind, negated)(expected)
    const wanted = new Set(expected.flat().map(readText))
    return (actual) => {
      if (isEmpty(actual)) return ifEmpty
      const items = kind.read(actual) as readonly string[] | undefined
      if (items === undefined) return { passed: negated, why: mismatch(actual, kind) }
      return verdict(items.some((item) => wanted.has(item)) !== negated)
    }
  }
}

/** `in` on a path without a type: a list counts by its items, as a multi-select does. */
function anyItem(kind: Kind, negated: boolean): (expected: unknown) => Test {
  const ofOne = oneOf(kind, false)
  return (expected) => {
    const test = oneOf(kind, negated)(expected)
    const itemTest = ofOne(expected)
    return (actual) => {
      if (!Array.isArray(actual) || actual.length === 0 || !Array.isArray(expected)) return test(actual)
      return verdict(actual.some((item) => itemTest(item).passed) !== negated)
    }
  }
}

type Substring = (text: string, part: string) => boolean

/** `contains`, `starts_with` and `ends_with` on text, ignoring case. What isn't text makes the rule false, negated or not. */
function substring(find: Substring, negated: boolean): (expected: unknown) => Test {
  const ifEmpty = verdict(negated)
  return (expected) => {
    const part = readText(expected)?.toLowerCase()
    if (part === undefined || part === '') {
      const why = isEmpty(expected) ? NOTHING_EXPECTED : `${show(expected)} is not text`
      return (actual) => (isEmpty(actual) ? ifEmpty : failed(why))
    }
    return (actual) => {
      if (isEmpty(actual)) return ifEmpty
      const text = readText(actual)
      return text === undefined
        ? failed(`${show(actual)} is not text`)
        : verdict(find(text.toLowerCase(), part) !== negated)
    }
  }
}

/** `contains` on a list: has the item, or all of the items. */
function has(negated: boolean, same: (a: unknown, b: unknown) => boolean): (expected: unknown) => Test {
  const ifEmpty = verdict(negated)
  return (expected) => {
    const wanted: unknown[] = Array.isArray(expected) ? expected.flat() : [expected]
    return (actual) => {
      if (isEmpty(actual)) return ifEmpty
      if (isEmpty(expected)) return failed(NOTHING_EXPECTED)
      const items: unknown[] = Array.isArray(actual) ? actual : [actual]
      return verdict(wanted.every((want) => items.some((item) => same(item, want))) !== negated)
    }
  }
}

const sameName = (a: unknown, b: unknown): boolean => readText(a) === readText(b)

function contains(type: FieldType | 'any', negated: boolean): (expected: unknown) => Test {
  if (type === 'multi_select') return has(negated, sameName)
  const inText = substring((text, part) => text.includes(part), negated)
  if (type !== 'any') return inText
  const inList = has(negated, looseEquals)
  return (expected) => {
    const textTest = inText(expected)
    const listTest = inList(expected)
    return (actual) => (Array.isArray(actual) ? listTest(actual) : textTest(actual))
  }
}

const noOrder = (actual: unknown, expected: unknown): Verdict =>
  failed(`${show(actual)} can’t be compared with ${show(expected)}`)

function ordered(kind: Kind, holds: (order: number) => boolean): (expected: unknown) => Test {
  return (expected) => {
    const wanted = isEmpty(expected) ? undefined : kind.read(expected)
    if (wanted === undefined) {
      const incomparable = failed(isEmpty(expected) ? NOTHING_EXPECTED : mismatch(expected, kind))
      return (actual) => (isEmpty(actual) ? FAILED : incomparable)
    }
    return (actual) => {
      if (isEmpty(actual)) return FAILED
      const value = kind.read(actual)
      if (value === undefined) return failed(mismatch(actual, kind))
      const order = kind.order?.(value, wanted) ?? Number.NaN
      return Number.isNaN(order) ? noOrder(actual, expected) : verdict(holds(order))
    }
  }
}

function between(kind: Kind): (expected: unknown) => Test {
  const atLeast = ordered(kind, (order) => order >= 0)
  const atMost = ordered(kind, (order) => order <= 0)
  return (expected) => {
    if (!Array.isArray(expected) || expected.length !== 2) {
      const noRange = failed(`between needs a list of two, and got ${show(expected)}`)
      return (actual) => (isEmpty(actual) ? FAILED : noRange)
    }
    const above = atLeast(expected[0])
    const below = atMost(expected[1])
    return (actual) => {
      const first = above(actual)
      return first.passed ? below(actual) : first
    }
  }
}

/** The test of an operator that looks at one value; `expected` is read once, however many values are tested. */
export function testFor(type: FieldType | 'any', operator: Operator): (expected: unknown) => Test {
  const kind = kindOf(type)
  const list = type === 'multi_select' ? anyOption : type === 'any' ? anyItem : oneOf
  switch (operator) {
    case 'equals':
      return equals(kind, false)
    case 'not_equals':
      return equals(kind, true)
    case 'contains':
      return contains(type, false)
    case 'not_contains':
      return contains(type, true)
    case 'starts_with':
      return substring((text, part) => text.startsWith(part), false)
    case 'ends_with':
      return substring((text, part) => text.endsWith(part), false)
    case 'is_empty':
      return () => (actual) => verdict(isEmpty(actual))
    case 'is_not_empty':
      return () => (actual) => verdict(!isEmpty(actual))
    case 'greater_than':
      return ordered(kind, (order) => order > 0)
    case 'less_than':
      return ordered(kind, (order) => order < 0)
    case 'greater_or_equal':
      return ordered(kind, (order) => order >= 0)
    case 'less_or_equal':
      return ordered(kind, (order) => order <= 0)
    case 'between':
      return between(kind)
    case 'in':
      return list(kind, false)
    case 'not_in':
      return list(kind, true)
    default:
      return () => () => failed(`${operator} compares with an earlier value`)
  }
}

function differ(kind: Kind, current: unknown, previous: unknown): boolean {
  if (isEmpty(current) || isEmpty(previous)) return isEmpty(current) !== isEmpty(previous)
  const now = kind.read(current)
  const before = kind.read(previous)
  return now === undefined || before === undefined ? !looseEquals(current, previous) : !kind.same(now, before)
}

function moved(kind: Kind, holds: (order: number) => boolean): ChangeTest {
  return (current, previous) => {
    if (isEmpty(previous)) return failed('it was empty before')
    if (isEmpty(current)) return failed('it is empty now')
    return ordered(kind, holds)(previous)(current)
  }
}

/** Whether a value is the expected one; a list expects any of its items, an empty one emptiness. */
function matches(type: FieldType | 'any', expected: unknown): Test {
  const wanted = Array.isArray(expected) && expected.length > 0 ? expected : [expected]
  const tests = wanted.map(equals(kindOf(type), false))
  return (actual) => {
    let last = FAILED
    for (const test of tests) {
      last = test(actual)
      if (last.passed) break
    }
    return last
  }
}

/** The test of an operator that compares with the value before the event. */
export function changeTestFor(type: FieldType | 'any', operator: Operator): (expected: unknown) => ChangeTest {
  const kind = kindOf(type)
  switch (operator) {
    case 'changed':
      return () => (current, previous) => verdict(differ(kind, current, previous))
    case 'not_changed':
      return () => (current, previous) => verdict(!differ(kind, current, previous))
    case 'changed_to':
      return (expected) => {
        const reached = matches(type, expected)
        return (current, previous) => (differ(kind, current, previous) ? reached(current) : FAILED)
      }
    case 'changed_from':
      return (expected) => {
        const left = matches(type, expected)
        return (current, previous) => (differ(kind, current, previous) ? left(previous) : FAILED)
      }
    case 'increased':
      return () => moved(kind, (order) => order > 0)
    case 'decreased':
      return () => moved(kind, (order) => order < 0)
    default:
      return () => () => failed(`${operator} doesn’t compare with an earlier value`)
  }
}
