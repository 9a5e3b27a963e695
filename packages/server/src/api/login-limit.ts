import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { RateLimited } from './errors.ts'

const WINDOW_SECONDS = 15 * 60
const TRIES_OF_ACCOUNT_AND_ADDRESS = 10
const TRIES_OF_ADDRESS = 100

export interface LoginLimit {
  /** Counts a try. @throws RateLimited after 10 for one account from one address, or 100 from one address, in 15 minutes */
  count(account: string, ip: string): Promise<void>
  /** A login that succeeded clears the account's tries. */
  forget(account: string, ip: string): void
}

/** Slows the guessing of passwords, without letting a stranger lock a user out from elsewhere. */
export function createLoginLimit(): LoginLimit {
  const pairs = new RateLimiterMemory({ points: TRIES_OF_ACCOUNT_AND_ADDRESS, duration: WINDOW_SECONDS })
  const addresses = new RateLimiterMemory({ points: TRIES_OF_ADDRESS, duration: WINDOW_SECONDS })
  const pair = (account: string, ip: string) => `${account.trim().toLowerCase()}|${ip}`
  return {
    async count(account, ip) {
      try {
        await pairs.consume(pair(account, ip))
        await addresses.consume(ip)
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal
        const seconds = Math.max(1, Math.ceil(refusal.msBeforeNext / 1000))
        throw new RateLimited(`Too many tries. Come back in ${Math.ceil(seconds / 60)} minutes.`, seconds)
      }
    },
    forget(account, ip) {
      void pairs.delete(pair(account, ip))
      void addresses.reward(ip)
    },
  }
}
