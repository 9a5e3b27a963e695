import { afterAll, beforeAll, expect, test } from 'vitest'
import { ensurePartitions, monthOf, MONTHLY } from '../../src/chores/partitions.ts'
import { insertEvents } from '../../src/events/insert.ts'
import { createTestCrm, type TestCrm } from '../crm.ts'
import { createTestDatabase, type TestDatabase } from '../database.ts'

let database: TestDatabase
let crm: TestCrm
beforeAll(async () => {
  database = await createTestDatabase()
  crm = await createTestCrm(database.pool)
})
afterAll(() => database.drop())

async function partitionsOf(table: string): Promise<string[]> {
  const { rows } = await database.pool.query(
    `select inhrelid::regclass::text as name from pg_inherits where inhparent = $1::regclass order by 1`,
    [table],
  )
  return rows.map(({ name }) => name)
}

const months = (table: (typeof MONTHLY)[number]) =>
  [0, 1, 2].map((ahead) => monthOf(table, new Date(crm.time.now()), ahead).name)

function event() {
  const id = crm.time.id()
  return {
    ...({ workspaceId: crm.workspaceId, id, type: 'manual', object: null, recordId: null, source: 'manual' } as const),
    ...({ actor: null, lane: 1, automationId: null, changes: null, after: null, payload: null } as const),
    chain: { id, depth: 0, path: [] },
  }
}

test('months follow each other over the turn of a year', () => {
  const december = new Date('2026-12-31T23:59:59Z')
  expect(monthOf('events', december).name).toBe('events_2026_12')
  expect(monthOf('events', december, 1)).toEqual({
    table: 'events',
    name: 'events_2027_01',
    start: '2027-01-01T00:00:00.000Z',
    end: '2027-02-01T00:00:00.000Z',
  })
})

test('a migrated database has the partitions of this month and the next two', async () => {
  expect(await ensurePartitions(database.pool)).toEqual([])
  for (const table of MONTHLY) expect(await partitionsOf(table)).toEqual([...months(table), `${table}_default`])
})

test('processes that start at once make each missing partition once, and rows that came too early move in', async () => {
  for (const table of MONTHLY) for (const name of months(table)) await database.pool.query(`drop table ${name}`)
  const events = [event(), event(), event()]
  await insertEvents(database.pool, events)
  const count = async (table: string) =>
    (await database.pool.query(`select count(*)::int as n from ${table}`)).rows[0].n
  expect(await count('events_default')).toBe(3)
  const made = await Promise.all([1, 2, 3].map(() => ensurePartitions(database.pool)))
  expect(made.flat().toSorted()).toEqual(MONTHLY.flatMap(months).toSorted())
  for (const table of MONTHLY) expect(await partitionsOf(table)).toEqual([...months(table), `${table}_default`])
  expect(await count('events_default')).toBe(0)
  expect(await count(months('events')[0]!)).toBe(3)
  await insertEvents(database.pool, [event()])
  expect(await count(months('events')[0]!)).toBe(4)
})

test('a partition that was made later has the indexes of those of the migration', async () => {
  const indexes = async (table: string) => {
    const { rows } = await database.pool.query(
      `select i.indisprimary, pg_get_indexdef(i.indexrelid) as definition, exists (
         select from pg_inherits where inhrelid = i.indexrelid) as attached
       from pg_index i where i.indrelid = $1::regclass`,
      [table],
    )
    return rows.map(({ definition, ...row }) => ({ ...row, columns: / USING .*/.exec(definition)![0] }))
  }
  for (const table of MONTHLY) {
    const parent = await indexes(table)
    const partition = await indexes(months(table)[0]!)
    const byColumns = (rows: { columns: string }[]) => rows.map(({ columns }) => columns).toSorted()
    expect(byColumns(partition)).toEqual(byColumns(parent))
    expect(partition.length).toBeGreaterThan(0)
    for (const index of partition) expect(index.attached).toBe(true)
  }
})
