/** How each type is written as text: numbers, booleans, dates and datetimes. Hand-written, since every record passes here. */

/** A moment: epoch milliseconds, and whether it was written as a calendar day (then `ms` is its midnight in UTC). */
export interface Moment {
  readonly ms: number
  readonly day: boolean
}

export const DAY_MS = 86_400_000

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/
const NUMBER_LIMIT = 400 // characters; 1.8e308 written out has 309
const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?)?)?$/
const FIRST_MS = -62_135_596_800_000 // 0001-01-01T00:00:00.000Z
const LAST_MS = 253_402_300_799_999 // 9999-12-31T23:59:59.999Z

/**
 * The number that a text writes, wholly: `"5"`, `" -1.5e3 "`; undefined for `"5 apples"`, `"1,000"`, `"0x10"`, `"1e999"`.
 * Source: SPEC-DETAILS.md, section 2
 */
export function parseNumber(text: string): number | undefined {
  const trimmed = text.trim()
  if (trimmed.length > NUMBER_LIMIT || !NUMBER.test(trimmed)) return undefined
  const number = Number(trimmed)
  return Number.isFinite(number) ? number : undefined
}

/** The boolean that a text writes: `true` or `false` in any case; undefined for anything else. Source: SPEC-DETAILS.md, section 2 */
export function parseBoolean(text: string): boolean | undefined {
  if (text === 'true') return true
  if (text === 'false') return false
  const lower = text.trim().toLowerCase()
  return lower === 'true' ? true : lower === 'false' ? false : undefined
}

function digits(text: string, from: number, to: number): number {
  let value = 0
  for (let i = from; i < to; i++) {
    const digit = text.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

/** Days since 1970-01-01 of a day of the Gregorian calendar, or NaN when the calendar has no such day (years 1 to 9999). */
function epochDay(year: number, month: number, day: number): number {
  if (!(year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month))) return Number.NaN
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const leapDays = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100)
  return era * 146_097 + yearOfEra * 365 + leapDays + dayOfYear - 719_468
}

/** Days of a month (1 to 12) in the Gregorian calendar. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

function parseDay(text: string): number {
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return Number.NaN
  return epochDay(digits(text, 0, 4), digits(text, 5, 7), digits(text, 8, 10)) * DAY_MS
}

/** True for the stored form `YYYY-MM-DDTHH:mm:ss.sssZ` by its punctuation alone. */
function looksStored(text: string): boolean {
  return (
    text.length === 24 &&
    text.charCodeAt(10) === 84 &&
    text.charCodeAt(13) === 58 &&
    text.charCodeAt(16) === 58 &&
    text.charCodeAt(19) === 46 &&
    text.charCodeAt(23) === 90
  )
}

/**
 * The moment that an ISO 8601 text writes: `YYYY-MM-DD`, or a datetime with or without seconds, fraction and offset; without an
 * offset it is UTC. Only real days, hours to 23, years 1 to 9999 in UTC.
 *
 * @returns undefined when the text is anything else
 * Source: SPEC-DETAILS.md, sections 2 and 5
 */
export function parseMoment(text: string): Moment | undefined {
  if (text.length === 10) {
    const ms = parseDay(text)
    return Number.isNaN(ms) ? undefined : { ms, day: true }
  }
  if (looksStored(text)) {
    const hour = digits(text, 11, 13)
    const minute = digits(text, 14, 16)
    const second = digits(text, 17, 19)
    const time = hour * 3_600_000 + minute * 60_000 + second * 1000 + digits(text, 20, 23)
    const ms = parseDay(text) + time
    return Number.isNaN(ms) || hour > 23 || minute > 59 || second > 59 ? undefined : { ms, day: false }
  }
  return parseLooseMoment(text.trim())
}

function parseLooseMoment(text: string): Moment | undefined {
  if (text.length > 40) return undefined
  const parts = ISO.exec(text)
  if (parts === null) return undefined
  const [, year, month, day, hour, minute, second = '0', fraction = '', sign, offsetHour = '0', offsetMinute = '0'] =
    parts
  const midnight = epochDay(Number(year), Number(month), Number(day)) * DAY_MS
  if (Number.isNaN(midnight)) return undefined
  if (hour === undefined) return { ms: midnight, day: true }
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined
  if (Number(offsetHour) > 23 || Number(offsetMinute) > 59) return undefined
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000 * (sign === '-' ? -1 : 1)
  const time =
    (Number(hour) * 60 + Number(minute)) * 60_000 + Number(second) * 1000 + Number(`${fraction}000`.slice(0, 3))
  const ms = midnight + time - offset
  return ms < FIRST_MS || ms > LAST_MS ? undefined : { ms, day: false }
}

/** True when a text is already the stored form of a datetime, so that nothing needs to be written anew. */
export function isStoredDatetime(text: string, moment: Moment): boolean {
  return !moment.day && looksStored(text)
}

/** Empty: null, missing, `""`, `[]`. `0` and `false` are values. Source: SPEC.md, section 5 */
export function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
}

/** The beginning of a text, for a message: no half of a surrogate pair, no NUL, `…` where it was cut. */
export function clip(text: string, limit: number): string {
  const cut = text.length > limit ? `${text.slice(0, limit)}…` : text
  return cut.toWellFormed().replaceAll('\0', '\ufffd')
}
