import { afterAll, beforeAll, expect, test } from 'vitest'
import { claimEvents } from '../../src/events/claim.ts'
import { createTestDatabase, type TestDatabase } from '../database.ts'
import { statementsOf } from '../pages.ts'
import { mostRows } from '../plan-rows.ts'

const WORKSPACE = '01990000-0000-7000-8000-00000000aaaa'
const MANY = 20_000
const LIMIT = 100

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())

// as on the day of the installation, when somebody imports a file
test('a claim whose plan was made while the tables were empty looks at what it takes, not at all that waits', async () => {
  const { pool } = database
  const [claim] = await statementsOf(pool, (db) => claimEvents(db, LIMIT))
  const client = await pool.connect()
  try {
    await client.query(`prepare claim as ${claim!.text}`)
    await client.query(`execute claim(${LIMIT})`)
    await client.query(
      `with e as (
        insert into events (workspace_id, id, type, object, record_id, at, source, lane, chain_id, depth, path)
        select $1, (substr(id_floor(now())::text, 1, 14) || '7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, 'record.created', 'leads',
          gen_random_uuid(), now(), 'import', 2, gen_random_uuid(), 0, '[]'
        from generate_series(1, ${MANY}) i returning workspace_id, id, record_id
      )
      insert into outbox (workspace_id, lane, event_id, record_id) select workspace_id, 2, id, record_id from e`,
      [WORKSPACE],
    )
    const { rows } = await client.query(`explain (analyze, buffers, format json) execute claim(${LIMIT})`)
    const [{ Plan: plan }] = rows[0]['QUERY PLAN']
    expect(plan['Actual Rows']).toBe(LIMIT)
    expect(mostRows(plan)).toBeLessThanOrEqual(2 * LIMIT)
  } finally {
    client.release(true)
  }
})
