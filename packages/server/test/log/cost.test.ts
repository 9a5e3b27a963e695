import type { RunStatus } from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readActivity } from '../../src/automations/stats.ts'
import type { Pool } from '../../src/db/pool.ts'
import { readOverview } from '../../src/health/overview.ts'
import { newestRuns, type RunFilter } from '../../src/log/filter.ts'
import { LIST_COLUMNS } from '../../src/log/shape.ts'
import { createTestDatabase, type TestDatabase } from '../database.ts'
import { pagesRead, statementsOf } from '../pages.ts'

const WORKSPACE = '01990000-0000-7000-8000-00000000aaaa'
const AUTOMATION = '01990000-0000-7000-8000-000000000003'
const RECORD = '01990000-0000-7000-9000-000000000003'
const CHAIN = '01990000-0000-7000-a000-000000000010'
const PARENT = '01990000-0000-7000-b000-000000000010'
const EACH = 30_000

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
  const statuses = [
    ['done', 'succeeded'],
    ['skipped', 'skipped'],
    ['failed', 'failed'],
    ['live', 'waiting'],
  ]
  for (const [kind, status] of statuses)
    await database.pool.query(
      `insert into runs (class, workspace_id, id, automation_id, version, status, mode, event_id, record_id, started_at, finished_at,
        chain_id, parent_run_id)
      select $1, $2, (substr(id_floor(t)::text, 1, 14) || '7000-8000-' || substr(md5($1 || i), 1, 12))::uuid,
        ('01990000-0000-7000-8000-' || lpad((i % 50)::text, 12, '0'))::uuid, 1, $3, 'live',
        gen_random_uuid(), ('01990000-0000-7000-9000-' || lpad((i % 1000)::text, 12, '0'))::uuid, t, t,
        ('01990000-0000-7000-a000-' || lpad((i % 1000)::text, 12, '0'))::uuid,
        case when i % 10 = 0 then ('01990000-0000-7000-b000-' || lpad((i % 1000)::text, 12, '0'))::uuid end
      from (select i, now() - interval '1 second' * i as t from generate_series(1, ${EACH}) i) s`,
      [kind, WORKSPACE, status],
    )
  await database.pool.query('insert into workspaces (id, name, slug) values ($1, $2, $2)', [WORKSPACE, 'cost'])
  await database.pool.query('insert into health_state (workspace_id, counted_to) values ($1, now())', [WORKSPACE])
  await database.pool.query('analyze')
})
afterAll(() => database.drop())

test('the runs of 7 days of 25 automations are read from what is added up, not from the log', async () => {
  const ids = Array.from({ length: 25 }, (_, i) => AUTOMATION.replace(/..$/, String(i + 10)))
  const asked = await statementsOf(database.pool, (db) => readActivity(db, WORKSPACE, ids))
  expect(asked).toHaveLength(2)
  // they have 45,000 runs
  for (const statement of asked) expect(await pagesRead(database.pool, statement)).toBeLessThan(3_000)
})

test('the overview’s hours are read from what is added up, and of the log only what came since', async () => {
  const asked = await statementsOf(database.pool, (db) => readOverview(db as Pool, WORKSPACE, Date.now()))
  const hours = asked.find(({ text }) => text.includes('workspace_hours'))!
  expect(await pagesRead(database.pool, hours)).toBeLessThan(200)
})

const some = (statuses: RunStatus[]): RunFilter => ({ statuses })
const FILTERS: Record<string, RunFilter> = {
  all: {},
  succeeded: some(['succeeded']),
  cancelled: some(['cancelled']),
  blocked: some(['blocked']),
  'queued or running': some(['queued', 'running']),
  'failed or skipped': some(['failed', 'skipped']),
  'of an automation': { automationId: AUTOMATION },
  'of an automation that has none': { automationId: WORKSPACE },
  'of an automation, cancelled': { automationId: AUTOMATION, statuses: ['cancelled'] },
  'of a record': { recordId: RECORD },
  'of a record, skipped': { recordId: RECORD, statuses: ['skipped'] },
  'of a record and an automation': { recordId: RECORD, automationId: AUTOMATION },
  'of a chain': { chainId: CHAIN },
  'of a chain that is over': { chainId: WORKSPACE },
  'of a chain, failed': { chainId: CHAIN, statuses: ['failed'] },
  'that a run started': { parentRunId: PARENT },
  'that nothing started': { parentRunId: WORKSPACE },
  tests: { mode: 'test' },
  'of a time': { from: Date.now() - 2_000_000, to: Date.now() - 1_000_000 },
  'after now': { from: Date.now() + 60_000 },
}

test.each(Object.entries(FILTERS))(
  'a page of runs (%s) reads a few pages of the log, however long it is',
  async (_, filter) => {
    const statement = newestRuns(WORKSPACE, filter, LIST_COLUMNS, { limit: 26 })
    // one partition alone has over 400
    expect(await pagesRead(database.pool, statement)).toBeLessThan(200)
  },
)
