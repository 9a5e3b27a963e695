import { afterAll, beforeAll, expect, test } from 'vitest'
import { ensurePartitions } from '../../src/chores/partitions.ts'
import { createPool, type Pool } from '../../src/db/pool.ts'
import { runDueSchedules } from '../../src/schedules/tick.ts'
import { createTestCrm, insertAutomation, type TestCrm } from '../crm.ts'
import { createTestDatabase, type TestDatabase } from '../database.ts'

const DAY = 86_400_000
const BEGIN = Date.parse('2026-10-01T12:00:00.000Z')

let database: TestDatabase
let pool: Pool
let crm: TestCrm

/** The database's clock is a function of ours, which stands before PostgreSQL's in the search path. */
beforeAll(async () => {
  database = await createTestDatabase()
  await database.pool.query(`
    create schema simulated;
    create table simulated.shift (by interval not null);
    insert into simulated.shift values ('0');
    create function simulated.clock_timestamp() returns timestamptz language sql volatile as
      'select pg_catalog.clock_timestamp() + by from simulated.shift';
    create function simulated.now() returns timestamptz language sql stable as
      'select pg_catalog.now() + by from simulated.shift';
    create function simulated.statement_timestamp() returns timestamptz language sql stable as
      'select pg_catalog.statement_timestamp() + by from simulated.shift'`)
  const name = new URL(database.url).pathname.slice(1)
  await database.pool.query(`alter database ${name} set search_path = simulated, pg_catalog, public`)
  pool = createPool(database.url, { max: 4, applicationName: 'kantos test', worker: true })
  crm = await createTestCrm(pool)
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})

async function setClock(ms: number): Promise<void> {
  await pool.query(`update simulated.shift set by = $1::timestamptz - pg_catalog.now()`, [new Date(ms)])
  await crm.time.measure()
}

test('a daily schedule lives sixty days: one tick a day, at its local time also after the clocks have changed', async () => {
  await setClock(BEGIN)
  expect(Math.abs(crm.time.now() - BEGIN)).toBeLessThan(60_000)
  const trigger = { event: 'schedule', cron: '0 9 * * *', timezone: 'Europe/Berlin' }
  const id = await insertAutomation(crm, 'Daily', { trigger } as never)
  await pool.query('insert into schedules (workspace_id, automation_id, next_tick_at) values ($1, $2, $3)', [
    crm.workspaceId,
    id,
    new Date('2026-10-02T07:00:00.000Z'),
  ])
  for (let hours = 0; hours < 60 * 24; hours += 6) {
    await setClock(BEGIN + hours * 3_600_000)
    if (hours % 24 === 0) await ensurePartitions(pool)
    await runDueSchedules(pool, crm.time, () => crm.wake())
  }
  const { rows } = await pool.query<{ at: string; written: Date }>(
    `select payload #>> '{tick,at}' as at, at as written from events where automation_id = $1 order by id`,
    [id],
  )
  // the clocks go back on 25 October
  const expected = Array.from({ length: 60 }, (_, i) => {
    const day = new Date(Date.UTC(2026, 9, 2) + i * DAY).toISOString().slice(0, 10)
    return `${day}T${day < '2026-10-25' ? '07' : '08'}:00:00.000Z`
  }).filter((at) => Date.parse(at) <= BEGIN + (60 * 24 - 6) * 3_600_000)
  expect(rows.map(({ at }) => new Date(at).toISOString())).toEqual(expected)
  for (const { at, written } of rows) expect(written.getTime()).toBeGreaterThanOrEqual(Date.parse(at))
}, 120_000)
