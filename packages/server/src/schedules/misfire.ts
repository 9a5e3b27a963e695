import { type Cron, nextTick } from '@kantos/model'

/** What becomes of ticks that were missed while the system was down. Source: SPEC.md, section 4 */
export type Misfire = 'latest' | 'skip' | 'all'

/** A tick taken up later than this counts as missed. */
export const GRACE_MS = 60_000
/** `all` makes up at most this many, the newest ones. */
export const MOST_MADE_UP = 1_000

const FIRST_WINDOW_MS = 3_600_000

/**
 * The newest ticks of a schedule in (`afterMs`, `untilMs`], in order. Looks back in growing windows, so that a schedule of every
 * minute that slept for a year costs no more than one that slept for a day.
 *
 * @param most how many at most
 * @returns epoch ms
 */
export function newestTicks(cron: Cron, timezone: string, afterMs: number, untilMs: number, most: number): number[] {
  for (let window = FIRST_WINDOW_MS; ; window *= 4) {
    const from = Math.max(afterMs, untilMs - window)
    const found: number[] = []
    for (let tick = nextTick(cron, timezone, from); tick !== null && tick <= untilMs; ) {
      found.push(tick)
      tick = nextTick(cron, timezone, tick)
    }
    if (found.length >= most || from === afterMs) return found.slice(-most)
  }
}

/**
 * Which ticks run, of those that are due.
 *
 * @param dueAt the earliest tick that has not run, epoch ms; it runs even if the cron was changed after it was due
 * @param nowMs the database's clock
 * @returns in order; empty when all of them are to be left out
 * Source: SPEC.md, section 4; DESIGN.md, section 9
 */
export function ticksToRun(cron: Cron, timezone: string, dueAt: number, nowMs: number, misfire: Misfire): number[] {
  const later = newestTicks(cron, timezone, dueAt, nowMs, misfire === 'all' ? MOST_MADE_UP : 1)
  if (misfire === 'all') return [dueAt, ...later].slice(-MOST_MADE_UP)
  const newest = later.at(-1) ?? dueAt
  return misfire === 'skip' && nowMs - newest > GRACE_MS ? [] : [newest]
}
