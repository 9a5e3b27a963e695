import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { createAutomationRoute, createRecordRoute } from '@kantos/model'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { BackupError, type BackupHeader } from '../../src/backup/format.ts'
import { restoreBackup } from '../../src/backup/restore.ts'
import { backupTables, tablesOf } from '../../src/backup/tables.ts'
import { writeBackup, type Written } from '../../src/backup/write.ts'
import { MIGRATIONS_FOLDER, readMigrations } from '../../src/db/migrate.ts'
import type { Pool } from '../../src/db/pool.ts'
import { createTestApp, type TestApp } from '../app.ts'
import { createTestDatabase, type TestDatabase } from '../database.ts'

let t: TestApp
let backup: Buffer
const targets: TestDatabase[] = []

beforeAll(async () => {
  t = await createTestApp()
  await t.logIn('owner')
  await t.client.call(createAutomationRoute, {
    body: {
      name: 'Greet "all" \\ of\nthem',
      status: 'active',
      trigger: { event: 'record.created', object: 'leads' },
      actions: [{ type: 'webhook', config: { url: 'https://example.org', body: 'ü \u2028 \\u0041' } }],
    } as never,
  })
  for (const name of ['Ada', 'Zoë \u2028 "quoted", {curly}', 'NULL', '\\N'])
    await t.client.call(createRecordRoute, { body: { object_id: 'leads', field_values: { name } } as never })
  await t.newWorkspace('Other')
  await t.pool.query(
    `insert into imports (workspace_id, id, object, status, file) values ($1, gen_random_uuid(), 'leads', 'running', 'x')`,
    [t.workspaceId],
  )
  await t.pool.query(`insert into idempotency_keys (workspace_id, key, request_hash) values ($1, 'k', '\\x00ff')`, [
    t.workspaceId,
  ])
  await t.pool.query(
    `insert into runs (class, workspace_id, id, automation_id, version, status, mode, started_at, finished_at, rev)
     values ('done', $1, '01900000-0000-7000-8000-000000000000', gen_random_uuid(), 1, 'succeeded', 'live', now(), now(), 1)`,
    [t.workspaceId],
  )
  backup = await written()
})
afterEach(async () => {
  for (const target of targets.splice(0)) await target.drop()
})
afterAll(() => t.drop())

async function written(): Promise<Buffer> {
  const options = { migrations: await readMigrations(), keyIds: ['00112233'], keys: null }
  const pieces: Buffer[] = []
  for await (const piece of writeBackup(t.pool, options, { tables: {} })) pieces.push(piece)
  return Buffer.concat(pieces)
}

async function target(empty = true): Promise<Pool> {
  const database = await createTestDatabase({ empty, worker: true })
  targets.push(database)
  return database.pool
}

const restore = (pool: Pool, text: Buffer, options: { force?: boolean; folder?: string } = {}) =>
  restoreBackup(pool, Readable.from([text]), { force: false, ...options })

/** All rows of a table as text, in order. */
async function rowsOf(pool: Pool, table: string): Promise<string[]> {
  const { rows } = await pool.query<{ row: string }>(`select x::text as row from ${table} x order by 1`)
  return rows.map(({ row }) => row)
}

async function isUntouched(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query(
    `select 1 where to_regclass('records') is not null or to_regclass('migrations') is not null`,
  )
  return rows.length === 0
}

test('every table comes back as it was, byte for byte, but for what ended with the backup', async () => {
  const pool = await target()
  const { tables, migrated } = await restore(pool, backup)
  expect(migrated).toEqual([])
  const names = (await backupTables(t.pool, tablesOf(await readMigrations()))).map(({ name }) => name)
  expect(names).toEqual(
    expect.arrayContaining(['workspaces', 'records', 'events', 'outbox', 'runs', 'users', 'api_keys']),
  )
  expect(Object.keys(tables).toSorted()).toEqual(names.toSorted())
  for (const name of names.filter((one) => !['imports', 'idempotency_keys', 'holds'].includes(one)))
    expect(await rowsOf(pool, name), name).toEqual(await rowsOf(t.pool, name))
  expect(tables).toMatchObject({ records: 4, outbox: 4, workspaces: 2, runs: 1 })
  for (const name of ['sessions', 'setup_tokens', 'workers', 'idempotency_keys'])
    expect(await rowsOf(pool, name), name).toEqual([])
  expect((await rowsOf(t.pool, 'sessions')).length).toBe(1)
  expect((await pool.query('select status, error from imports')).rows).toEqual([
    { status: 'failed', error: 'The uploaded file isn’t part of a backup. Import it again.' },
  ])
})

test('a restored installation is on hold, each of its workspaces', async () => {
  const pool = await target()
  await restore(pool, backup)
  expect((await pool.query('select reason from holds')).rows).toEqual([{ reason: 'restore' }, { reason: 'restore' }])
})

test('numbers go on above the restored ones, and old months have their partitions', async () => {
  const pool = await target()
  await t.pool.query(`select make_partitions('2025-03-05', 0)`)
  await restore(pool, await written())
  expect((await pool.query(`select to_regclass('runs_done_2025_03') is not null as there`)).rows).toEqual([
    { there: true },
  ])
  const { rows } = await pool.query<{ last: number; next: number }>(
    `select (select max(seq) from outbox) as last, nextval(pg_get_serial_sequence('outbox', 'seq')) as next`,
  )
  expect(rows[0]!.next).toBe(rows[0]!.last + 1)
})

