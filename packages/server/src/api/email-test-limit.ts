import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { RateLimited } from './errors.ts'

const PER_MINUTE = 10

export interface EmailTestLimit {
  /** Counts a test e-mail. @throws RateLimited after ten of one caller within a minute */
  count(actor: string): Promise<void>
}

/** Test e-mails leave at once, beside the runs' own pace, so each caller has few. */
export function createEmailTestLimit(): EmailTestLimit {
  const limiter = new RateLimiterMemory({ points: PER_MINUTE, duration: 60 })
  return {
    async count(actor) {
      try {
        await limiter.consume(actor)
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal
        const seconds = Math.max(1, Math.ceil(refusal.msBeforeNext / 1000))
        throw new RateLimited(
          `There were ${PER_MINUTE} test e-mails within a minute. Come back in ${seconds} s.`,
          seconds,
        )
      }
    },
  }
}
