import { afterAll, describe, expect, test } from 'vitest'
import { createPool, query } from '../../src/db/pool.ts'
import { createTestDatabase } from '../database.ts'

const database = await createTestDatabase({ empty: true, worker: false })
afterAll(database.drop)

describe('createPool', () => {
  test('connections carry our settings, whatever the server has', async () => {
    const { rows } = await database.pool.query(`select
      current_setting('statement_timeout') as statement, current_setting('idle_in_transaction_session_timeout') as idle,
      current_setting('tcp_keepalives_idle') as keepalive_idle, current_setting('tcp_keepalives_interval') as interval,
      current_setting('tcp_keepalives_count') as count, current_setting('application_name') as name,
      current_setting('kantos.worker', true) as worker`)
    expect(rows).toEqual([
      {
        statement: '30s',
        idle: '10s',
        keepalive_idle: '5',
        interval: '2',
        count: '3',
        name: 'kantos test',
        worker: null,
      },
    ])
  })

  test("a worker's connections say so, and a statement timeout can be chosen", async () => {
    const pool = createPool(database.url, { max: 1, applicationName: 'w', worker: true, statementTimeoutMs: 0 })
    const { rows } = await pool.query(
      `select current_setting('kantos.worker') as worker, current_setting('statement_timeout') as timeout`,
    )
    await pool.end()
    expect(rows).toEqual([{ worker: 'on', timeout: '0' }])
  })

  test('it is a plain role that connects, not a superuser', async () => {
    const { rows } = await database.pool.query('select rolsuper from pg_roles where rolname = current_user')
    expect(rows).toEqual([{ rolsuper: false }])
  })

  test('values come as the types the code counts on', async () => {
    const { rows } = await database.pool.query(`select
      9007199254740991::int8 as safe, 9007199254740993::int8 as beyond, '{1,null,3}'::int8[] as list,
      date '2026-03-29' as day, timestamp '2026-03-29 02:30:00' as wall, timestamptz '2026-03-29 02:30:00+02' as instant,
      1.10::numeric as amount, '{"a": [1, null]}'::jsonb as data, null::int8 as nothing`)
    expect(rows).toEqual([
      {
        safe: 9007199254740991,
        beyond: '9007199254740993',
        list: [1, null, 3],
        day: '2026-03-29',
        wall: '2026-03-29 02:30:00',
        instant: new Date('2026-03-29T00:30:00Z'),
        amount: '1.10',
        data: { a: [1, null] },
        nothing: null,
      },
    ])
  })

  test('upper and lower case follow Unicode', async () => {
    const { rows } = await database.pool.query(`select lower('MÜLLER') = 'müller' as folds, 'ÄB' ilike 'äb' as alike`)
    expect(rows).toEqual([{ folds: true, alike: true }])
  })

  test('a named statement is prepared once per connection', async () => {
    const pool = createPool(database.url, { max: 1, applicationName: 'named' })
    for (const value of [1, 2]) {
      const { rows } = await query<{ sum: number }>(pool, {
        name: 'add_one',
        text: 'select $1::int + 1 as sum',
        values: [value],
      })
      expect(rows).toEqual([{ sum: value + 1 }])
    }
    const { rows } = await pool.query(
      `select name, (generic_plans + custom_plans)::int as runs from pg_prepared_statements`,
    )
    await pool.end()
    expect(rows).toEqual([{ name: 'add_one', runs: 2 }])
  })

  test('a connection that is cut, idle or in use, fails its own query only', async () => {
    const pool = createPool(database.url, { max: 2, applicationName: 'cut' })
    const cut = (pid: number) => database.pool.query('select pg_terminate_backend($1)', [pid])
    const client = await pool.connect()
    const inUse = (await client.query('select pg_backend_pid() as pid')).rows[0].pid
    const ended = new Promise((resolve) => client.once('end', resolve))
    await cut(inUse)
    await ended
    await expect(client.query('select 1')).rejects.toThrow()
    client.release(true)
    const idle = (await pool.query('select pg_backend_pid() as pid')).rows[0].pid
    const removed = new Promise((resolve) => pool.once('remove', resolve))
    await cut(idle)
    await removed
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    await pool.end()
  })
})
