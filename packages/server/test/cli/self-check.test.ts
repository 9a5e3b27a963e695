import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { ensureWorkspace } from '../../src/accounts/workspaces.ts'
import { readConfig } from '../../src/cli/config.ts'
import { type Facts, judgeVersion, readFacts, refuseOldServer, warningsOf } from '../../src/cli/self-check.ts'
import { createPool } from '../../src/db/pool.ts'
import { createDbTime } from '../../src/db/time.ts'
import { type MasterKey, masterKey } from '../../src/secrets/key.ts'
import { createSealer } from '../../src/secrets/seal.ts'
import { createTestDatabase, type TestDatabase } from '../database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())

const GOOD: Facts = {
  fsync: true,
  fullPageWrites: true,
  synchronousCommit: 'on',
  passesPolicies: false,
  connectionsLeft: 80,
  skewMs: 12,
  freeBytes: 50 * 1024 ** 3,
  sealedByOthers: 0,
}

const warnings = (facts: Partial<Facts>, env: Record<string, string> = {}, serves = true) =>
  warningsOf({ ...GOOD, ...facts }, readConfig(env), { serves, needed: 20 })

test('a usual start has nothing to say', () => {
  expect(warnings({})).toEqual([])
  expect(
    warnings(
      { freeBytes: null },
      {
        DATABASE_URL: 'postgres://kantos@db/kantos',
        KANTOS_SECRET_KEY: 'q8vJm0rT5yXbN2cLw7Zs4Hd1Kf6Pg9Ae3Uo+iRjQkVE=',
        HOST: '0.0.0.0',
        PUBLIC_URL: 'https://crm.example.org',
        SMTP_URL: 'smtp://mail.example.org',
        MAIL_FROM: 'CRM <crm@example.org>',
      },
    ),
  ).toEqual([])
})

test.each<[string, Partial<Facts>, RegExp]>([
  ['fsync off', { fsync: false }, /fsync = off: .*Set fsync = on/],
  ['torn pages', { fullPageWrites: false }, /full_page_writes = off: .*Set full_page_writes = on/],
  ['lazy commits', { synchronousCommit: 'off' }, /synchronous_commit = off: .*Set synchronous_commit = on/],
  ['a superuser', { passesPolicies: true }, /superuser.*Connect as a plain role/],
  ['few connections', { connectionsLeft: 7 }, /room for 7 more connections, .* up to 20\. Raise max_connections/],
  ['a clock ahead', { skewMs: 2_500 }, /2\.5 s ahead of the database's.*NTP/],
  ['a clock behind', { skewMs: -61_000 }, /61\.0 s behind the database's/],
  [
    'secrets of another key',
    { sealedByOthers: 2 },
    /2 stored secrets were sealed with a key that isn't here.*KANTOS_SECRET_KEY/,
  ],
  ['little room', { freeBytes: 900 * 1024 ** 2 }, /Only 900 MB are free.*Make room/],
])('the start warns of %s, and says what to do', (_name, facts, words) => {
  expect(warnings(facts)).toEqual([expect.stringMatching(words)])
})

test.each<[string, Record<string, string>, RegExp]>([
  ['no key beside a database elsewhere', { DATABASE_URL: 'postgres://k@db/k' }, /KANTOS_SECRET_KEY isn't set/],
  ['a key of one letter', { KANTOS_SECRET_KEY: '0'.repeat(64) }, /can be guessed.*openssl rand/],
  ['an example for a key', { KANTOS_SECRET_KEY: 'please-change-me-soon' }, /can be guessed/],
  ['a public host without an address', { HOST: '0.0.0.0' }, /PUBLIC_URL isn't set/],
  ['a public address without TLS', { HOST: '::', PUBLIC_URL: 'http://crm.example.org' }, /proxy with TLS/],
  [
    'the README’s key behind a public address',
    { PUBLIC_URL: 'https://crm.example.org', KANTOS_API_KEY: 'kantos_my_first_key_123' },
    /KANTOS_API_KEY can be guessed.*Revoke it/,
  ],
  [
    'an owner’s password out of a book',
    {
      PUBLIC_URL: 'https://crm.example.org',
      KANTOS_OWNER_EMAIL: 'me@example.org',
      KANTOS_OWNER_PASSWORD: 'Password-2026',
    },
    /KANTOS_OWNER_PASSWORD can be guessed/,
  ],
  ['mail from nobody', { SMTP_URL: 'smtp://mail.example.org' }, /MAIL_FROM isn’t.*Set MAIL_FROM/],
])('the start warns of %s', (_name, env, words) => {
  expect(warnings({}, env)).toEqual([expect.stringMatching(words)])
})

test('on this machine alone the README’s key is good enough', () => {
  expect(warnings({}, { KANTOS_API_KEY: 'kantos_my_first_key_123' })).toEqual([])
})

test('a worker has no address to warn of', () => {
  expect(warnings({}, { HOST: '0.0.0.0' }, false)).toEqual([])
})

test('PostgreSQL before 15 is refused', async () => {
  expect(() => judgeVersion({ number: 140_011, name: '14.11' })).toThrow(/PostgreSQL 14\.11\. Kantos needs 15 or later/)
  judgeVersion({ number: 150_000, name: '15.0' })
  await refuseOldServer(database.pool)
})

test('what the check finds out is so', async () => {
  const time = await createDbTime(database.pool)
  const { connectionsLeft, skewMs, ...rest } = await readFacts(database.pool, time, 1_000, [])
  expect(rest).toEqual({
    fsync: true,
    fullPageWrites: true,
    synchronousCommit: 'on',
    passesPolicies: false,
    freeBytes: 1_000,
    sealedByOthers: 0,
  })
  expect(connectionsLeft).toBeGreaterThan(0)
  expect(Math.abs(skewMs)).toBeLessThan(1_000)
  const late = await readFacts(database.pool, { now: () => Date.now() - 5_000 }, null, [])
  expect(Math.round(late.skewMs / 1000)).toBe(5)
})

test('a key that isn’t the one that sealed what is stored is seen; one that stands behind another isn’t missed', async () => {
  const [former, newer] = [masterKey(randomBytes(32)), masterKey(randomBytes(32))]
  await ensureWorkspace(database.pool, createSealer([former], 'secrets'))
  const sealedByOthers = async (...keys: MasterKey[]) =>
    (
      await readFacts(
        database.pool,
        { now: Date.now },
        null,
        keys.map(({ id }) => id),
      )
    ).sealedByOthers
  expect(await sealedByOthers(newer)).toBe(1)
  expect(await sealedByOthers(former)).toBe(0)
  expect(await sealedByOthers(newer, former)).toBe(0)
})

test('a superuser and lazy commits are seen', async () => {
  const url = Object.assign(new URL(inject('postgres').superuserUrl), { pathname: new URL(database.url).pathname }).href
  const admin = new pg.Client(url)
  await admin.connect()
  await admin.query(
    `alter role current_user in database ${new URL(url).pathname.slice(1)} set synchronous_commit = off`,
  )
  const pool = createPool(url, { max: 1, applicationName: 'kantos test' })
  try {
    const facts = await readFacts(pool, { now: Date.now }, null, [])
    expect(facts).toMatchObject({ passesPolicies: true, synchronousCommit: 'off' })
  } finally {
    await admin.query(`alter role current_user in database ${new URL(url).pathname.slice(1)} reset synchronous_commit`)
    await admin.end()
    await pool.end()
  }
})
