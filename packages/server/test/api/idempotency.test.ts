import { createApiKey, listApiKeys } from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { claimKey, type Held } from '../../src/api/idempotency.ts'
import { transaction } from '../../src/db/transaction.ts'
import { createTestApp, type TestApp } from '../app.ts'

let t: TestApp
beforeAll(async () => {
  t = await createTestApp()
})
afterAll(() => t.drop())

const post = (key: string, body: unknown, apiKey = t.apiKey) =>
  t.request('/api/api-keys', {
    method: 'POST',
    headers: { 'x-api-key': apiKey, 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(body),
  })
const named = async (name: string) => (await t.client.call(listApiKeys)).data.filter((entry) => entry.name === name)

test('a repeat gets the first answer, to the letter, and nothing happens again', async () => {
  const first = await post('a', { name: 'Once' })
  const second = await post('a', { name: 'Once' })
  expect([first.status, second.status]).toEqual([201, 201])
  expect(await second.text()).toBe(await first.text())
  expect(second.headers.get('idempotent-replayed')).toBe('true')
  expect((await named('Once')).length).toBe(1)
})

test('a kept answer can’t be read in the database: it may hold a new key', async () => {
  const { key } = (await (await post('sealed', { name: 'Sealed' })).json()) as { key: string }
  const { rows } = await t.pool.query('select body from idempotency_keys where body is not null')
  expect(rows.length).toBeGreaterThan(0)
  for (const { body } of rows) {
    expect(body).not.toContain(key)
    expect(Buffer.from(body, 'base64').toString('latin1')).not.toContain(key)
  }
})

test('parallel calls with one key get the one answer', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => post('parallel', { name: 'Parallel' })))
  expect(new Set(await Promise.all(answers.map((answer) => answer.text()))).size).toBe(1)
  expect((await named('Parallel')).length).toBe(1)
})

test('the same key with another body is a conflict', async () => {
  await post('b', { name: 'One' })
  const other = await post('b', { name: 'Two' })
  expect(other.status).toBe(409)
  expect((await named('Two')).length).toBe(0)
})

test('two callers’ keys never meet', async () => {
  const { key } = await t.newKey('server')
  const [mine, theirs] = [await post('c', { name: 'Mine' }), await post('c', { name: 'Theirs' }, key)]
  expect([mine.status, theirs.status]).toEqual([201, 201])
})

test('a refusal is repeated too; a request that is malformed doesn’t use the key up', async () => {
  expect((await post('d', { nope: 1 })).status).toBe(400)
  expect((await post('d', { name: 'Now right' })).status).toBe(201)
})

test('a key of 256 characters is refused', async () => {
  expect((await post('x'.repeat(256), { name: 'Long' })).status).toBe(400)
})

test('a fault of ours isn’t kept: the repeat is carried out', async () => {
  await t.pool.query('alter table audit_log rename to audit_log_away')
  const failed = await post('e', { name: 'Later' })
  await t.pool.query('alter table audit_log_away rename to audit_log')
  expect(failed.status).toBe(500)
  expect((await post('e', { name: 'Later' })).status).toBe(201)
  expect((await named('Later')).length).toBe(1)
})

const claim = (key: string) => claimKey(t.services, t.workspaceId, 'key_test', key, ['POST /x', '{}'])
const dieOf = (key: string) =>
  t.pool.query(`update idempotency_keys set at = at - interval '2 minutes' where key = $1`, [`key_test:${key}`])

test('work and its answer commit together: after a crash the repeat finds the answer', async () => {
  const first = (await claim('crash')) as Held
  await transaction(t.pool, (client) => first.remember(client, 201, { id: 'made' }))
  // the process dies here, before it could answer
  expect(await claim('crash')).toEqual({ kind: 'answered', answer: { status: 201, body: '{"id":"made"}' } })
})

test('a caller that died before its work leaves the key to the repeat, and can’t come back', async () => {
  const dead = (await claim('dead')) as Held
  await dieOf('dead')
  const heir = (await claim('dead')) as Held
  expect(heir.kind).toBe('held')
  const late = transaction(t.pool, async (client) => {
    await client.query(`insert into objects (workspace_id, slug, name) values ($1, 'late', 'Late')`, [t.workspaceId])
    await dead.remember(client, 201, {})
  })
  await expect(late).rejects.toMatchObject({ code: 'CONFLICT' })
  expect((await t.pool.query(`select 1 from objects where slug = 'late'`)).rows).toEqual([])
  await heir.keep({ status: 204, body: null })
  expect(await claim('dead')).toEqual({ kind: 'answered', answer: { status: 204, body: null } })
})

test('a call without a key leaves nothing behind', async () => {
  const count = async () => (await t.pool.query('select count(*)::int as n from idempotency_keys')).rows[0].n
  const before = await count()
  await t.client.call(createApiKey, { body: { name: 'Plain' } })
  expect(await count()).toBe(before)
})
