import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'

/** Where a caller stands in its minute. `reset` is epoch seconds. */
export interface RateState {
  limit: string
  remaining: string
  reset: string
  /** seconds to wait when the limit is passed, else 0 */
  retryAfter: number
}

export interface RateLimit {
  /** Counts one request of a caller. */
  count(caller: string): Promise<RateState>
}

/**
 * Counts requests per caller in windows of a minute, in this process.
 *
 * @param perMinute RATE_LIMIT_PER_MINUTE
 * Source: SPEC.md, section 12 (`X-RateLimit-Limit|Remaining|Reset`)
 */
export function createRateLimit(perMinute: number): RateLimit {
  const limiter = new RateLimiterMemory({ points: perMinute, duration: 60 })
  const limit = String(perMinute)
  const state = (result: RateLimiterRes, passed: boolean): RateState => ({
    limit,
    remaining: String(Math.max(0, result.remainingPoints)),
    reset: String(Math.ceil((Date.now() + result.msBeforeNext) / 1000)),
    retryAfter: passed ? Math.max(1, Math.ceil(result.msBeforeNext / 1000)) : 0,
  })
  return {
    async count(caller) {
      try {
        return state(await limiter.consume(caller), false)
      } catch (refusal) {
        if (refusal instanceof RateLimiterRes) return state(refusal, true)
        throw refusal
      }
    },
  }
}
