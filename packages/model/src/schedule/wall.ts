import type { Cron } from './cron.ts'

/**
 * Local wall time as a number: the milliseconds that `Date.UTC` gives for what the clock on the wall shows. It has no zone; a minute
 * that a DST change skips or repeats is one number here.
 */
export type WallMs = number

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
/** Longest way between two days of a cron: 29 February over a century without a leap day, and some. */
const SEARCH_DAYS = 366 * 9

/** Whether a cron runs on a day; both day fields given means either is enough. Source: SPEC-DETAILS.md, section 4 */
function runsOn(cron: Cron, day: Date): boolean {
  if (!cron.months.includes(day.getUTCMonth() + 1)) return false
  const byDay = cron.days.includes(day.getUTCDate())
  const byWeekday = cron.weekdays.includes(day.getUTCDay())
  return cron.daysGiven && cron.weekdaysGiven ? byDay || byWeekday : byDay && byWeekday
}

function nextInDay(cron: Cron, fromMinute: number): number | null {
  for (const hour of cron.hours) {
    if (hour * 60 + 59 < fromMinute) continue
    for (const minute of cron.minutes) if (hour * 60 + minute >= fromMinute) return hour * 60 + minute
  }
  return null
}

/**
 * The first wall time at or after `from` that a cron names, null when there is none within nine years.
 *
 * @param from rounded up to a whole minute
 */
export function nextWall(cron: Cron, from: WallMs): WallMs | null {
  const start = Math.ceil(from / MINUTE_MS) * MINUTE_MS
  let midnight = Math.floor(start / DAY_MS) * DAY_MS
  let fromMinute = (start - midnight) / MINUTE_MS
  for (let i = 0; i < SEARCH_DAYS; i++) {
    const day = new Date(midnight)
    if (Number.isNaN(day.getTime())) return null
    const minute = runsOn(cron, day) ? nextInDay(cron, fromMinute) : null
    if (minute !== null) return midnight + minute * MINUTE_MS
    midnight += DAY_MS
    fromMinute = 0
  }
  return null
}
