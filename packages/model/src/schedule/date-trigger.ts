import type { Trigger } from '../trigger.ts'
import { minutesOf } from './business-hours.ts'
import { DEFAULT_AT } from './describe-date.ts'
import { type Zone, zoneOf } from './timezone.ts'
import type { WallMs } from './wall.ts'

export type DateTrigger = Extract<Trigger, { event: 'date.reached' }>
/** What tells the moment that a date stands for; the field is named by its trigger. */
export type DateRule = Pick<DateTrigger, 'offset' | 'at' | 'yearly'>
export type DateOffset = NonNullable<DateTrigger['offset']>

/** A moment that a date stands for. */
export interface ReachedDate {
  /** epoch ms */
  dueAt: number
  /** the date itself, without the offset: `2026-12-01`, or an instant of a datetime field; with `yearly` that of the year */
  date: string
}

const DAY_MS = 86_400_000
const YEAR_MS = 365.2425 * DAY_MS
const LAST_MS = 253_402_300_799_999 // 9999-12-31T23:59:59.999Z
const UNIT_MS: Readonly<Record<DateOffset['unit'], number>> = {
  minutes: 60_000,
  hours: 3_600_000,
  days: DAY_MS,
  weeks: 7 * DAY_MS,
  months: YEAR_MS / 12,
  years: YEAR_MS,
}
/** The longest offset: 100 years. */
export const OFFSET_LIMIT_MS = 100 * YEAR_MS
/** Years tried behind the first that can be meant: an offset's length is known to less than one. */
const YEARS_TRIED = 5

/** About how long an offset is, ms; negative: before the date. */
export function offsetMs({ amount, unit }: DateOffset): number {
  return amount * UNIT_MS[unit]
}

interface Given {
  /** what the clock on the wall shows at the date; of a date field its midnight */
  wall: WallMs
  /** of a datetime field */
  instant: number | null
}

/**
 * The first moment strictly after another at which a record's date is reached.
 *
 * Days, weeks, months and years are counted on the calendar and keep the time on the wall: a month after 31 January is the last
 * of February. Hours and minutes are real ones. A date is reached at `at` in the zone, an instant at itself, or with `at` on
 * its day there. With `yearly` it comes again each year from its own on; 29 February is the 28th in other years. A time that a DST
 * change skips is reached right after the gap, one that repeats the first time.
 *
 * @param value the field's: `YYYY-MM-DD`, or an ISO instant; anything else is no date
 * @param timezone IANA name
 * @param afterMs epoch ms
 * @returns null when there is no such moment before the year 10000
 * @throws RangeError if the zone isn't known
 */
export function nextReached(rule: DateRule, timezone: string, value: unknown, afterMs: number): ReachedDate | null {
  const zone = knownZone(timezone)
  const given = givenOf(value, zone)
  if (given === null) return null
  const own = new Date(given.wall).getUTCFullYear()
  if (rule.yearly !== true) {
    const dueAt = dueOf(rule, zone, given, own)
    return dueAt > afterMs && dueAt <= LAST_MS ? { dueAt, date: dateOf(given, own) } : null
  }
  const offset = rule.offset === undefined ? 0 : offsetMs(rule.offset)
  const around = new Date(Math.min(afterMs - offset, LAST_MS)).getUTCFullYear()
  const first = Math.max(own, around - 2)
  for (let year = first; year < first + YEARS_TRIED; year++) {
    const dueAt = dueOf(rule, zone, given, year)
    if (!(dueAt <= LAST_MS)) return null
    if (dueAt > afterMs) return { dueAt, date: dateOf(given, year) }
  }
  return null
}

function givenOf(value: unknown, zone: Zone): Given | null {
  if (typeof value !== 'string') return null
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(value)
  if (!isDay && !/^\d{4}-\d{2}-\d{2}T/.test(value)) return null
  const ms = Date.parse(isDay ? `${value}T00:00:00Z` : value)
  if (Number.isNaN(ms)) return null
  return isDay ? { wall: ms, instant: null } : { wall: ms + zone.offsetAt(ms), instant: ms }
}

function dueOf({ offset, at }: DateRule, zone: Zone, { wall, instant }: Given, year: number): number {
  const there = inYear(wall, year)
  const { amount, unit } = offset ?? { amount: 0, unit: 'days' }
  const real = unit === 'hours' || unit === 'minutes'
  const later = real ? amount * UNIT_MS[unit] : 0
  if (instant !== null && at === undefined) {
    // as it is, also in an hour that comes twice
    if (there === wall && (real || amount === 0)) return instant + later
    return zone.instantOf(real ? there : moved(there, amount, unit)) + later
  }
  const day = Math.floor((real ? there : moved(there, amount, unit)) / DAY_MS) * DAY_MS
  return zone.instantOf(day + (minutesOf(at ?? DEFAULT_AT) ?? 0) * 60_000) + later
}

function dateOf({ wall, instant }: Given, year: number): string {
  const there = inYear(wall, year)
  return instant !== null && there === wall
    ? new Date(instant).toISOString()
    : new Date(there).toISOString().slice(0, 10)
}

function inYear(wall: WallMs, year: number): WallMs {
  const date = new Date(wall)
  return addMonths(wall, (year - date.getUTCFullYear()) * 12)
}

function moved(wall: WallMs, amount: number, unit: DateOffset['unit']): WallMs {
  if (unit === 'months' || unit === 'years') return addMonths(wall, unit === 'years' ? amount * 12 : amount)
  return wall + amount * UNIT_MS[unit]
}

/** Calendar months later or earlier; a day that the month doesn't have is its last one. */
function addMonths(wall: WallMs, months: number): WallMs {
  if (months === 0) return wall
  const date = new Date(wall)
  const day = date.getUTCDate()
  date.setUTCDate(1)
  date.setUTCMonth(date.getUTCMonth() + months)
  const last = new Date(date)
  last.setUTCMonth(last.getUTCMonth() + 1, 0)
  date.setUTCDate(Math.min(day, last.getUTCDate()))
  return date.getTime()
}

const zones = new Map<string, Zone>()
const MOST_ZONES = 600
const MOST_INSTANTS = 5_000

/** A zone that remembers its answers: very many records have the same days. */
function knownZone(timezone: string): Zone {
  const known = zones.get(timezone)
  if (known !== undefined) return known
  const zone = zoneOf(timezone)
  const instants = new Map<WallMs, number>()
  const remembering: Zone = {
    ...zone,
    instantOf(wall) {
      let instant = instants.get(wall)
      if (instant === undefined) {
        instant = zone.instantOf(wall)
        if (instants.size >= MOST_INSTANTS) instants.clear()
        instants.set(wall, instant)
      }
      return instant
    },
  }
  if (zones.size < MOST_ZONES) zones.set(timezone, remembering)
  return remembering
}
