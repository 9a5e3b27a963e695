import type { CallContext } from './evaluation.ts'
import { finite, mismatch, numberArg, type ExpressionFunction } from './function-spec.ts'
import { parseDate } from './dates.ts'
import { compare, isEmpty, isList, toNumber } from './values.ts'

const MAX_DIGITS = 15

/** Half away from zero, in decimal: 1.005 to two digits is 1.01, although its binary form lies just below. */
function roundTo(value: number, digits: number): number {
  const rounded = shifted(Math.round(shifted(Math.abs(value), digits)), -digits)
  return value < 0 ? -rounded : rounded
}

function shifted(value: number, digits: number): number {
  const [mantissa, exponent = '0'] = String(value).split('e')
  return Number(`${mantissa}e${Number(exponent) + digits}`)
}

function onNumber(
  name: string,
  description: string,
  example: string,
  change: (x: number) => number,
): ExpressionFunction {
  return {
    name,
    signature: `${name}(number)`,
    description,
    example,
    minArgs: 1,
    maxArgs: 1,
    call(args, context) {
      const value = numberArg(args, 0, context)
      return value === null ? null : finite(change(value), context)
    },
  }
}

const round: ExpressionFunction = {
  name: 'round',
  signature: 'round(number, digits = 0)',
  description:
    'The number with so many decimal places, half away from zero; negative digits round to tens, hundreds ….',
  example: 'round(2.345, 2)',
  minArgs: 1,
  maxArgs: 2,
  call(args, context) {
    const value = numberArg(args, 0, context)
    const digits = args.length > 1 ? (numberArg(args, 1, context) ?? 0) : 0
    if (value === null) return null
    return finite(roundTo(value, Math.max(-MAX_DIGITS, Math.min(MAX_DIGITS, Math.trunc(digits)))), context)
  },
}

const number: ExpressionFunction = {
  name: 'number',
  signature: 'number(value)',
  description: "The number that a text such as '12.5' stands for; true is 1 and false is 0.",
  example: "number('12.5')",
  minArgs: 1,
  maxArgs: 1,
  call(args, context) {
    if (typeof args[0] === 'boolean') return args[0] ? 1 : 0
    return numberArg(args, 0, context)
  },
}

/** The values of one list or of several arguments, without the empty ones. */
function valuesOf(args: readonly unknown[], context: CallContext): unknown[] {
  const values = args.length === 1 && isList(args[0]) ? args[0] : args
  context.spend(values.length)
  return values.filter((value) => !isEmpty(value))
}

/** `min` and `max` work on numbers and on dates. */
function extreme(name: 'min' | 'max', description: string, sign: 1 | -1): ExpressionFunction {
  return {
    name,
    signature: `${name}(list) or ${name}(a, b, …)`,
    description,
    example: `${name}(3, 1, 2)`,
    minArgs: 1,
    maxArgs: 100,
    call(args, context) {
      const values = valuesOf(args, context)
      const isDate = values.every((value) => typeof value === 'string' && parseDate(value) !== null)
      const comparable = isDate ? values : values.map(toNumber)
      if (comparable.includes(null)) {
        context.note(`${name} needs numbers or dates; one value is neither`)
        return null
      }
      return comparable.reduce((best: unknown, value) => {
        return best === null || sign * (compare(value, best) ?? 0) > 0 ? value : best
      }, null)
    },
  }
}

const sum: ExpressionFunction = {
  name: 'sum',
  signature: 'sum(list) or sum(a, b, …)',
  description: 'The sum of a list or of several numbers; empty values count as 0.',
  example: 'sum([1, 2, 3])',
  minArgs: 1,
  maxArgs: 100,
  call(args, context) {
    let total = 0
    for (const value of valuesOf(args, context)) {
      const addend = toNumber(value)
      if (addend === null) return mismatch(context, args.length === 1 ? 0 : args.indexOf(value), 'all numbers')
      total += addend
    }
    return finite(total, context)
  },
}

export const NUMBER_FUNCTIONS: readonly ExpressionFunction[] = [
  number,
  round,
  onNumber('floor', 'The next whole number below.', 'floor(2.7)', Math.floor),
  onNumber('ceil', 'The next whole number above.', 'ceil(2.1)', Math.ceil),
  onNumber('abs', 'The number without its sign.', 'abs(-3)', Math.abs),
  extreme('min', 'The smallest number or earliest date; empty values are left out.', -1),
  extreme('max', 'The largest number or latest date; empty values are left out.', 1),
  sum,
]
