import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { together } from '../../src/db/together.ts'
import { createTestDatabase, type TestDatabase } from '../database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase({ empty: true })
  await database.pool.query('create table t (n int primary key)')
})
afterAll(() => database.drop())

test('statements that went out together fail with what failed first, and none of them outlives the rollback', async () => {
  const client = await database.pool.connect()
  try {
    await client.query('begin')
    // the second of these two is sent when the first has answered
    const late = async () => {
      await client.query('select 1')
      await delay(50)
      await client.query('insert into t values (1)')
    }
    const sending = late()
    const failed = await together([sending, client.query('select 1 / 0')]).catch((error: unknown) => error)
    await client.query('rollback')
    expect(failed).toMatchObject({ code: '22012' })
    await sending.catch(() => {})
    expect((await client.query('select n from t')).rows).toEqual([])
  } finally {
    client.release()
  }
})

test('their results come in their order', async () => {
  const [one, two, plain] = await together([
    database.pool.query('select 1 as n'),
    database.pool.query('select 2 as n'),
    3,
  ])
  expect([one.rows[0].n, two.rows[0].n, plain]).toEqual([1, 2, 3])
})
