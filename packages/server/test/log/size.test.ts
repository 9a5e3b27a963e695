import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../database.ts'

const ROWS = 30_000

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())

test('a run whose conditions did not hold takes at most 400 bytes, its indexes included', async () => {
  // two automations hear of each of many records, in the order of time
  await database.pool.query(
    `insert into runs (class, workspace_id, id, automation_id, version, status, mode, event_id, record_id, started_at, finished_at, conditions)
     select 'skipped', '01990000-0000-7000-8000-00000000aaaa',
       (substr(id_floor(now() + interval '1 ms' * i)::text, 1, 14) || '7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid,
       ('01990000-0000-7000-8000-' || lpad((i % 2)::text, 12, '0'))::uuid, 1, 'skipped', 'live', gen_random_uuid(), gen_random_uuid(),
       now(), now(), '[["new",1],[40,0]]'
     from generate_series(1, ${ROWS}) i`,
  )
  const { rows } = await database.pool.query<{ bytes: number }>(
    `select sum(pg_total_relation_size(relid))::float8 as bytes from pg_partition_tree('runs_skipped') where isleaf`,
  )
  expect(rows[0]!.bytes / ROWS).toBeLessThan(400)
})
