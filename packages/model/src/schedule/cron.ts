import { daysInMonth } from '../notation.ts'

/** A parsed cron line of five fields. Lists are sorted, without doubles; `weekdays` has Sunday as 0. */
export interface Cron {
  readonly source: string
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
  readonly days: readonly number[]
  readonly months: readonly number[]
  readonly weekdays: readonly number[]
  /** false when the day field is `*`; with both day fields given, either is enough */
  readonly daysGiven: boolean
  readonly weekdaysGiven: boolean
  /** the hour is `*` or a step: runs in every real hour, also in both of a repeated one */
  readonly everyRealHour: boolean
}

export type ParsedCron = { ok: true; cron: Cron } | { ok: false; error: string; column?: number }

const MACROS: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
])

interface FieldSpec {
  readonly noun: string
  readonly min: number
  readonly max: number
  readonly names: readonly string[]
}

const MONTH_NAMES = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const WEEKDAY_NAMES = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const FIELDS: readonly FieldSpec[] = [
  { noun: 'minute', min: 0, max: 59, names: [] },
  { noun: 'hour', min: 0, max: 23, names: [] },
  { noun: 'day of the month', min: 1, max: 31, names: [] },
  { noun: 'month', min: 1, max: 12, names: MONTH_NAMES },
  { noun: 'day of the week', min: 0, max: 7, names: WEEKDAY_NAMES },
]
const LENGTH_LIMIT = 500

/** What stops the parsing; caught in `parseCron`, so it never leaves this file. */
class CronProblem extends Error {
  readonly column: number | undefined
  constructor(message: string, column?: number) {
    super(message)
    this.column = column
  }
}

function valueOf(text: string, spec: FieldSpec, column: number): number {
  const name = spec.names.indexOf(text.toLowerCase())
  if (name >= 0) return name + spec.min
  if (!/^\d{1,2}$/.test(text)) {
    const names = spec.names.length === 0 ? '' : `, or ${spec.names[0]} to ${spec.names.at(-1)}`
    throw new CronProblem(`the ${spec.noun} is ${spec.min} to ${spec.max}${names}; "${text}" is neither`, column)
  }
  const value = Number(text)
  if (value >= spec.min && value <= spec.max) return value
  throw new CronProblem(`the ${spec.noun} is ${spec.min} to ${spec.max}, not ${text}`, column)
}

/** The last value that a base without an end of its own reaches by steps; Sunday isn't counted twice. */
const lastOf = (spec: FieldSpec): number => (spec.max === 7 ? 6 : spec.max)

function rangeOf(text: string, spec: FieldSpec, column: number): [number, number] {
  if (text === '*' || text === '?') return [spec.min, lastOf(spec)]
  const dash = text.indexOf('-')
  if (dash < 0) {
    const value = valueOf(text, spec, column)
    return [value, value]
  }
  const from = valueOf(text.slice(0, dash), spec, column)
  const last = text.slice(dash + 1)
  let to = valueOf(last, spec, column + dash + 1)
  if (spec.max === 7 && to === 0 && from > 0) to = 7
  if (from > to) throw new CronProblem(`the range ${text} runs backwards`, column)
  return [from, to]
}

function stepOf(text: string, column: number): number {
  const step = /^\d{1,2}$/.test(text) ? Number(text) : 0
  if (step === 0) throw new CronProblem(`a step is a whole number from 1, not "${text}"`, column)
  return step
}

function addItem(item: string, spec: FieldSpec, column: number, values: Set<number>): void {
  const slash = item.indexOf('/')
  const base = slash < 0 ? item : item.slice(0, slash)
  const step = slash < 0 ? 1 : stepOf(item.slice(slash + 1), column + slash + 1)
  const [from, last] = rangeOf(base, spec, column)
  const to = slash >= 0 && !base.includes('-') ? Math.max(from, lastOf(spec)) : last
  for (let value = from; value <= to; value += step) values.add(spec.max === 7 ? value % 7 : value)
}

function parseField(text: string, spec: FieldSpec, column: number): number[] {
  const values = new Set<number>()
  let at = column
  for (const item of text.split(',')) {
    if (item === '') throw new CronProblem(`the ${spec.noun} has an empty item in its list`, at)
    addItem(item, spec, at, values)
    at += item.length + 1
  }
  return [...values].sort((a, b) => a - b)
}

function fieldsOf(text: string): { text: string; column: number }[] {
  return [...text.matchAll(/\S+/g)].map((match) => ({ text: match[0], column: match.index + 1 }))
}

function parse(source: string): Cron {
  if (source.length > LENGTH_LIMIT) throw new CronProblem(`a cron line has ${LENGTH_LIMIT} characters at most`)
  let line = source
  const word = source.trim().toLowerCase()
  if (word.startsWith('@')) {
    const macro = MACROS.get(word)
    if (macro === undefined)
      throw new CronProblem(`${word} isn't known; there are ${[...MACROS.keys()].join(', ')}`, source.indexOf('@') + 1)
    line = macro
  }
  const fields = fieldsOf(line)
  if (fields.length !== 5) {
    const why = fields.length > 5 ? '; seconds and years can’t be given' : ''
    throw new CronProblem(
      `a cron line has 5 fields (minute, hour, day, month, weekday), not ${fields.length}${why}`,
      fields[5]?.column,
    )
  }
  const [minutes, hours, days, months, weekdays] = fields.map(({ text, column }, index) =>
    parseField(text, FIELDS[index]!, column),
  )
  const isOpen = (index: number): boolean => fields[index]!.text === '*' || fields[index]!.text === '?'
  const cron: Cron = {
    source: source.trim(),
    minutes: minutes!,
    hours: hours!,
    days: days!,
    months: months!,
    weekdays: weekdays!,
    daysGiven: !isOpen(2),
    weekdaysGiven: !isOpen(4),
    everyRealHour: hours!.length === 24 || fields[1]!.text.includes('/'),
  }
  const possible = cron.weekdaysGiven || cron.months.some((month) => cron.days[0]! <= daysInMonth(2000, month))
  if (!possible) throw new CronProblem('this never runs: none of its months has such a day', fields[2]!.column)
  return cron
}

/**
 * Reads a cron line: five fields, lists, ranges, steps, names of months and weekdays, 7 as Sunday, `@daily` and the like. Seconds are
 * refused, and so is a line that never runs.
 *
 * @returns the cron, or a sentence and the column (from 1) where the line is wrong
 * Source: SPEC.md, section 4; SPEC-DETAILS.md, section 4
 */
export function parseCron(text: string): ParsedCron {
  try {
    return { ok: true, cron: parse(text) }
  } catch (problem) {
    if (!(problem instanceof CronProblem)) throw problem
    const { message, column } = problem
    return column === undefined ? { ok: false, error: message } : { ok: false, error: message, column }
  }
}
