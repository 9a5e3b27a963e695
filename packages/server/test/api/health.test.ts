import { Registry } from 'prom-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHealthApp } from '../../src/api/app.ts'
import { watchDisk } from '../../src/api/disk.ts'
import type { ProcessHealth } from '../../src/api/routes/health.ts'
import { createPool } from '../../src/db/pool.ts'
import { processMetrics } from '../../src/metrics/process.ts'
import { queueMetrics, readQueue } from '../../src/metrics/queue.ts'
import type { Services } from '../../src/services.ts'
import { createTestEngine, type TestEngine } from '../engine.ts'
import { until } from '../helpers.ts'

let t: TestEngine
beforeAll(async () => {
  t = await createTestEngine()
})
afterAll(() => t.stop())

async function ready(services: Partial<Services> = {}, health: Partial<ProcessHealth> = {}) {
  const all = Object.assign(Object.create(t.services) as Services, services)
  const { hono } = createHealthApp(all, { disk: watchDisk('/'), ...health })
  const response = await hono.request('/readyz')
  return { status: response.status, ...((await response.json()) as { checks: Record<string, unknown> }) }
}

test('a process whose worker moves is ready', async () => {
  expect(await ready({}, { relayLookedAt: () => t.worker.lookedAt() })).toEqual({
    status: 'ready',
    checks: {
      database: { ok: true },
      migrations: { ok: true },
      disk: { ok: true },
      relay: { ok: true },
      process: { ok: true },
    },
  })
})

test('a worker that got no batch through for half a minute isn’t ready, nor one that pauses', async () => {
  const silent = await ready({}, { relayLookedAt: () => performance.now() - 31_000 })
  expect(silent).toMatchObject({ checks: { relay: { ok: false, why: 'no batch has got through for 31 s' } } })
  const paused = await ready({}, { relayLookedAt: () => null })
  expect(paused).toMatchObject({ checks: { relay: { ok: false, why: expect.stringMatching(/room on the disk/) } } })
})

test('the relay looks again and again, also when there is nothing to do', async () => {
  const before = t.worker.lookedAt()
  await until(() => t.worker.lookedAt() > before)
})

test('a process that stops isn’t ready', async () => {
  const answer = await ready({ stopping: AbortSignal.abort() })
  expect(answer).toMatchObject({ checks: { process: { ok: false, why: expect.stringMatching(/stopping/) } } })
})

test('a database that only reads isn’t one to work on', async () => {
  const pool = createPool(t.pool.options.connectionString!, { max: 1, applicationName: 'kantos test' })
  await pool.query('set default_transaction_read_only = on')
  const answer = await ready({ pool })
  await pool.end()
  expect(answer).toMatchObject({ checks: { database: { ok: false, why: expect.stringMatching(/only reads/) } } })
})

test('migrations that are missing are named', async () => {
  await t.pool.query(`update migrations set checksum = 'other' where id = 1`)
  const wrong = await ready()
  await t.pool.query('delete from migrations where id = (select max(id) from migrations)')
  expect(wrong.checks.migrations).toMatchObject({ ok: false })
})

/** The figures of /metrics by name and labels. */
async function figures(services: Services): Promise<Map<string, number>> {
  const { hono } = createHealthApp(services, { disk: watchDisk('/') })
  const text = await (await hono.request('/metrics')).text()
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  )
}

test('what the workers did is counted: runs, effects by kind and outcome, retries', async () => {
  t.http.next({ kind: 'answer', status: 500 })
  const automation = await t.automation({
    trigger: { event: 'record.created', object: 'leads' },
    actions: [{ type: 'webhook', config: { url: `${t.http.url}/x`, retry: { delays_seconds: [1] } } }],
  })
  await t.create('leads', { name: 'Ada' })
  await t.run(automation)
  const counted = await figures(t.services)
  expect(counted.get('kantos_runs_total{status="succeeded"}')).toBe(1)
  expect(counted.get('kantos_retries_total')).toBe(1)
  expect(counted.get('kantos_effect_duration_seconds_count{kind="webhook",outcome="failed"}')).toBe(1)
  expect(counted.get('kantos_effect_duration_seconds_count{kind="webhook",outcome="succeeded"}')).toBe(1)
  expect(counted.get('kantos_batch_duration_seconds_count')).toBeGreaterThan(1)
  for (const name of ['kantos_takeovers_total', 'kantos_lost_leases_total', 'kantos_effects_in_flight'])
    expect(counted.get(name), name).toBe(0)
})

test('the queues’ age and size are told, by lane; a workspace on hold is told by itself', async () => {
  await t.worker.stop()
  await t.automation({ trigger: { event: 'record.created', object: 'deals' }, actions: [{ type: 'stop' }] })
  await t.create('deals', { name: 'Big' })
  await t.pool.query(`update events set at = now() - interval '90 seconds' where object = 'deals'`)
  await t.pool.query(
    `insert into runs (class, workspace_id, id, automation_id, version, status, mode, started_at, due_at, lane, rev)
     values ('live', $1, gen_random_uuid(), $2, 1, 'queued', 'live', now(), now() - interval '2 minutes', 0, 1),
            ('live', $1, gen_random_uuid(), $2, 1, 'waiting', 'live', now(), now() + interval '2 minutes', 1, 1)`,
    [t.workspaceId, (await t.pool.query('select id from automations limit 1')).rows[0].id],
  )
  const queue = await readQueue(t.pool)
  expect(queue).toMatchObject({ dueRuns: { 0: 1, 1: 0, 2: 0 }, events: { 1: 1 }, held: 0 })
  expect(Math.round(queue.runAge / 10)).toBe(12)
  expect(Math.round(queue.eventAge / 10)).toBe(9)
  await t.pool.query(`insert into holds (workspace_id, reason) values ($1, 'operator')`, [t.workspaceId])
  expect(await readQueue(t.pool)).toEqual({ runAge: 0, eventAge: 0, dueRuns: {}, events: {}, held: 1 })
})

test('queues, pool, event loop and disk stand in /metrics, and a database that is away leaves them out', async () => {
  const services = Object.assign(Object.create(t.services) as Services, { metrics: new Registry() })
  queueMetrics(services)
  processMetrics({ pool: t.pool, metrics: services.metrics, dataDir: '/' })
  const told = await figures(services)
  expect(told.get('kantos_queue_readable')).toBe(1)
  expect(told.get('kantos_workspaces_on_hold')).toBe(1)
  expect(told.get('kantos_due_runs{lane="2"}')).toBe(0)
  expect(told.get('kantos_run_queue_age_seconds')).toBe(0)
  expect(told.get('kantos_pool_size')).toBe(t.pool.options.max)
  expect(told.has('kantos_pool_connections{state="waiting"}')).toBe(true)
  expect(told.has('nodejs_eventloop_lag_p99_seconds')).toBe(true)
  expect(told.get('kantos_disk_free_bytes')).toBeGreaterThan(1)

  const pool = createPool('postgres://nobody@127.0.0.1:1/none', { max: 1, applicationName: 'kantos test' })
  const away = Object.assign(Object.create(t.services) as Services, { metrics: new Registry(), pool })
  queueMetrics(away)
  const left = await figures(away)
  await pool.end()
  expect(left.get('kantos_queue_readable')).toBe(0)
  expect(left.has('kantos_run_queue_age_seconds')).toBe(false)
})
