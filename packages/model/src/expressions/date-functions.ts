import { formatDate, formatProblem, isZone } from './date-format.ts'
import { addToDate, dateDifference, formatIso, isUnit, parseDate, type ParsedDate } from './dates.ts'
import type { CallContext } from './evaluation.ts'
import { mismatch, numberArg, textArg, type ExpressionFunction } from './function-spec.ts'
import { isEmpty } from './values.ts'

type Literal = string | number | boolean | null

const UNITS = 'seconds, minutes, hours, days, weeks, months, quarters or years'

function dateArg(args: readonly unknown[], index: number, context: CallContext): ParsedDate | null {
  const value = args[index]
  if (isEmpty(value)) return null
  const date = typeof value === 'string' ? parseDate(value.trim()) : null
  return date ?? mismatch(context, index, 'a date (YYYY-MM-DD) or a datetime (ISO 8601)')
}

function unitArg(args: readonly unknown[], index: number, context: CallContext): string | null {
  const unit = textArg(args, index, context)
  return unit !== null && isUnit(unit) ? unit : mismatch(context, index, `a unit: ${UNITS}`)
}

function checkDate(literal: Literal): string | null {
  if (typeof literal === 'string' && (literal === '' || parseDate(literal.trim()) !== null)) return null
  return literal === null ? null : 'expected a date (YYYY-MM-DD) or a datetime (ISO 8601)'
}

function checkUnit(literal: Literal): string | null {
  return typeof literal === 'string' && isUnit(literal) ? null : `expected a unit: ${UNITS}`
}

const dateAdd: ExpressionFunction = {
  name: 'date_add',
  signature: 'date_add(date, n, unit)',
  description: `Adds ${UNITS} (negative: subtracts); a date gives a date, month ends clamp.`,
  example: "date_add('2026-01-31', 1, 'month')",
  minArgs: 3,
  maxArgs: 3,
  check(literal, index) {
    if (index === 0) return checkDate(literal)
    if (index === 2) return checkUnit(literal)
    return typeof literal === 'number' || typeof literal !== 'boolean' ? null : 'expected a number'
  },
  call(args, context) {
    const date = dateArg(args, 0, context)
    const amount = numberArg(args, 1, context)
    const unit = unitArg(args, 2, context)
    if (date === null || amount === null || unit === null) return null
    const ms = addToDate(date.ms, amount, unit)
    const text = ms === null ? null : formatIso(date.kind, ms)
    if (text === null) context.note('the date is outside the years 0 to 9999, counted as nothing')
    return text
  },
}

const dateDiff: ExpressionFunction = {
  name: 'date_diff',
  signature: "date_diff(a, b, unit = 'days')",
  description: 'Whole units from a to b, towards zero; negative when b is earlier.',
  example: "date_diff('2026-01-01', '2026-03-01')",
  minArgs: 2,
  maxArgs: 3,
  check: (literal, index) => (index === 2 ? checkUnit(literal) : checkDate(literal)),
  call(args, context) {
    const from = dateArg(args, 0, context)
    const to = dateArg(args, 1, context)
    const unit = args.length > 2 ? unitArg(args, 2, context) : 'days'
    if (from === null || to === null || unit === null) return null
    return dateDifference(from.ms, to.ms, unit)
  },
}

const dateFormat: ExpressionFunction = {
  name: 'date_format',
  signature: 'date_format(date, format, zone?)',
  description: 'Writes a date with Unicode tokens (yyyy MM dd EEEE MMMM HH mm ss a); the zone applies to datetimes.',
  example: "date_format('2026-01-31', 'd MMMM yyyy')",
  minArgs: 2,
  maxArgs: 3,
  check(literal, index) {
    if (index === 0) return checkDate(literal)
    if (typeof literal !== 'string') return index === 1 ? 'expected a format such as yyyy-MM-dd' : null
    if (index === 1) return formatProblem(literal)
    return isZone(literal) ? null : `${literal} is not a time zone; write one like Europe/Vienna`
  },
  call(args, context) {
    const date = dateArg(args, 0, context)
    const format = textArg(args, 1, context)
    if (date === null || format === null) return null
    const problem = formatProblem(format)
    if (problem !== null) {
      context.note(problem)
      return null
    }
    const zone = (args.length > 2 ? textArg(args, 2, context) : null) ?? context.timezone
    if (!isZone(zone)) return mismatch(context, 2, 'a time zone')
    context.reserve(format.length * 4)
    return formatDate(date.ms, format, date.kind === 'date' ? 'UTC' : zone)
  },
}

export const DATE_FUNCTIONS: readonly ExpressionFunction[] = [dateAdd, dateDiff, dateFormat]
