import { zoneOf } from './timezone.ts'

export const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const
export type Weekday = (typeof WEEKDAYS)[number]

/** From and to, wall time `HH:MM`; `24:00` is the end of the day. */
export type OpeningHours = readonly [from: string, to: string]

/** When a workspace is open. */
export interface BusinessHours {
  /** IANA name */
  timezone: string
  /** a day that is missing is closed */
  days: Readonly<Partial<Record<Weekday, readonly OpeningHours[]>>>
  /** closed days, `YYYY-MM-DD` */
  holidays: readonly string[]
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const OFFICE: readonly OpeningHours[] = [['09:00', '17:00']]

/** Monday to Friday from nine to five, UTC. */
export const OFFICE_HOURS: BusinessHours = {
  timezone: 'UTC',
  days: { mon: OFFICE, tue: OFFICE, wed: OFFICE, thu: OFFICE, fri: OFFICE },
  holidays: [],
}

/** How far an opening is looked for: longer than any calendar has holidays in a row. */
const SEARCH_DAYS = 366 * 110

/** Minutes of a wall time: `09:30` → 570; null when it isn't one. */
export function minutesOf(text: string): number | null {
  if (text === '24:00') return 1440
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text)
  return match === null ? null : Number(match[1]) * 60 + Number(match[2])
}

/**
 * The stretches of time that a workspace is open, from a moment on, in order. Hours are counted on the wall: one that a
 * DST change skips is no time, one that it repeats is open twice.
 *
 * @param fromMs epoch ms; a stretch under way begins there
 * @throws RangeError if the zone isn't known
 */
function* openings(hours: BusinessHours, fromMs: number): Generator<readonly [startMs: number, endMs: number]> {
  const zone = zoneOf(hours.timezone)
  const closed = new Set(hours.holidays)
  const week = WEEKDAYS.map((day) =>
    (hours.days[day] ?? []).map(([from, to]) => [minutesOf(from)! * MINUTE_MS, minutesOf(to)! * MINUTE_MS] as const),
  )
  const last = fromMs + SEARCH_DAYS * DAY_MS
  // between two changes of the offset, instants and wall times run alike
  for (let from = fromMs; from < last; ) {
    const offset = zone.offsetAt(from)
    const until = Math.min(zone.nextChange(from) ?? last, last)
    for (let day = Math.floor((from + offset) / DAY_MS) * DAY_MS; day - offset < until; day += DAY_MS) {
      const today = week[new Date(day).getUTCDay()]!
      if (today.length === 0 || (closed.size > 0 && closed.has(new Date(day).toISOString().slice(0, 10)))) continue
      for (const [opens, closes] of today) {
        const start = Math.max(from, day + opens - offset)
        const end = Math.min(until, day + closes - offset)
        if (start < end) yield [start, end]
      }
    }
    from = until
  }
}

/**
 * A moment as it is when it lies within the hours, a closing time included; else the next opening.
 *
 * @param atMs epoch ms
 * @returns epoch ms; null when there is no opening any more
 * @throws RangeError if the zone isn't known
 */
export function nextOpening(hours: BusinessHours, atMs: number): number | null {
  // whether the moment before is open: what closes then may have been on another day, or before a change of the clocks
  for (const [start] of openings(hours, atMs - 1)) return Math.max(start, atMs)
  return null
}

/**
 * The moment at which so much open time has passed.
 *
 * @param fromMs epoch ms
 * @param openMs milliseconds, from 0; with 0 the next opening
 * @returns epoch ms, the earliest such moment; null when there isn't so much open time within a century
 * @throws RangeError if the zone isn't known
 */
export function addOpenTime(hours: BusinessHours, fromMs: number, openMs: number): number | null {
  if (openMs === 0) return nextOpening(hours, fromMs)
  let left = openMs
  for (const [start, end] of openings(hours, fromMs)) {
    if (start + left <= end) return start + left
    left -= end - start
  }
  return null
}

/**
 * A wait's end by a calendar of business hours: hours, minutes and seconds count open time only; days and weeks count days
 * of the calendar, at the same time on the wall, and end at the next opening if that is closed.
 *
 * @param fromMs epoch ms
 * @param ms the duration as `durationMs` gives it
 * @param unit its unit, singular or plural
 * @returns epoch ms; null when there is no such moment
 * @throws RangeError if the zone isn't known
 */
export function addBusinessTime(hours: BusinessHours, fromMs: number, ms: number, unit: string): number | null {
  if (!/^(day|week)s?$/i.test(unit.trim())) return addOpenTime(hours, fromMs, ms)
  const zone = zoneOf(hours.timezone)
  const days = Math.floor(ms / DAY_MS)
  const wall = fromMs + zone.offsetAt(fromMs) + days * DAY_MS
  // of a repeated time the first, but never before as many whole days have begun
  const moment = days === 0 ? fromMs : zone.instantOf(wall)
  return nextOpening(hours, moment + (ms - days * DAY_MS))
}

/**
 * What is wrong with a calendar of business hours.
 *
 * @returns the place within it (`['days', 'mon', 0]`) and what is wrong; null: nothing
 */
export function businessHoursProblem(hours: {
  days?: BusinessHours['days']
  holidays?: readonly string[]
}): { path: (string | number)[]; message: string } | null {
  const { days } = hours
  if (days !== undefined && WEEKDAYS.every((day) => (days[day] ?? []).length === 0))
    return { path: ['days'], message: 'at least one day must be open' }
  for (const day of WEEKDAYS)
    for (const [index, [from, to]] of (days?.[day] ?? []).entries()) {
      const path = ['days', day, index]
      const [start, end] = [minutesOf(from), minutesOf(to)]
      if (start === null || end === null || from === '24:00')
        return { path, message: 'hours are written HH:MM, such as ["09:00", "17:00"]' }
      if (start >= end) return { path, message: `${from} to ${to} ends before it begins` }
      const before = days![day]![index - 1]
      if (before !== undefined && minutesOf(before[1])! > start)
        return { path, message: `${from} to ${to} begins before ${before[1]}: hours stand in order, apart` }
    }
  for (const [index, text] of (hours.holidays ?? []).entries()) {
    const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
    if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text)
      return { path: ['holidays', index], message: 'a holiday is a date, such as 2026-12-25' }
  }
  return null
}
