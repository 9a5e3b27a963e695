import { countTry, forgetTries, type LoginBounds } from '../accounts/login-tries.ts'
import type { Pool } from '../db/pool.ts'
import type { Services } from '../services.ts'
import { networkOf } from './client-address.ts'
import { RateLimited } from './errors.ts'

const QUARTER_HOUR = 15 * 60
const BOUNDS: LoginBounds = {
  pair: { tries: 10, seconds: QUARTER_HOUR },
  address: { tries: 100, seconds: QUARTER_HOUR },
  account: { tries: 100, seconds: 3600 },
}
const MOST_REMEMBERED = 10_000

export interface LoginLimit {
  /**
   * Counts a try.
   *
   * @param account the user's id, or the address that was typed
   * @throws RateLimited after 10 for one account from one network address, or 100 from one, in 15 minutes; after 100 for one account
   *   in an hour, from addresses at which it hasn't logged in within 30 days
   */
  count(account: string, ip: string): Promise<void>
  /** A login that succeeded takes its try back. */
  forget(account: string, ip: string): Promise<void>
}

/**
 * Slows the guessing of passwords, without letting a stranger lock a user out from elsewhere. All processes count together, in the
 * database; who was refused is remembered here, so that going on costs the database nothing.
 */
export function createLoginLimit(pool: Pool, log: Services['log']): LoginLimit {
  /** until when, as `performance.now()` */
  const refused = new Map<string, number>()
  const pairOf = (account: string, network: string) => JSON.stringify([account, network])
  const refuse = (ms: number): RateLimited => {
    const seconds = Math.max(1, Math.ceil(ms / 1000))
    return new RateLimited(`Too many tries. Come back in ${Math.ceil(seconds / 60)} minutes.`, seconds)
  }
  return {
    async count(account, ip) {
      const network = networkOf(ip)
      const keys = [pairOf(account, network), network]
      const left = Math.max(...keys.map((key) => refused.get(key) ?? 0)) - performance.now()
      if (left > 0) throw refuse(left)
      const passed = await countTry(pool, BOUNDS, account, network)
      if (passed === null) return
      log.warn({ ip, bound: passed.bound }, 'too many tries to log in')
      if (refused.size >= MOST_REMEMBERED) refused.clear()
      refused.set(passed.bound === 'address' ? network : keys[0]!, performance.now() + passed.forMs)
      throw refuse(passed.forMs)
    },
    forget: (account, ip) => forgetTries(pool, account, networkOf(ip)),
  }
}
