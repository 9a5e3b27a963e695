import { createRecordsRoute } from '@kantos/model'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { createPool, type Pool } from '../../src/db/pool.ts'
import { lockRuns } from '../../src/runs/claim.ts'
import { createTestDatabase, type TestDatabase } from '../database.ts'
import { createTestEngine } from '../engine.ts'
import { mostRows } from '../plan-rows.ts'

const WORKSPACE = '01990000-0000-7000-8000-00000000aaaa'
const MANY = 20_000

let database: TestDatabase
let pool: Pool
beforeAll(async () => {
  database = await createTestDatabase()
  // one connection, so that all is said to the same
  pool = createPool(database.url, { max: 1, applicationName: 'kantos test', worker: true })
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})
afterEach(() => vi.restoreAllMocks())

/** Rows that the settling of one run goes through, by the plan that the connection has. */
async function rowsOfALock(): Promise<number> {
  const { rows } = await pool.query(
    `explain (analyze, format json) execute "runs-lock"(array['${WORKSPACE}'::uuid], array['${WORKSPACE}'::uuid], array[1])`,
  )
  return mostRows(rows[0]['QUERY PLAN'][0].Plan)
}

test('under load, plans that were made while the tables were empty are made anew', async () => {
  const now = performance.now.bind(performance)
  let passed = 0
  vi.spyOn(performance, 'now').mockImplementation(() => now() + passed)
  await lockRuns(pool, [{ workspaceId: WORKSPACE, id: WORKSPACE, rev: 1 }])
  await pool.query(
    `insert into runs_live (class, workspace_id, id, automation_id, version, status, mode, lane, rev, chain_id)
     select 'live', $1, gen_random_uuid(), gen_random_uuid(), 1, 'waiting', 'live', 1, 1, gen_random_uuid() from generate_series(1, ${MANY})`,
    [WORKSPACE],
  )
  expect(await rowsOfALock()).toBeGreaterThanOrEqual(MANY)
  passed = 5_000
  expect(await rowsOfALock()).toBeGreaterThanOrEqual(MANY)
  for (let use = 0; use < 200; use++) await pool.query('select 1')
  expect(await rowsOfALock()).toBeLessThan(10)
})

test('a relay under load makes its plans anew', async () => {
  const e = await createTestEngine()
  try {
    const id = await e.automation({
      trigger: { event: 'record.created', object: 'leads' },
      actions: [{ type: 'stop' }],
    })
    const sent: unknown[] = []
    const { query } = pg.Client.prototype
    vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (this: pg.Client, ...given: unknown[]) {
      sent.push(given[0])
      return (query as (...all: unknown[]) => unknown).apply(this, given) as never
    })
    const now = performance.now.bind(performance)
    let passed = 0
    vi.spyOn(performance, 'now').mockImplementation(() => now() + passed)
    await e.create('leads', { name: 'the first' })
    await e.ended(id)
    passed = 5_000
    // more than twice as many as its plans last for: a second relay may take half of them
    for (let made = 0; made < 5_000; made += 200)
      await e.client.call(createRecordsRoute, {
        body: { object_id: 'leads', records: Array.from({ length: 200 }, () => ({ name: 'L' })) } as never,
      })
    await e.quiet()
    expect(sent).toContain('discard plans; begin')
  } finally {
    vi.restoreAllMocks()
    await e.stop()
  }
})
