/** Runs of an automation on a day; `day` counts days since 1970, UTC. */
export interface DayCount {
  day: number
  runs: number
}

export interface History {
  /** days with runs of the last two weeks, in order */
  days: readonly DayCount[]
  /** epoch ms; null: it never ran */
  lastRunAt: number | null
  /** since when somebody could have seen it run: its activation, and the last break of the watch; epoch ms */
  watchedFrom: number
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** so many days at least, so that a weekend is among them */
const LEAST_DAYS = 7
/** so many runs at least must be missing, so that what runs rarely isn't called silent for chance */
const LEAST_MISSING = 10

/**
 * Whether an automation is silent beyond what is usual for it. Usual is what its last two weeks show up to its last run: how
 * often it runs a day, and the longest pause in whole days (a weekend), by which it may be silent longer.
 *
 * @returns the usual runs a day; null: it isn't silent, or there is too little to tell
 */
export function silence(history: History, afterHours: number, nowMs: number): { perDay: number } | null {
  const { days, lastRunAt, watchedFrom } = history
  const today = Math.floor(nowMs / DAY_MS)
  const past = days.filter(({ day, runs }) => day < today && runs > 0)
  const [first, last] = [past[0], past.at(-1)]
  if (first === undefined || last === undefined || lastRunAt === null) return null
  const span = last.day - first.day + 1
  if (span < LEAST_DAYS) return null
  const perDay = past.reduce((sum, { runs }) => sum + runs, 0) / span
  const pause = Math.max(...past.map(({ day }, i) => (i === 0 ? 0 : day - past[i - 1]!.day - 1)))
  const silentMs = nowMs - Math.max(lastRunAt, watchedFrom)
  if (silentMs < afterHours * HOUR_MS + pause * DAY_MS) return null
  return (perDay * silentMs) / DAY_MS < LEAST_MISSING ? null : { perDay }
}
