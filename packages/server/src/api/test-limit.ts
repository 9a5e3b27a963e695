import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { RateLimited } from './errors.ts'

const PER_MINUTE = 10

export interface TestLimit {
  /** Counts one. @throws RateLimited after ten of one caller within a minute */
  count(actor: string): Promise<void>
}

/** Tests leave at once, beside the runs' own pace, so each caller has few. @param what is limited, such as `test e-mails` */
export function createTestLimit(what: string): TestLimit {
  const limiter = new RateLimiterMemory({ points: PER_MINUTE, duration: 60 })
  return {
    async count(actor) {
      try {
        await limiter.consume(actor)
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal
        const seconds = Math.max(1, Math.ceil(refusal.msBeforeNext / 1000))
        throw new RateLimited(`There were ${PER_MINUTE} ${what} within a minute. Come back in ${seconds} s.`, seconds)
      }
    },
  }
}
