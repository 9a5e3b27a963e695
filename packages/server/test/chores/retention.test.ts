import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { applyRetention } from '../../src/chores/retention.ts'
import { createTestCrm, type TestCrm } from '../crm.ts'
import { createTestDatabase, type TestDatabase } from '../database.ts'

let database: TestDatabase
let crm: TestCrm
let old: Date

const DAY_MS = 86_400_000
const daysAgo = (days: number) => new Date(crm.time.now() - days * DAY_MS)
const monthName = (table: string, at: Date) => `${table}_${at.toISOString().slice(0, 7).replace('-', '_')}`

beforeAll(async () => {
  database = await createTestDatabase()
  crm = await createTestCrm(database.pool)
  // the month before the one of 130 days ago is older than any age
  old = new Date(daysAgo(130).toISOString().slice(0, 7) + '-10T00:00:00Z')
})
afterAll(() => database.drop())
beforeEach(async () => {
  await database.pool.query(
    'truncate runs, run_steps, run_retries, dead_letters, events, outbox, deliveries, idempotency_keys, chains, audit_log, setup_tokens, login_tries',
  )
  await database.pool.query('delete from users')
  await database.pool.query(`update workspaces set settings = '{}'`)
  await database.pool.query('select make_partitions($1, 4)', [old])
})

