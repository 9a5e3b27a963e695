import { createRecordsRoute } from '@kantos/model'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createPool, type Pool } from '../../src/db/pool.ts'
import { lockRuns } from '../../src/runs/claim.ts'
import { createTestDatabase, type TestDatabase } from '../database.ts'
import { createTestEngine, type TestEngine } from '../engine.ts'
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
  await pool.query('alter table runs_live set (autovacuum_enabled = off)')
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

describe('a relay makes its plans anew', () => {
  let e: TestEngine
  let id: string
  let sent: unknown[]
  /** what is to happen instead of the next claim of events */
  let instead: (() => Promise<never>) | null = null
  beforeAll(async () => {
    e = await createTestEngine()
    id = await e.automation({ trigger: { event: 'record.created', object: 'leads' }, actions: [{ type: 'stop' }] })
  })
  afterAll(() => e.stop())
  beforeEach(() => {
    sent = []
    const { query } = pg.Client.prototype
    vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (this: pg.Client, ...given: unknown[]) {
      sent.push(given[0])
      const fails = instead
      if (fails !== null && (given[0] as { name?: string }).name === 'outbox-claim') {
        instead = null
        return fails() as never
      }
      return (query as (...all: unknown[]) => unknown).apply(this, given) as never
    })
  })

  test('when a batch took too long', async () => {
    instead = () => Promise.reject(Object.assign(new pg.DatabaseError('too long', 0, 'error'), { code: '57014' }))
    await e.create('leads', { name: 'L' })
    await e.ended(id)
    expect(instead).toBeNull()
    expect(sent).toContain('rollback; discard plans')
  })

  test('under load', async () => {
    const now = performance.now.bind(performance)
    vi.spyOn(performance, 'now').mockImplementation(() => now() + 5_000)
    // more than twice as many as its plans last for: a second relay may take half of them
    for (let made = 0; made < 5_000; made += 200)
      await e.client.call(createRecordsRoute, {
        body: { object_id: 'leads', records: Array.from({ length: 200 }, () => ({ name: 'L' })) } as never,
      })
    await e.quiet()
    expect(sent).toContain('begin; discard plans')
  })
})
