import type { Pool } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { createDbTime } from '../../src/db/time.ts'
import { createTestDatabase, type TestDatabase } from '../database.ts'
import { until } from '../helpers.ts'

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

describe('a local clock that is set while the process runs', () => {
  afterEach(() => vi.restoreAllMocks())

  test('changes nothing, and the database is asked at once', async () => {
    let asked = 0
    const query = (text: string) => {
      asked += 1
      return database.pool.query(text)
    }
    const time = await createDbTime({ query } as unknown as Pool)
    const before = asked
    const real = Date.now
    vi.spyOn(Date, 'now').mockImplementation(() => real() + 3_600_000)
    expect(Math.abs(time.now() - real())).toBeLessThan(1_000)
    expect(asked).toBe(before + 1)
    await until(() => asked > before)
    expect(Math.abs(time.now() - real())).toBeLessThan(1_000)
  })

  test('is followed when the database’s clock made the same step', async () => {
    let step = 0
    const query = async () => ({ rows: [{ now: String(real() + step) }] })
    const real = Date.now
    const time = await createDbTime({ query } as unknown as Pool)
    step = 3_600_000
    vi.spyOn(Date, 'now').mockImplementation(() => real() + step)
    time.now()
    await until(() => Math.abs(time.now() - real() - step) < 1_000)
  })
})
