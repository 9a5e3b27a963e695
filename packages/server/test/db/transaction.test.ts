import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { createPool } from '../../src/db/pool.ts'
import { transaction } from '../../src/db/transaction.ts'
import { createTestDatabase } from '../database.ts'

const database = await createTestDatabase({ empty: true })
const { pool } = database
afterAll(database.drop)
await pool.query('create table counters (id integer primary key, n integer not null)')
beforeEach(async () => {
  await pool.query('truncate counters')
  await pool.query('insert into counters values (1, 0), (2, 0)')
})

const counts = async () => (await pool.query('select n from counters order by id')).rows.map((row) => row.n)

describe('transaction', () => {
  test('what was written is there after it returns, with its result', async () => {
    const result = await transaction(pool, async (client) => {
      await client.query('update counters set n = 1 where id = 1')
      await client.query('update counters set n = 2 where id = 2')
      expect(await counts()).toEqual([0, 0])
      return 'done'
    })
    expect([result, await counts()]).toEqual(['done', [1, 2]])
  })

  test('nothing is there when the work throws, and the connection is as good as before', async () => {
    const own = createPool(database.url, { max: 1, applicationName: 'one' })
    const before = (await own.query('select pg_backend_pid() as pid')).rows
    const failure = new Error('no')
    const attempt = transaction(own, async (client) => {
      await client.query('update counters set n = 1')
      throw failure
    })
    await expect(attempt).rejects.toBe(failure)
    expect(await counts()).toEqual([0, 0])
    expect((await own.query('select pg_backend_pid() as pid')).rows).toEqual(before)
    await own.end()
  })

  test('two that deadlock both commit, since one is repeated whole', async () => {
    let attempts = 0
    let holding = 0
    const bothHold = Promise.withResolvers<void>()
    const add = (first: number, second: number) =>
      transaction(pool, async (client) => {
        attempts++
        await client.query('update counters set n = n + 1 where id = $1', [first])
        if (++holding === 2) bothHold.resolve()
        await bothHold.promise
        await client.query('update counters set n = n + 1 where id = $1', [second])
      })
    await Promise.all([add(1, 2), add(2, 1)])
    expect([await counts(), attempts]).toEqual([[2, 2], 3])
  })

  test('serializable transactions that meet are repeated until each has counted', async () => {
    const addOne = () =>
      transaction(
        pool,
        async (client) => {
          const { rows } = await client.query('select n from counters where id = 1')
          await client.query('update counters set n = $1 where id = 1', [rows[0].n + 1])
        },
        { isolation: 'serializable', retries: 50 },
      )
    await Promise.all([addOne(), addOne(), addOne(), addOne()])
    expect(await counts()).toEqual([4, 0])
  })

  test('repeats are bounded, and the last failure is thrown', async () => {
    let attempts = 0
    const failing = transaction(
      pool,
      async (client) => {
        attempts++
        await client.query(`do $$ begin raise exception 'again' using errcode = '40001'; end $$`)
      },
      { retries: 2 },
    )
    await expect(failing).rejects.toMatchObject({ code: '40001', message: 'again' })
    expect(attempts).toBe(3)
  })

  test('other failures are thrown at once', async () => {
    let attempts = 0
    const failing = transaction(pool, async (client) => {
      attempts++
      await client.query('insert into counters values (1, 0)')
    })
    await expect(failing).rejects.toMatchObject({ code: '23505' })
    expect(attempts).toBe(1)
  })

  test('work that ignores a failed statement is told that nothing was committed', async () => {
    const attempt = transaction(pool, async (client) => {
      await client.query('update counters set n = 1')
      await client.query('select 1 / 0').catch(() => {})
    })
    await expect(attempt).rejects.toThrow(/rolled back/)
    expect(await counts()).toEqual([0, 0])
  })

  test('a connection cut in the middle is thrown away; nothing of its work stays', async () => {
    const own = createPool(database.url, { max: 1, applicationName: 'one' })
    const attempt = transaction(own, async (client) => {
      await client.query('update counters set n = 1')
      const { rows } = await client.query('select pg_backend_pid() as pid')
      const ended = new Promise((resolve) => client.once('end', resolve))
      await pool.query('select pg_terminate_backend($1)', [rows[0].pid])
      await ended
      await client.query('select 1')
    })
    await expect(attempt).rejects.toThrow()
    expect((await own.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    expect(await counts()).toEqual([0, 0])
    await own.end()
  })

  test('settings hold for the transaction alone, as they were given', async () => {
    const own = createPool(database.url, { max: 1, applicationName: 'one' })
    const workspace = `o'brien; drop table counters; --\\`
    const read = `select current_setting('kantos.workspace', true) as workspace`
    const inside = await transaction(own, (client) => client.query(read), {
      settings: { 'kantos.workspace': workspace },
    })
    expect(inside.rows).toEqual([{ workspace }])
    expect((await own.query(read)).rows).toEqual([{ workspace: '' }])
    await own.end()
  })

  test('a read-only transaction refuses to write', async () => {
    const attempt = transaction(pool, (client) => client.query('update counters set n = 1'), {
      readOnly: true,
      isolation: 'repeatable read',
    })
    await expect(attempt).rejects.toMatchObject({ code: '25006' })
  })
})