let sequence = 0
/** An id of a moment. */
function idAt(at: Date): string {
  const time = at.getTime().toString(16).padStart(12, '0')
  const tail = (++sequence).toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${tail}`
}

type Class = 'live' | 'done' | 'failed' | 'skipped'
async function insertRun(cls: Class, began: Date, finished: Date | null = began, withSteps = false): Promise<string> {
  const id = idAt(began)
  const status = { live: 'waiting', done: 'succeeded', failed: 'failed', skipped: 'skipped' }[cls]
  await database.pool.query(
    `insert into runs (class, workspace_id, id, automation_id, version, status, mode, started_at, finished_at, rev)
     values ($1, $2, $3, $3, 1, $4, 'live', $5, $6, 1)`,
    [cls, crm.workspaceId, id, status, began, finished],
  )
  if (withSteps)
    await database.pool.query('insert into run_steps (workspace_id, run_id, n, steps) values ($1, $2, 0, $3)', [
      crm.workspaceId,
      id,
      '[]',
    ])
  return id
}

async function insertEvent(at: Date, waiting: boolean): Promise<string> {
  const id = idAt(at)
  await database.pool.query(
    `insert into events (workspace_id, id, type, at, source, lane, chain_id, depth)
     values ($1, $2, 'manual', $3, 'manual', 1, $2, 0)`,
    [crm.workspaceId, id, at],
  )
  if (waiting)
    await database.pool.query('insert into outbox (workspace_id, lane, event_id) values ($1, 1, $2)', [
      crm.workspaceId,
      id,
    ])
  return id
}

async function ids(table: string, column = 'id'): Promise<string[]> {
  const { rows } = await database.pool.query(`select ${column} as id from ${table} order by 1`)
  return rows.map(({ id }) => id)
}
const exists = async (name: string) =>
  (await database.pool.query('select to_regclass($1) is not null as found', [name])).rows[0].found as boolean

test('whole months are dropped when they are older than their age, the months within it stay', async () => {
  await insertRun('done', old)
  await insertRun('skipped', old)
  await insertRun('failed', old)
  const recent = [await insertRun('done', daysAgo(5)), await insertRun('failed', daysAgo(70))].toSorted()
  await insertEvent(old, false)
  const event = await insertEvent(daysAgo(40), false)
  const result = await applyRetention(database.pool)
  for (const table of ['runs_done', 'runs_skipped', 'runs_failed', 'run_steps', 'events']) {
    expect(result.dropped).toContain(monthName(table, old))
    expect(await exists(monthName(table, old))).toBe(false)
  }
  expect(result.finished).toBe(true)
  expect(await ids('runs')).toEqual(recent)
  expect(await ids('events')).toEqual([event])
  expect(await exists(monthName('runs_failed', daysAgo(70)))).toBe(true)
  const month = daysAgo(70)
  const end = Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + 1, 1)
  expect(await exists(monthName('runs_done', month))).toBe(end > daysAgo(30).getTime())
  expect((await applyRetention(database.pool)).dropped).toEqual([])
})

test('the workspace that keeps its log longest decides for all', async () => {
  const keep = JSON.stringify({ retention: { done_days: 1000 } })
  const other = crm.time.id()
  await database.pool.query(`insert into workspaces (id, name, slug, settings) values ($1, 'b', 'b', $2)`, [
    other,
    keep,
  ])
  const done = await insertRun('done', old, old, true)
  await insertRun('failed', old)
  await applyRetention(database.pool)
  expect(await ids('runs')).toEqual([done])
  expect(await ids('run_steps', 'run_id')).toEqual([done])
  await database.pool.query('delete from workspaces where id = $1', [other])
  await applyRetention(database.pool)
  expect(await ids('runs')).toEqual([])
  expect(await ids('run_steps', 'run_id')).toEqual([])
})

test('a living run keeps its place and its steps, however long ago it began', async () => {
  const living = await insertRun('live', old, null, true)
  await insertRun('done', old, old, true)
  await applyRetention(database.pool)
  expect(await ids('runs')).toEqual([living])
  expect(await ids('run_steps', 'run_id')).toEqual([living])
  await applyRetention(database.pool)
  expect(await ids('run_steps', 'run_id')).toEqual([living])
})

test('what was made of a failed run is known for as long as the failed run is there', async () => {
  const gone = await insertRun('failed', old)
  const kept = await insertRun('failed', daysAgo(70))
  const note = 'insert into run_retries (workspace_id, run_id, made_id, retried) values ($1, $2, $2, true)'
  const letter = 'insert into dead_letters (workspace_id, run_id, automation_id, cause) values ($1, $2, $2, $2)'
  for (const id of [gone, kept])
    for (const text of [note, letter]) await database.pool.query(text, [crm.workspaceId, id])
  await applyRetention(database.pool)
  expect(await ids('run_retries', 'run_id')).toEqual([kept])
  expect(await ids('dead_letters', 'run_id')).toEqual([kept])
})

test('the age of a run counts from its end', async () => {
  const waitedLong = await insertRun('done', old, daysAgo(2), true)
  const failed = await insertRun('failed', old, daysAgo(80))
  await applyRetention(database.pool)
  expect(await ids('runs')).toEqual([waitedLong, failed].toSorted())
  expect(await ids('run_steps', 'run_id')).toEqual([waitedLong])
  await database.pool.query('update runs_done_default set finished_at = $1', [daysAgo(31)])
  const { deleted } = await applyRetention(database.pool)
  expect(deleted).toEqual({ runs_done_default: 1, run_steps_default: 1 })
  expect(await ids('runs')).toEqual([failed])
  expect(await ids('run_steps', 'run_id')).toEqual([])
})

test('an event whose runs have not started is kept', async () => {
  const waiting = await insertEvent(old, true)
  await insertEvent(old, false)
  await applyRetention(database.pool)
  expect(await ids('events')).toEqual([waiting])
  await applyRetention(database.pool)
  expect(await ids('events')).toEqual([waiting])
  await database.pool.query('truncate outbox')
  await applyRetention(database.pool)
  expect(await ids('events')).toEqual([])
})

test('what a crash between detaching and dropping left is taken up by the next run', async () => {
  const late = await insertRun('done', old, daysAgo(1))
  const name = monthName('runs_done', old)
  await database.pool.query(`alter table runs_done detach partition ${name}`)
  expect(await ids('runs')).toEqual([])
  const { dropped } = await applyRetention(database.pool)
  expect(dropped).toContain(name)
  expect(await exists(name)).toBe(false)
  expect(await ids('runs')).toEqual([late])
})

test('two at once drop each month once and lose nothing', async () => {
  const late = [await insertRun('done', old, daysAgo(1)), await insertRun('failed', old, daysAgo(1))].toSorted()
  const [a, b] = await Promise.all([applyRetention(database.pool), applyRetention(database.pool)])
  const dropped = [...a.dropped, ...b.dropped]
  expect(new Set(dropped).size).toBe(dropped.length)
  expect(dropped).toContain(monthName('runs_done', old))
  expect(await ids('runs')).toEqual(late)
})

test('it stops when it is told to, or its time is up, and goes on later', async () => {
  await insertRun('done', old)
  expect(await applyRetention(database.pool, { signal: AbortSignal.abort() })).toEqual({
    dropped: [],
    deleted: {},
    finished: false,
  })
  expect((await applyRetention(database.pool, { budgetMs: 0 })).finished).toBe(false)
  expect(await exists(monthName('runs_done', old))).toBe(true)
  expect((await applyRetention(database.pool)).finished).toBe(true)
  expect(await exists(monthName('runs_done', old))).toBe(false)
})

test('a table that is busy is left for the next run, and the others are done', async () => {
  const reader = await database.pool.connect()
  try {
    await reader.query('begin')
    await reader.query('set local idle_in_transaction_session_timeout = 0')
    await reader.query('select count(*) from runs_done')
    const first = await applyRetention(database.pool)
    expect(first.finished).toBe(false)
    expect(first.dropped).not.toContain(monthName('runs_done', old))
    expect(first.dropped).toContain(monthName('events', old))
  } finally {
    await reader.query('rollback')
    reader.release()
  }
  expect((await applyRetention(database.pool)).dropped).toContain(monthName('runs_done', old))
})

test('deliveries, idempotency keys, chains, sessions, links and the audit log go by their own ages', async () => {
  const { pool } = database
  const w = crm.workspaceId
  const user = crm.time.id()
  await pool.query(
    `insert into users (workspace_id, id, email, name, role, password_hash) values ($1, $2, 'a@b.c', 'A', 'owner', '')`,
    [w, user],
  )
  for (const [name, ageDays] of [
    ['young', 0],
    ['old', 8],
    ['older', 31],
    ['oldest', 400],
  ] as const) {
    const at = daysAgo(ageDays)
    const id = idAt(at)
    await pool.query(
      'insert into deliveries (workspace_id, automation_id, key, event_id, at) values ($1, $2, $3, $2, $4)',
      [w, id, name, at],
    )
    await pool.query('insert into idempotency_keys (workspace_id, key, request_hash, at) values ($1, $2, $3, $4)', [
      w,
      name,
      Buffer.from('x'),
      at,
    ])
    await pool.query('insert into chains (workspace_id, chain_id, runs, at) values ($1, $2, 1, $3)', [w, id, at])
    await pool.query(
      `insert into sessions (token_hash, workspace_id, user_id, seen_at, expires_at)
       values ($1, $2, $3, $4, now() + interval '1 day')`,
      [Buffer.from(name), w, user, at],
    )
    await pool.query(
      `insert into setup_tokens (token_hash, workspace_id, purpose, email, expires_at) values ($1, $2, 'invite', $3, $4)`,
      [Buffer.from(name), w, `${name}@example.org`, at],
    )
    await pool.query(
      'insert into login_tries (key, tries, ends_at) values ($1, 1, $2::timestamptz + make_interval(days => 2))',
      [Buffer.from(name), at],
    )
    await pool.query(`insert into audit_log (workspace_id, id, at, actor, action) values ($1, $2, $3, 'a', 'b')`, [
      w,
      id,
      at,
    ])
  }
  const { deleted } = await applyRetention(pool)
  expect(deleted).toEqual({
    deliveries: 3,
    idempotency_keys: 3,
    chains: 2,
    sessions: 3,
    setup_tokens: 2,
    login_tries: 3,
    audit_log: 1,
  })
  expect(await ids('deliveries', 'key')).toEqual(['young'])
})

test('more rows than one statement takes are all deleted', async () => {
  await database.pool.query(
    `insert into deliveries (workspace_id, automation_id, key, event_id, at)
     select $1, $1, n::text, $1, now() - interval '8 days' from generate_series(1, 11000) n`,
    [crm.workspaceId],
  )
  expect((await applyRetention(database.pool)).deleted).toEqual({ deliveries: 11_000 })
})

test('captured e-mails go after 30 days, or when a workspace has more than 10,000', async () => {
  const { pool } = database
  const capture = (count: number, age: string) =>
    pool.query(
      `insert into captured_emails (workspace_id, id, message_id, sender, recipients, subject, at)
       select $1, gen_random_uuid(), gen_random_uuid()::text, 'a@b.c', '{}', 'Hi', now() - $3::interval - n * interval '1 second'
       from generate_series(1, $2) n`,
      [crm.workspaceId, count, age],
    )
  await capture(3, '31 days')
  await capture(2, '29 days')
  expect((await applyRetention(pool)).deleted).toEqual({ captured_emails: 3 })
  await capture(10_001, '1 day')
  expect((await applyRetention(pool)).deleted).toEqual({ captured_emails: 3 })
  const { rows } = await pool.query(
    `select count(*)::int as n, max(at) > now() - interval '2 days' as newest from captured_emails`,
  )
  expect(rows).toEqual([{ n: 10_000, newest: true }])
  await pool.query(`update workspaces set settings = '{"retention": {"emails_days": 1}}'`)
  await applyRetention(pool)
  expect((await pool.query('select from captured_emails')).rowCount).toBe(0)
})

test('nothing is removed while a restored backup is on hold', async () => {
  const done = await insertRun('done', old)
  await database.pool.query(`insert into holds (workspace_id, reason) values ($1, 'restore')`, [crm.workspaceId])
  expect(await applyRetention(database.pool)).toEqual({ dropped: [], deleted: {}, finished: true })
  await database.pool.query(`update holds set reason = 'operator'`)
  expect((await applyRetention(database.pool)).dropped.length).toBeGreaterThan(0)
  expect(await ids('runs')).not.toContain(done)
  await database.pool.query('delete from holds')
})
