/** A date (`YYYY-MM-DD`, its midnight in UTC) or a datetime, as milliseconds since 1970 UTC. */
export interface ParsedDate {
  readonly kind: 'date' | 'datetime'
  readonly ms: number
}

const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:(Z)|([+-])(\d\d):?(\d\d)?)?)?$/i

/** Milliseconds of the units of fixed length; a day is 24 hours. */
const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['millisecond', 1],
  ['second', 1000],
  ['minute', 60_000],
  ['hour', 3_600_000],
  ['day', 86_400_000],
  ['week', 604_800_000],
])
const UNIT_MONTHS: ReadonlyMap<string, number> = new Map([
  ['month', 1],
  ['quarter', 3],
  ['year', 12],
])

const FIRST_MS = utc(0, 0, 1)
const LAST_MS = utc(10_000, 0, 1) - 1

/** Like Date.UTC, but year 50 is the year 50. */
function utc(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month, day)
}

/**
 * Reads an ISO 8601 date or datetime; a datetime without a zone is UTC.
 *
 * @returns null for anything else, also for days that don't exist (2026-02-30)
 * Source: SPEC-DETAILS.md, sections 2 and 7
 */
export function parseDate(text: string): ParsedDate | null {
  if (text.length < 10 || text.charCodeAt(4) !== 45) return null
  const match = ISO.exec(text)
  if (match === null) return null
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month - 1)) return null
  const midnight = utc(year, month - 1, day)
  if (match[4] === undefined) return { kind: 'date', ms: midnight }
  const [hour, minute, second] = [Number(match[4]), Number(match[5]), Number(match[6] ?? 0)]
  const [offsetHours, offsetMinutes] = [Number(match[10] ?? 0), Number(match[11] ?? 0)]
  if (hour > 23 || minute > 59 || second > 59 || offsetHours > 23 || offsetMinutes > 59) return null
  const fraction = Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'))
  const offset = (match[9] === '-' ? -1 : 1) * (offsetHours * 60 + offsetMinutes) * 60_000
  const ms = midnight + hour * 3_600_000 + minute * 60_000 + second * 1000 + fraction - offset
  return isInRange(ms) ? { kind: 'datetime', ms } : null
}

function isInRange(ms: number): boolean {
  return ms >= FIRST_MS && ms <= LAST_MS
}

function daysInMonth(year: number, month: number): number {
  return new Date(utc(year, month + 1, 0)).getUTCDate()
}

/** `YYYY-MM-DD` for a date, `YYYY-MM-DDTHH:mm:ss.sssZ` for a datetime; null outside the years 0 to 9999. */
export function formatIso(kind: ParsedDate['kind'], ms: number): string | null {
  if (!isInRange(ms)) return null
  const text = new Date(ms).toISOString()
  return kind === 'date' ? text.slice(0, 10) : text
}

function unitName(unit: string): string {
  const name = unit.trim().toLowerCase()
  return name.endsWith('s') ? name.slice(0, -1) : name
}

/** Whether a word is a unit of time, singular or plural: seconds, minutes, hours, days, weeks, months, years. */
export function isUnit(unit: string): boolean {
  const name = unitName(unit)
  return UNIT_MS.has(name) || UNIT_MONTHS.has(name)
}

/**
 * Adds to an instant. Months and years keep the day and clamp at the month's end (31 January + 1 month = 28 February);
 * only their whole part counts.
 *
 * @returns milliseconds, or null for an unknown unit or a result outside the years 0 to 9999
 */
export function addToDate(ms: number, amount: number, unit: string): number | null {
  const name = unitName(unit)
  const fixed = UNIT_MS.get(name)
  const months = UNIT_MONTHS.get(name)
  if (fixed === undefined && months === undefined) return null
  const result = fixed === undefined ? addMonths(ms, Math.trunc(amount) * months!) : ms + Math.round(amount * fixed)
  return isInRange(result) ? result : null
}

function addMonths(ms: number, months: number): number {
  if (Math.abs(months) > 120_000) return Number.NaN
  const date = new Date(ms)
  const total = date.getUTCFullYear() * 12 + date.getUTCMonth() + months
  const [year, month] = [Math.floor(total / 12), ((total % 12) + 12) % 12]
  const day = Math.min(date.getUTCDate(), daysInMonth(year, month))
  return utc(year, month, day) + (ms - utc(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()))
}

/** Whole units from `from` to `to`, towards zero; null for an unknown unit. */
export function dateDifference(from: number, to: number, unit: string): number | null {
  const name = unitName(unit)
  const fixed = UNIT_MS.get(name)
  if (fixed !== undefined) return Math.trunc((to - from) / fixed) + 0
  const months = UNIT_MONTHS.get(name)
  if (months === undefined) return null
  return Math.trunc(monthsBetween(from, to) / months) + 0
}

function monthsBetween(from: number, to: number): number {
  const [a, b] = [new Date(from), new Date(to)]
  const count = (b.getUTCFullYear() - a.getUTCFullYear()) * 12 + b.getUTCMonth() - a.getUTCMonth()
  const reached = addMonths(from, count)
  if (count > 0 && reached > to) return count - 1
  if (count < 0 && reached < to) return count + 1
  return count
}
