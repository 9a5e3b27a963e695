import { setTimeout as delay } from 'node:timers/promises'

export { createTestDatabase, type TestDatabase } from './database.ts'

/**
 * Waits until something is so; the test's own time limit ends it if it never is.
 *
 * @param look asked again and again; what it throws counts as not yet
 * @returns the first answer that isn't false, null or undefined
 */
export async function until<T>(look: () => T | Promise<T>): Promise<NonNullable<T>> {
  for (; ; await delay(10)) {
    const answer = await Promise.resolve()
      .then(look)
      .catch(() => null)
    if (answer !== false && answer !== null && answer !== undefined) return answer
  }
}