test('a backup is of one moment, whatever is written while it is made', async () => {
  const options = { migrations: await readMigrations(), keyIds: [], keys: null }
  const counted: Written = { tables: {} }
  let first = true
  for await (const _ of writeBackup(t.pool, options, counted)) {
    if (!first) continue
    first = false
    await t.client.call(createRecordRoute, { body: { object_id: 'leads', field_values: { name: 'Late' } } as never })
  }
  expect(counted.tables).toMatchObject({ records: 4, outbox: 4 })
  await t.pool.query(`delete from outbox where event_id = (select id from events order by id desc limit 1)`)
  await t.pool.query(`delete from records where data ->> 'name' = 'Late'`)
})

const lines = () => backup.toString().trimEnd().split('\n')
const changed = (change: (all: string[]) => void) => {
  const all = lines()
  change(all)
  return Buffer.from(`${all.join('\n')}\n`)
}
const at = (all: string[], start: string) => all.findIndex((line) => line.startsWith(start))

test.each<[string, () => Buffer, RegExp]>([
  ['cut off', () => backup.subarray(0, backup.length - 20), /damaged|cut off/],
  ['cut off between two lines', () => changed((all) => all.splice(-1)), /cut off/],
  [
    'of another value',
    () => changed((all) => (all[at(all, '{"table":"records"') + 1] = all[at(all, '{"table":"records"') + 2]!)),
    /damaged|duplicate/,
  ],
  ['without a row', () => changed((all) => all.splice(at(all, '{"table":"outbox"') + 1, 1)), /damaged: outbox/],
  [
    'without a table',
    () =>
      changed((all) =>
        all.splice(at(all, '{"table":"outbox"'), at(all, '{"end":"outbox"') - at(all, '{"table":"outbox"') + 1),
      ),
    /damaged: its sum/,
  ],
  ['no backup', () => Buffer.from('{"hello":1}\n'), /no backup/],
  ['of a later format', () => changed((all) => (all[0] = all[0]!.replace('"version":1', '"version":2'))), /format 2/],
])('a backup that is %s leaves nothing behind', async (_name, make, words) => {
  const pool = await target()
  await expect(restore(pool, make())).rejects.toThrow(words)
  expect(await isUntouched(pool)).toBe(true)
})

test('a backup of a version with other migrations is refused, of an older one it is brought up to date', async () => {
  const pool = await target()
  const header = JSON.parse(lines()[0]!) as BackupHeader
  header.migrations.push({ name: '9999_future', checksum: 'x' })
  const future = changed((all) => (all[0] = JSON.stringify(header)))
  await expect(restore(pool, future)).rejects.toThrow(/it has migration 9999_future\. Restore it with the version/)
  const folder = await mkdtemp(join(tmpdir(), 'kantos-migrations-'))
  try {
    await cp(MIGRATIONS_FOLDER, folder, { recursive: true })
    await writeFile(join(folder, '9998_next.sql'), 'alter table records add mark int default 7')
    expect((await restore(pool, backup, { folder })).migrated).toEqual(['9998_next'])
    expect((await pool.query('select distinct mark from records')).rows).toEqual([{ mark: 7 }])
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('an installation that is in use is never overwritten; a fresh one only by force', async () => {
  const pool = await target(false)
  await expect(restore(pool, backup)).rejects.toThrow(/started before.*--force/)
  const other = await createTestApp()
  try {
    await expect(restore(other.pool, backup)).rejects.toThrow(BackupError)
    await other.client.call(createRecordRoute, {
      body: { object_id: 'leads', field_values: { name: 'Mine' } } as never,
    })
    await expect(restore(other.pool, backup, { force: true })).rejects.toThrow(/in use: it has records, events/)
    expect((await other.pool.query('select count(*)::int as n from records')).rows).toEqual([{ n: 1 }])
  } finally {
    await other.drop()
  }
  await restore(pool, backup, { force: true })
  expect((await pool.query('select count(*)::int as n from records')).rows).toEqual([{ n: 4 }])
  await pool.query('create table theirs ()')
  await expect(restore(pool, backup, { force: true })).rejects.toThrow(/aren't ours \(theirs\)/)
})

test('a run that waits for an event finds the new ones numbered above those before its wait', async () => {
  await t.pool.query(
    `insert into runs (class, workspace_id, id, automation_id, version, status, mode, started_at, wait_reason, watches, state, rev)
     values ('live', $1, gen_random_uuid(), gen_random_uuid(), 1, 'waiting', 'live', now(), 'event', true,
       '{"open":{"afterSeq":4711}}', 1)`,
    [t.workspaceId],
  )
  const pool = await target()
  await restore(pool, await written())
  const { rows } = await pool.query<{ seq: number }>(
    `select nextval('outbox_seq_seq')::int as seq from generate_series(1, 2)`,
  )
  expect(rows.map(({ seq }) => seq)).toEqual([4712, 4713])
})
