import { uuidOf } from '@kantos/model'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createTestEngine, type TestEngine } from '../engine.ts'
import { until } from '../helpers.ts'

let e: TestEngine
beforeAll(async () => {
  e = await createTestEngine()
})
afterAll(() => e.stop())
afterEach(async () => {
  await e.pool.query(`update automations set status = 'inactive', activated_at = null`)
  await e.pool.query('update workspaces set automations_rev = automations_rev + 1')
})

const OBJECTS = ['leads', 'contacts', 'companies', 'deals'] as const

/** A run whose effect is under way and doesn't end; `lose` takes it from its worker as if that had died. */
async function hanging(object: (typeof OBJECTS)[number], action: Record<string, unknown>) {
  const id = await e.automation({ trigger: { event: 'record.created', object }, actions: [action as never] })
  await e.create(object, { name: 'L' })
  const lose = async () => {
    const row = await until(async () =>
      (await e.live(id)).find((one) => one.wait_reason === 'effect' && one.lease_by !== null),
    )
    await e.pool.query(
      `update runs_live set lease_by = gen_random_uuid(), due_at = clock_timestamp() where workspace_id = $1 and automation_id = $2`,
      [e.workspaceId, uuidOf('automation', id)],
    )
    e.services.wake()
    await until(async () => !(await e.live(id)).some((one) => one.rev === row.rev))
  }
  return { id, lose }
}

test('an attempt whose worker died is logged as lost and made again with the same webhook-id', async () => {
  e.http.next({ kind: 'hang' }, { kind: 'answer', status: 200, body: 'second' })
  const { id, lose } = await hanging('leads', { type: 'webhook', config: { url: e.http.url } })
  await e.http.received(1)
  await lose()
  const run = await e.run(id)
  expect(run).toMatchObject({ status: 'succeeded', steps: [{ attempt: 2, output: { body: 'second' } }] })
  expect(run.steps[0]!.attempts.map(({ error }) => error?.code)).toEqual(['WORKER_LOST', undefined])
  const ids = e.http.requests.map((request) => request.headers['webhook-id'])
  expect(ids).toHaveLength(2)
  expect(new Set(ids).size).toBe(1)
})

test('a lost attempt does not use up a retry', async () => {
  e.http.next({ kind: 'hang' }, { kind: 'answer', status: 500 }, { kind: 'answer', status: 500 })
  const { id, lose } = await hanging('deals', {
    type: 'webhook',
    config: { url: e.http.url, retry: { delays_seconds: [60] } },
  })
  await lose()
  await e.standing(id, 'retry')
  await e.passTime(id)
  const run = await e.run(id)
  expect(run.steps[0]!.attempts.map(({ error }) => error?.code)).toEqual([
    'WORKER_LOST',
    'WEBHOOK_FAILED',
    'WEBHOOK_FAILED',
  ])
})

test('three lost attempts fail the step, saying so', async () => {
  e.http.otherwise({ kind: 'hang' })
  const { id, lose } = await hanging('contacts', { type: 'webhook', config: { url: e.http.url } })
  for (let i = 0; i < 3; i++) await lose()
  const run = await e.run(id)
  expect(run).toMatchObject({ status: 'failed', error: { code: 'WORKER_LOST' } })
  expect(run.steps[0]!.attempts.map(({ error }) => error?.code)).toEqual(Array(3).fill('WORKER_LOST'))
  e.http.otherwise({ kind: 'answer' })
})

test('an e-mail to be sent at most once is parked as doubtful when its worker died', async () => {
  e.smtp.misbehave('DATA', 'hang')
  const { id, lose } = await hanging('companies', {
    type: 'send_email',
    config: { to: 'x@example.org', subject: 's', body: 'b', delivery: 'at_most_once' },
  })
  await lose()
  const run = await e.run(id)
  expect(run).toMatchObject({
    status: 'failed',
    error: { code: 'DOUBTFUL' },
    steps: [{ attempts: [{ error: { code: 'WORKER_LOST' } }] }],
  })
  e.smtp.behaveWell()
  e.smtp.dropConnections()
})

test('the outcome of a worker that was replaced changes nothing', async () => {
  e.http.next(
    { kind: 'answer', status: 200, body: 'stale', delayMs: 300 },
    { kind: 'answer', status: 200, body: 'fresh', delayMs: 600 },
  )
  const before = e.http.requests.length
  const { id, lose } = await hanging('leads', { type: 'webhook', key: 'h', config: { url: e.http.url } })
  await e.http.received(before + 1)
  await lose()
  const run = (await e.ended(id)).at(-1)!
  expect(run.steps[0]).toMatchObject({ status: 'succeeded', output: { body: 'fresh' } })
  expect(run.steps[0]!.attempts).toHaveLength(2)
})

test('the leases of a worker that stopped beating are taken over, and of one that died at once', async () => {
  e.http.next({ kind: 'hang' }, { kind: 'hang' }, { kind: 'answer', status: 200 })
  const { id } = await hanging('deals', { type: 'webhook', config: { url: e.http.url } })
  const leased = await until(async () => (await e.live(id)).find((one) => one.lease_by !== null))
  // a silent one: its lock is held, its beats are old
  const holder = await e.pool.connect()
  await holder.query('select pg_advisory_lock(815)')
  const silent = '00000000-0000-4000-8000-000000000001'
  await e.pool.query(
    `insert into workers (id, name, lock_key, beat_at) values ($1, 'silent', 815, now() - interval '20 seconds')`,
    [silent],
  )
  await e.pool.query('update runs_live set lease_by = $2 where id = $1', [leased.id, silent])
  const second = await until(async () =>
    (await e.live(id)).find((one) => one.lease_by !== null && one.lease_by !== silent && one.rev > leased.rev),
  )
  await until(async () => (await e.pool.query(`select 1 from workers where name = 'silent'`)).rowCount === 1)
  // a dead one: its lock is free
  await e.pool.query('update runs_live set lease_by = $2 where id = $1', [second.id, silent])
  await holder.query('select pg_advisory_unlock_all()')
  holder.release()
  const run = (await e.ended(id)).at(-1)!
  expect(run.status).toBe('succeeded')
  expect(run.steps[0]!.attempts.map(({ error }) => error?.code)).toEqual(['WORKER_LOST', 'WORKER_LOST', undefined])
  expect((await e.pool.query(`select 1 from workers where name = 'silent'`)).rowCount).toBe(0)
})
