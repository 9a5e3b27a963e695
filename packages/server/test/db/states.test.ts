import { createServer } from 'node:net'
import { once } from 'node:events'
import { afterAll, describe, expect, test } from 'vitest'
import { createPool } from '../../src/db/pool.ts'
import { classify } from '../../src/db/states.ts'
import { createTestDatabase } from '../database.ts'

const database = await createTestDatabase({ empty: true })
const { pool } = database
afterAll(database.drop)
await pool.query('create table people (id integer primary key, name text not null, boss integer references people)')
await pool.query(`insert into people values (1, 'Ada', null)`)

const failureOf = (text: string, values?: unknown[]) => pool.query(text, values).catch((error: unknown) => error)

describe('classify', () => {
  test.each([
    ['a unique value that is taken', `insert into people values (1, 'Bo', null)`, 'conflict'],
    ['a missing reference', `insert into people values (2, 'Bo', 9)`, 'data'],
    ['a missing value', 'insert into people values (2, null, null)', 'data'],
    ['a number out of range', 'select 2147483647::int + 1', 'data'],
    ['a division by zero', 'select 1 / 0', 'data'],
    ['a text with a zero byte', `select convert_from('\\x00', 'UTF8')`, 'data'],
    ['an unknown column', 'select nothing from people', 'bug'],
    ['a mistake in the statement', 'selec 1', 'bug'],
    ['a deadlock', `do $$ begin raise exception 'x' using errcode = '40P01'; end $$`, 'retry'],
    ['a row moved to another partition', `do $$ begin raise exception 'x' using errcode = '40001'; end $$`, 'retry'],
    ['a full disk', `do $$ begin raise exception 'x' using errcode = '53100'; end $$`, 'unavailable'],
    ['a file that cannot be read', `do $$ begin raise exception 'x' using errcode = '58030'; end $$`, 'unavailable'],
    ['a statement that took too long', `set statement_timeout = 1; select pg_sleep(10)`, 'unavailable'],
    ['a server that only reads', 'set transaction_read_only = on; delete from people', 'unavailable'],
  ])('%s', async (_, text, meaning) => {
    expect(classify(await failureOf(`begin; ${text}`))).toBe(meaning)
    await pool.query('rollback')
  })

  test('an answer, and a mistake of ours in TypeScript, are bugs', () => {
    expect(classify(undefined)).toBe('bug')
    expect(classify(new TypeError('x is not a function'))).toBe('bug')
    expect(classify(Object.assign(new Error('no such file'), { code: 'ENOENT' }))).toBe('bug')
  })

  test('a server that is not there, does not answer, or hangs up is unavailable', async () => {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    const other = createPool(`postgres://kantos:x@127.0.0.1:${port}/kantos`, { max: 1, applicationName: 'none' })
    expect(classify(await other.query('select 1').catch((error: unknown) => error))).toBe('unavailable')
    await new Promise((resolve) => server.close(resolve))
    expect(classify(await other.query('select 1').catch((error: unknown) => error))).toBe('unavailable')
    await other.end()
  })

  test('a connection cut while its query runs is unavailable, and so is the next query on it', async () => {
    const own = createPool(database.url, { max: 1, applicationName: 'cut' })
    const client = await own.connect()
    const { rows } = await client.query('select pg_backend_pid() as pid')
    const running = client.query('select pg_sleep(60)').catch((error: unknown) => error)
    await pool.query('select pg_terminate_backend($1)', [rows[0].pid])
    expect(classify(await running)).toBe('unavailable')
    expect(classify(await client.query('select 1').catch((error: unknown) => error))).toBe('unavailable')
    client.release(true)
    await own.end()
  })

  test('what wraps an error of the database means what it means', async () => {
    const error = await failureOf('select 1 / 0')
    expect(classify(new Error('could not compute', { cause: error }))).toBe('data')
  })
})
