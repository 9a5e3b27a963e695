import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readActivity } from '../../src/automations/stats.ts'
import { listWaits } from '../../src/log/waits.ts'
import type { Pool } from '../../src/db/pool.ts'
import { ensurePartitions } from '../../src/chores/partitions.ts'
import { newestRuns, type RunFilter } from '../../src/log/filter.ts'
import { LIST_COLUMNS } from '../../src/log/shape.ts'
import { createTestDatabase, type TestDatabase } from '../database.ts'
import { pagesRead, statementsOf } from '../pages.ts'

const WORKSPACE = '01990000-0000-7000-8000-00000000aaaa'
const RECORD = '01990000-0000-7000-9000-000000000003'
const EACH = 20_000
/** The n-th automation: the first has all tests, and all that was cancelled or blocked. */
const automation = (n: number) => `01990000-0000-7000-8000-${String(n).padStart(12, '0')}`

async function fill(pool: Pool, automations: number): Promise<void> {
  for (const [kind, status, rare] of [
    ['done', 'succeeded', 'cancelled'],
    ['skipped', 'skipped', 'skipped'],
    ['failed', 'failed', 'blocked'],
    ['live', 'waiting', 'waiting'],
  ])
    await pool.query(
      `insert into runs (class, workspace_id, id, automation_id, version, status, mode, event_id, record_id, started_at, finished_at, due_at,
        wait_reason, steps)
      select $1, $2, (substr(id_floor(t)::text, 1, 14) || '7000-8000-' || substr(md5($1 || i), 1, 12))::uuid,
        ('01990000-0000-7000-8000-' || lpad((i % $5)::text, 12, '0'))::uuid, 1, case when i % $5 = 0 then $4 else $3 end,
        case when i % $5 = 0 then 'test' else 'live' end, gen_random_uuid(),
        ('01990000-0000-7000-9000-' || lpad((i % 1000)::text, 12, '0'))::uuid, t, t,
        case when $1 = 'live' then t + interval '1 year' end, case when $1 = 'live' then 'wait' end, '[]'
      from (select i, now() - interval '1 second' * i as t from generate_series(1, ${EACH}) i) s`,
      [kind, WORKSPACE, status, rare, automations],
    )
  await pool.query('vacuum (analyze)')
}

const FILTERS: Record<string, RunFilter> = {
  all: {},
  tests: { mode: 'test' },
  'no tests': { mode: 'live' },
  'failed tests': { mode: 'test', statuses: ['failed'] },
  'skipped tests': { mode: 'test', statuses: ['skipped'] },
  'waiting tests': { mode: 'test', statuses: ['waiting'] },
  failed: { statuses: ['failed'] },
  waiting: { statuses: ['waiting'] },
  cancelled: { statuses: ['cancelled'] },
  blocked: { statuses: ['blocked'] },
  'tests of a record': { recordId: RECORD, mode: 'test' },
}

describe.each([
  { of: 'one of fifty', automations: 50, asked: automation(3) },
  { of: 'one that has no runs beside three', automations: 3, asked: automation(7) },
])('a page of an automation’s runs, $of, reads a few pages', ({ automations, asked }) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await createTestDatabase()
    await fill(database.pool, automations)
  })
  afterAll(() => database.drop())

  test.each(Object.entries(FILTERS))('%s', async (_, filter) => {
    const statement = newestRuns(WORKSPACE, { ...filter, automationId: asked }, LIST_COLUMNS, { limit: 26 })
    expect(await pagesRead(database.pool, statement)).toBeLessThan(200)
  })

  test('the last one', async () => {
    const statements = await statementsOf(database.pool, (db) => readActivity(db, WORKSPACE, [asked]))
    expect(await pagesRead(database.pool, statements.at(-1)!)).toBeLessThan(100)
  })

  test('what waits, of a record', async () => {
    const filter = { automationId: automation(1), recordId: RECORD }
    const [first] = await statementsOf(database.pool, (db) => listWaits(db, WORKSPACE, filter, { limit: 25 }))
    expect(await pagesRead(database.pool, first!)).toBeLessThan(200)
  })
})

test('each partition, also one made later, is told that an automation, a record and a cause have few rows', async () => {
  const database = await createTestDatabase()
  await database.pool.query(`select make_partitions(now() + interval '1 year', 0)`)
  await database.pool.query('drop table runs_done_default')
  await database.pool.query(
    `do $$ begin execute 'drop table runs_failed_' || to_char(now() at time zone 'UTC', 'YYYY_MM'); end $$`,
  )
  expect(await ensurePartitions(database.pool)).toHaveLength(1)
  const { rows } = await database.pool.query<{ name: string; told: string }>(
    `select c.relname as name, string_agg(a.attname || ' ' || array_to_string(a.attoptions, ','), ', ' order by a.attname) as told
     from unnest(array['runs', 'events']) top cross join lateral pg_partition_tree(top::regclass) t
     join pg_class c on c.oid = t.relid left join pg_attribute a on a.attrelid = c.oid and a.attoptions is not null
     where t.isleaf group by 1 order by 1`,
  )
  expect(rows.length).toBeGreaterThan(15)
  for (const { told } of rows) expect(told).toMatch(/^automation_id n_distinct=-0.01,.* record_id n_distinct=-0.5$/)
  await database.drop()
})
