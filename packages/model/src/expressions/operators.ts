import type { Evaluation } from './evaluation.ts'
import { finite } from './function-spec.ts'
import { MAX_LIST_LENGTH } from './limits.ts'
import type { BinaryOperator } from './syntax.ts'
import { compare, isList, looseEquals, toNumber, toText } from './values.ts'

/** How an operand is written, for remarks. */
export interface Operand {
  readonly name: string
}

/** Works on two evaluated operands; never throws but for limits. */
export type Operate = (a: unknown, b: unknown, left: Operand, right: Operand, evaluation: Evaluation) => unknown

function describe(value: unknown): string {
  if (isList(value)) return 'a list'
  return value === null
    ? 'empty'
    : typeof value === 'object'
      ? 'an object'
      : `a ${typeof value === 'string' ? 'text' : typeof value}`
}

/**
 * `+`. Numbers add; nothing counts as 0 with a number; if either side is text, both are joined as text (also numeric
 * text with a number: `'5' + 1` is `'51'`); a list and a list are joined.
 *
 * Source: SPEC.md, section 7; SPEC-DETAILS.md, section 7
 */
const add: Operate = (a, b, left, right, evaluation) => {
  if (typeof a === 'number' && typeof b === 'number') return finite(a + b, evaluation)
  if (typeof a === 'string' || typeof b === 'string') {
    if (a === null) evaluation.miss(left.name)
    if (b === null) evaluation.miss(right.name)
    evaluation.spendOnAll(a)
    evaluation.spendOnAll(b)
    const [before, after] = [toText(a), toText(b)]
    evaluation.reserve(before.length + after.length)
    return before + after
  }
  if (isList(a) || isList(b)) return joinLists(a, b, left, right, evaluation)
  return arithmetic('+', (x, y) => x + y, a, b, left, right, evaluation)
}

function joinLists(a: unknown, b: unknown, left: Operand, right: Operand, evaluation: Evaluation): unknown {
  const items = [a ?? [], b ?? []]
  if (!items.every(isList)) {
    evaluation.note(`${left.name} is ${describe(a)} and ${right.name} is ${describe(b)}: + gives null`)
    return null
  }
  const joined = items.flat()
  evaluation.spend(joined.length)
  if (joined.length <= MAX_LIST_LENGTH) return joined
  evaluation.note(`the list has more than ${MAX_LIST_LENGTH} items, counted as nothing`)
  return null
}

function arithmetic(
  sign: string,
  calculate: (x: number, y: number) => number,
  a: unknown,
  b: unknown,
  left: Operand,
  right: Operand,
  evaluation: Evaluation,
): number | null {
  if (a === null && b === null) return null
  const x = a === null ? 0 : toNumber(a)
  const y = b === null ? 0 : toNumber(b)
  if (x === null || y === null) {
    const [wrong, operand] = x === null ? [a, left] : [b, right]
    const hint = sign === '-' || sign === '+' ? dateHint(wrong) : ''
    evaluation.note(`${operand.name} is ${describe(wrong)}, not a number: ${sign} gives null${hint}`)
    return null
  }
  if (a === null) evaluation.note(`${left.name} is empty, counted as 0`)
  if (b === null) evaluation.note(`${right.name} is empty, counted as 0`)
  return finite(calculate(x, y), evaluation)
}

function dateHint(value: unknown): string {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\d/.test(value) ? '; use date_add or date_diff for dates' : ''
}

function divide(sign: '/' | '%'): Operate {
  return (a, b, left, right, evaluation) => {
    for (const [value, operand] of [
      [a, left],
      [b, right],
    ] as const) {
      if (value !== null) continue
      evaluation.note(`${operand.name} is empty: ${sign} gives null`)
      return null
    }
    if (toNumber(b) === 0) {
      evaluation.note('division by zero gives null')
      return null
    }
    return arithmetic(sign, sign === '/' ? (x, y) => x / y : (x, y) => x % y, a, b, left, right, evaluation)
  }
}

/** `<` and its kin: false, with a remark, when the two can't be compared. */
function order(sign: string, holds: (difference: number) => boolean): Operate {
  return (a, b, left, right, evaluation) => {
    const difference = compare(a, b)
    if (difference !== null) return holds(difference)
    const name = (value: unknown, operand: Operand): string => `${operand.name} is ${describe(value)}`
    evaluation.note(`${name(a, left)} and ${name(b, right)}: ${sign} can't compare them`)
    return false
  }
}

function equality(expected: boolean): Operate {
  return (a, b, _left, _right, evaluation) => {
    evaluation.spendOnAll(a)
    evaluation.spendOnAll(b)
    return looseEquals(a, b) === expected
  }
}

/** The operators that need both operands; `&&`, `||` and `??` decide by the first. */
export const OPERATORS: ReadonlyMap<BinaryOperator, Operate> = new Map<BinaryOperator, Operate>([
  ['+', add],
  ['-', (a, b, ...rest) => arithmetic('-', (x, y) => x - y, a, b, ...rest)],
  ['*', (a, b, ...rest) => arithmetic('*', (x, y) => x * y, a, b, ...rest)],
  ['/', divide('/')],
  ['%', divide('%')],
  ['==', equality(true)],
  ['!=', equality(false)],
  ['<', order('<', (difference) => difference < 0)],
  ['<=', order('<=', (difference) => difference <= 0)],
  ['>', order('>', (difference) => difference > 0)],
  ['>=', order('>=', (difference) => difference >= 0)],
])

/** `-x`, `+x`: a number or numeric text, else null with a remark. */
export function negate(value: unknown, sign: '-' | '+', operand: Operand, evaluation: Evaluation): number | null {
  if (value === null) return null
  const number = toNumber(value)
  if (number !== null) return sign === '-' ? 0 - number : number
  evaluation.note(`${operand.name} is ${describe(value)}, not a number: ${sign} gives null`)
  return null
}
