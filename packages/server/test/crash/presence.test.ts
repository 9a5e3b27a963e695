import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { Presence } from '../../src/runs/presence.ts'
import { createTestDatabase, type TestDatabase } from '../database.ts'
import { until } from '../helpers.ts'

let database: TestDatabase
let presence: Presence
beforeAll(async () => {
  database = await createTestDatabase({ worker: true })
})
afterAll(() => database.drop())
beforeEach(async () => {
  presence = await joined()
})
afterEach(async () => {
  await presence.leave()
  await database.pool.query('delete from workers')
})

async function joined(): Promise<Presence> {
  const made = new Presence(database.pool, pino({ level: 'silent' }), () => {})
  await made.join()
  return made
}

/** A worker whose lock is free: it is dead, or a restart of PostgreSQL has cut it off. */
async function lockless(beatenSecondsAgo = 0, seq = 0): Promise<string> {
  const id = randomUUID()
  await database.pool.query(
    `insert into workers (id, name, lock_key, beat_at, claimed_seqs) values ($1, 'other', 1, clock_timestamp() - make_interval(secs => $2), $3)`,
    [id, beatenSecondsAgo, [seq]],
  )
  return id
}

const beats = (id: string) => database.pool.query('update workers set beat_at = clock_timestamp() where id = $1', [id])
const isThere = async (id: string) =>
  (await database.pool.query('select 1 from workers where id = $1', [id])).rowCount === 1

/** As a restart of PostgreSQL does; waits until it is back. */
async function cutOff(): Promise<void> {
  const beatenAt = async () =>
    (await database.pool.query<{ at: Date }>('select beat_at as at from workers where id = $1', [presence.id])).rows[0]!
      .at
  const before = await beatenAt()
  await database.pool.query(
    `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted and pid <> pg_backend_pid()
       and (classid::bigint << 32) + objid::bigint = (select lock_key from workers where id = $1)
       and database = (select oid from pg_database where datname = current_database())`,
    [presence.id],
  )
  await until(async () => (await beatenAt()) > before)
}

test('a worker without its lock is dead, and is buried at the next beat', async () => {
  const other = await lockless()
  await presence.beat()
  expect(await isThere(other)).toBe(false)
})

test('who comes back after its connection broke leaves the others time to come back, too', async () => {
  const other = await lockless(2, 7)
  await cutOff()
  await presence.beat()
  await presence.claimed({}, [7], [])
  expect(await isThere(other)).toBe(true)
  // it was back, and died then
  await beats(other)
  await expect(presence.claimed({}, [7], [])).rejects.toMatchObject({ workerIds: [other] })
  await presence.beat()
  expect(await isThere(other)).toBe(false)
})

test('however long the connection was broken, the others have time from when it stands again', async () => {
  const other = await lockless(30, 7)
  await cutOff()
  await presence.beat()
  await presence.claimed({}, [7], [])
  expect(await isThere(other)).toBe(true)
})

test('who has left doesn’t come back, whatever asks for it', async () => {
  await presence.leave()
  await expect(presence.beat()).rejects.toThrow('has left')
  expect(await isThere(presence.id)).toBe(false)
})
