import { parseNumber } from '../notation.ts'

/** Units of a wait, and their milliseconds; a day is 24 hours. */
const UNITS: ReadonlyMap<string, number> = new Map([
  ['second', 1000],
  ['minute', 60_000],
  ['hour', 3_600_000],
  ['day', 86_400_000],
  ['week', 604_800_000],
])

export const DURATION_UNITS = ['seconds', 'minutes', 'hours', 'days', 'weeks'] as const
export type DurationUnit = (typeof DURATION_UNITS)[number]

/** The longest wait: 100 years of 366 days. */
export const DURATION_LIMIT_MS = 36_600 * 86_400_000

/**
 * Milliseconds of a duration: `(1.5, 'hours')` → 5400000. Rounded up, so that a wait is never early.
 *
 * @param amount a number from 0, or a text that is one; fractions are taken
 * @param unit seconds, minutes, hours, days or weeks, singular or plural
 * @returns null when amount or unit are anything else, or when it is longer than 100 years
 * Source: SPEC-DETAILS.md, section 6
 */
export function durationMs(amount: unknown, unit: unknown): number | null {
  const count = typeof amount === 'string' ? parseNumber(amount) : amount
  if (typeof count !== 'number' || !Number.isFinite(count) || count < 0 || typeof unit !== 'string') return null
  const unitMs = UNITS.get(unit.trim().toLowerCase().replace(/s$/, ''))
  if (unitMs === undefined) return null
  const ms = Math.ceil(Number((count * unitMs).toPrecision(15)))
  return ms <= DURATION_LIMIT_MS ? ms : null
}
