import { afterAll, beforeAll, expect, test } from 'vitest'
import { newestRuns, type RunFilter } from '../../src/log/filter.ts'
import { LIST_COLUMNS } from '../../src/log/shape.ts'
import { createTestDatabase, type TestDatabase } from '../database.ts'

const WORKSPACE = '01990000-0000-7000-8000-00000000aaaa'
const RECORD = '01990000-0000-7000-9000-000000000003'
const EACH = 30_000
/** The n-th of fifty automations: the first has all tests, and all that was cancelled or blocked. */
const automation = (n: number) => `01990000-0000-7000-8000-${String(n).padStart(12, '0')}`

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
  for (const [kind, status, rare] of [
    ['done', 'succeeded', 'cancelled'],
    ['skipped', 'skipped', 'skipped'],
    ['failed', 'failed', 'blocked'],
    ['live', 'waiting', 'waiting'],
  ])
    await database.pool.query(
      `insert into runs (class, workspace_id, id, automation_id, version, status, mode, event_id, record_id, started_at, finished_at)
      select $1, $2, (substr(id_floor(t)::text, 1, 14) || '7000-8000-' || substr(md5($1 || i), 1, 12))::uuid,
        ('01990000-0000-7000-8000-' || lpad((i % 50)::text, 12, '0'))::uuid, 1, case when i % 50 = 0 then $4 else $3 end,
        case when i % 50 = 0 then 'test' else 'live' end, gen_random_uuid(),
        ('01990000-0000-7000-9000-' || lpad((i % 1000)::text, 12, '0'))::uuid, t, t
      from (select i, now() - interval '1 second' * i as t from generate_series(1, ${EACH}) i) s`,
      [kind, WORKSPACE, status, rare],
    )
  await database.pool.query('vacuum (analyze)')
})
afterAll(() => database.drop())

const other = { automationId: automation(3) }
const FILTERS: Record<string, RunFilter> = {
  tests: { ...other, mode: 'test' },
  'no tests': { ...other, mode: 'live' },
  'failed tests': { ...other, mode: 'test', statuses: ['failed'] },
  'skipped tests': { ...other, mode: 'test', statuses: ['skipped'] },
  cancelled: { ...other, statuses: ['cancelled'] },
  blocked: { ...other, statuses: ['blocked'] },
  'tests of a record': { ...other, recordId: RECORD, mode: 'test' },
}

test.each(Object.entries(FILTERS))(
  'a page of an automation’s runs (%s) reads a few pages, whoever has those',
  async (_, filter) => {
    const { text, values } = newestRuns(WORKSPACE, filter, LIST_COLUMNS, { limit: 26 })
    const { rows } = await database.pool.query(`explain (analyze, buffers, format json) ${text}`, values)
    const [{ Plan: plan }] = rows[0]['QUERY PLAN']
    expect(plan['Shared Hit Blocks'] + plan['Shared Read Blocks']).toBeLessThan(200)
  },
)
