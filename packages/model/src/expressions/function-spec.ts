import type { CallContext } from './evaluation.ts'
import { isList, isPlainObject, toNumber, toText } from './values.ts'

/** A function of the expression language; the editor completes from these. Source: SPEC.md, section 7 */
export interface ExpressionFunction {
  readonly name: string
  /** `date_add(date, n, unit)` */
  readonly signature: string
  /** One sentence. */
  readonly description: string
  /** An expression that works by itself. */
  readonly example: string
  readonly minArgs: number
  readonly maxArgs: number
  /** What is wrong with an argument that is written out as a literal, told when compiling. */
  check?(literal: string | number | boolean | null, index: number): string | null
  /** Never throws for data reasons: what doesn't fit gives null and a remark. */
  call(args: readonly unknown[], context: CallContext): unknown
}

/** Remarks that an argument doesn't fit; the function then gives null. */
export function mismatch(context: CallContext, index: number, expected: string): null {
  context.note(`${context.argNames[index] ?? 'the value'} is not ${expected}`)
  return null
}

/** An argument as text; null when it is missing, or when it is a list or an object (with a remark). */
export function textArg(args: readonly unknown[], index: number, context: CallContext): string | null {
  const value = args[index]
  if (value === null || value === undefined) return null
  if (isList(value) || isPlainObject(value)) return mismatch(context, index, 'text')
  return toText(value)
}

/** An argument as a number, numeric text included; null when missing or (with a remark) when it isn't one. */
export function numberArg(args: readonly unknown[], index: number, context: CallContext): number | null {
  const value = args[index]
  if (value === null || value === undefined || value === '') return null
  return toNumber(value) ?? mismatch(context, index, 'a number')
}

/** Keeps results JSON: what isn't a finite number becomes null with a remark. */
export function finite(value: number, context: CallContext): number | null {
  if (Number.isFinite(value)) return value + 0
  context.note('the number is too large, counted as nothing')
  return null
}

/** Characters as people count them: an emoji is one, never half of one. */
export function characters(text: string): readonly string[] {
  return /[\ud800-\udfff]/.test(text) ? Array.from(text) : text.split('')
}
