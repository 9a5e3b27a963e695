import type { RetryRule } from './command.ts'

const DAY_MS = 86_400_000

/**
 * Delay before the next attempt of a failed effect.
 *
 * @param attempt attempts already made, from 1
 * @param delaysSeconds the action's `retry.delays_seconds`, e.g. [60, 300, 1800]
 * @param random 0 ≤ random < 1, for up to 10 % jitter
 * @param retryAfterMs what the receiver asked for; the later of both counts, at most 24 h
 * @returns milliseconds, or null when no retry is left
 * @throws RangeError if attempt < 1
 * Source: SPEC.md, section 11; SPEC-DETAILS.md, sections 8–11
 */
export function retryDelayMs(
  attempt: number,
  delaysSeconds: readonly number[],
  random: number,
  retryAfterMs = 0,
): number | null {
  if (attempt < 1) throw new RangeError(`attempt is ${attempt}; attempts are counted from 1`)
  const delay = delaysSeconds[attempt - 1]
  if (delay === undefined) return null
  const jittered = delay * 1000 * (1 + random * 0.1)
  return Math.round(Math.max(jittered, Math.min(retryAfterMs, DAY_MS)))
}

/** Whether a failure is worth another attempt under the action's rule. */
export function mayRetry(rule: RetryRule, failure: { permanent: boolean; transient: boolean }): boolean {
  if (failure.permanent) return false
  return rule.on === 'any' || failure.transient
}

/**
 * Milliseconds that a `Retry-After` header asks for: seconds or an HTTP date; null when it says nothing usable.
 *
 * @param nowMs epoch milliseconds
 */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | null {
  if (header === undefined) return null
  if (/^\d{1,10}$/.test(header.trim())) return Number(header.trim()) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs)
}
