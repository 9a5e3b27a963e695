import type { Pool } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDbTime } from '../../src/db/time.ts'
import { createTestDatabase, type TestDatabase } from '../database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase({ empty: true })
})
afterAll(() => database.drop())

test('one slow answer of the database doesn’t shift its clock: of several looks the quickest counts', async () => {
  let slow = true
  const query = async (text: string) => {
    const answer = await database.pool.query(text)
    // the answer lay somewhere on its way
    if (slow) await new Promise((resolve) => setTimeout(resolve, 400))
    slow = false
    return answer
  }
  const time = await createDbTime({ query } as unknown as Pool)
  expect(Math.abs(time.now() - Date.now())).toBeLessThan(190)
})

test('what the database says has passed, has passed', async () => {
  const time = await createDbTime(database.pool)
  const soon = time.now() + 5_000
  time.atLeast(soon)
  expect(time.now()).toBeGreaterThanOrEqual(soon)
  const now = time.now()
  time.atLeast(now - 60_000)
  expect(time.now()).toBeGreaterThanOrEqual(now)
})
