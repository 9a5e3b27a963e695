import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MIGRATIONS_FOLDER, migrate } from '../../src/db/migrate.ts'
import { createTestDatabase, type TestDatabase } from '../database.ts'

let database: TestDatabase
let folder: string
beforeAll(async () => {
  database = await createTestDatabase({ empty: true })
  folder = await mkdtemp(join(tmpdir(), 'kantos-migrations-'))
})
afterAll(async () => {
  await database.drop()
  await rm(folder, { recursive: true })
})

const WORKSPACE = '0198c0de-0000-7000-8000-000000000001'
const AUTOMATION = '0198c0de-0000-7000-8000-000000000002'
const idOf = (n: number) => `0198c0de-0000-7000-8000-00000000010${n}`

test('failures of before stand in the groups that new ones go to, and those retried before are known as such', async () => {
  const files = (await readdir(MIGRATIONS_FOLDER)).toSorted()
  const own = files.findIndex((name) => name.startsWith('0009_'))
  const copy = (names: string[]) =>
    Promise.all(names.map((name) => copyFile(join(MIGRATIONS_FOLDER, name), join(folder, name))))
  await copy(files.slice(0, own))
  await migrate(database.pool, folder)
  const insert = (n: number, cls: string, mode: string, error: object | null, retryOf: string | null = null) =>
    database.pool.query(
      `insert into runs (class, workspace_id, id, automation_id, version, status, mode, error, retry_of, started_at, finished_at)
       values ($1, $2, $3, $4, 1, $5, $6, $7, $8, now(), now())`,
      [cls, WORKSPACE, idOf(n), AUTOMATION, cls === 'done' ? 'succeeded' : 'failed', mode, error, retryOf],
    )
  const failure = (port: number) => ({ code: 'NETWORK', message: `127.0.0.1:${port} refused.`, step_key: 'call' })
  await insert(1, 'failed', 'live', failure(4711))
  await insert(2, 'failed', 'live', failure(4712))
  await insert(3, 'failed', 'test', failure(4713))
  await insert(4, 'done', 'live', null, idOf(1))
  await copy(files.slice(own))
  await migrate(database.pool, folder)
  const { rows } = await database.pool.query('select id, cause from runs order by id')
  const [one, two, ofTest, done] = rows.map(({ cause }) => cause as string | null)
  expect(one).not.toBeNull()
  expect(two).toBe(one)
  expect([ofTest, done]).toEqual([null, null])
  const now = await database.pool.query('select failure_cause($1, $2) as cause', [AUTOMATION, failure(1)])
  expect(now.rows[0].cause).toBe(one)
  const made = await database.pool.query('select run_id, made_id, retried, cause from run_retries')
  const letters = await database.pool.query('select run_id, cause from dead_letters')
  expect(letters.rows).toEqual([{ run_id: idOf(2), cause: one }])
  expect(made.rows).toEqual([{ run_id: idOf(1), made_id: idOf(4), retried: false, cause: one }])
})
