import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Queryable } from '../../src/db/pool.ts'
import type { LiveRun } from '../../src/runs/live-run.ts'
import { passTurns, sweepTurns } from '../../src/runs/serial.ts'
import { createTestDatabase, type TestDatabase } from '../database.ts'
import { statementsOf } from '../pages.ts'
import { mostRows } from '../plan-rows.ts'

const WORKSPACE = '01990000-0000-7000-8000-00000000aaaa'
const KEYS = 2_000
/** runs that wait for their turn, of each key */
const QUEUED = 10
/** keys whose run at turn has ended */
const FREE = 50

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())

const keyOf = (n: number) => `key ${n}`
const ended = Array.from({ length: FREE }, (_, n) => ({
  workspaceId: WORKSPACE,
  serialKey: keyOf(n + 1),
  rev: 1,
  status: 'succeeded',
})) as LiveRun[]

async function textOf(ask: (db: Queryable) => Promise<unknown>): Promise<string> {
  const [statement] = await statementsOf(database.pool, ask)
  return statement!.text
}

// as on the day of the installation
test('handing on turns by a plan from when the tables were empty looks at the keys that are handed on, not at all that wait', async () => {
  const client = await database.pool.connect()
  try {
    await client.query(`prepare pass as ${await textOf((db) => passTurns(db, ended))}`)
    await client.query(`prepare sweep as ${await textOf(sweepTurns)}`)
    const keys = ended.map(({ serialKey }) => `'${serialKey}'`).join(', ')
    const pass = `execute pass(array_fill('${WORKSPACE}'::uuid, array[${FREE}]), array[${keys}])`
    await client.query(pass)
    await client.query('execute sweep')
    await client.query(
      `insert into runs_live (class, workspace_id, id, automation_id, version, status, mode, lane, rev, chain_id, serial_key, wait_reason, due_at)
       select 'live', $1, (substr(id_floor(now())::text, 1, 14) || '7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, gen_random_uuid(), 1, 'waiting',
         'live', 1, 1, gen_random_uuid(), 'key ' || n % ${KEYS}, case when n <= ${KEYS} then 'wait' else 'turn' end, case when n <= ${KEYS} then now() end
       from generate_series(1, ${KEYS * (QUEUED + 1)}) n`,
      [WORKSPACE],
    )
    await client.query('delete from runs_live where wait_reason = $1 and serial_key = any($2)', [
      'wait',
      ended.map(({ serialKey }) => serialKey),
    ])
    const { rows } = await client.query(`explain (analyze, format json) ${pass}`)
    expect(mostRows(rows[0]['QUERY PLAN'][0].Plan)).toBeLessThanOrEqual(2 * FREE * QUEUED)
    const woken = await client.query(
      `select not exists (select from runs_live o where o.serial_key = r.serial_key and o.id < r.id) as oldest
       from runs_live r where wait_reason = 'queued'`,
    )
    expect(woken.rows).toEqual(Array(FREE).fill({ oldest: true }))

    await client.query(`delete from runs_live where wait_reason = 'queued'`)
    const swept = await client.query('explain (analyze, format json) execute sweep')
    expect(mostRows(swept.rows[0]['QUERY PLAN'][0].Plan)).toBeLessThanOrEqual(2 * KEYS)
    const again = await client.query(`select serial_key from runs_live where wait_reason = 'queued'`)
    expect(again.rows).toHaveLength(FREE)
  } finally {
    client.release(true)
  }
})
