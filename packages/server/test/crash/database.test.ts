import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { publicId } from '@kantos/model'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readPostmaster } from '../../src/db/embedded/postmaster.ts'
import { type Embedded, startEmbedded } from '../../src/db/embedded/start.ts'
import { migrate } from '../../src/db/migrate.ts'
import { createPool, type Pool } from '../../src/db/pool.ts'
import { readConfig } from '../../src/cli/config.ts'
import { systemClock } from '../../src/ports/clock.ts'
import { createRecord, updateRecord } from '../../src/records/write.ts'
import type { Services } from '../../src/services.ts'
import { startWorker, type Worker } from '../../src/worker.ts'
import { BY_KEY, createTestCrm, insertAutomation, type TestCrm } from '../crm.ts'
import { until } from '../helpers.ts'

/** longer than two beats: who comes back first has time to miss the other */
const MAIL_MS = 12_000

let dataDir: string
let server: Embedded
let pool: Pool
let crm: TestCrm
let workers: Worker[]
let sends = 0
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), `kantos-test-${process.pid}-`))
  await chmod(dataDir, 0o711)
  server = await startEmbedded({ dataDir })
  pool = createPool(server.url, { max: 20, applicationName: 'kantos test', worker: true })
  await migrate(pool)
  crm = await createTestCrm(pool)
  const services: Services = {
    pool,
    config: readConfig({}),
    log: pino({ level: 'silent' }),
    clock: systemClock,
    time: crm.time,
    sealer: null as never,
    chainKey: () => Buffer.alloc(32),
    egress: {
      send: async () => ({
        kind: 'answer',
        status: 200,
        headers: {},
        body: Buffer.alloc(0),
        truncated: false,
        durationMs: 0,
      }),
      refuses: () => null,
      close: async () => {},
    },
    mailer: {
      send: async () => {
        sends += 1
        await delay(MAIL_MS)
        return { kind: 'sent', response: '250 OK', rejected: [] }
      },
      close: async () => {},
    },
    wake: () => workers?.forEach((worker) => worker.wake()),
    metrics: new Registry(),
    chores: { send: async () => {} },
  }
  workers = [await startWorker(services), await startWorker(services)]
  crm.wake = services.wake
})
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.stop(2_000)))
  await pool.end()
  await server.stop()
  await rm(dataDir, { recursive: true, force: true })
})

async function persist<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch {
      await delay(25)
    }
  }
}

test('PostgreSQL that stops at once and comes back is met by nothing lost and nothing doubled', async () => {
  const automation = await insertAutomation(crm, 'Count', {
    trigger: { event: 'field.changed', object: 'leads', field: 'company' },
    actions: [
      { key: 'u', type: 'update_record', config: { fields: { follow_up_count: '{{record.follow_up_count + 1}}' } } },
    ],
  })
  await pool.query(
    'insert into automation_versions (workspace_id, automation_id, version, name, document) select workspace_id, id, version, name, document from automations',
  )
  await pool.query('update workspaces set automations_rev = automations_rev + 1')
  const records = await Promise.all(
    Array.from({ length: 8 }, (_, i) => createRecord(crm, crm.workspaceId, 'leads', { name: `L${i}` }, BY_KEY)),
  )
  let loading = true
  const changes = records.map(async ({ id }) => {
    let n = 0
    for (; loading; n++) await persist(() => updateRecord(crm, crm.workspaceId, id, { company: `c${n}` }, BY_KEY))
    return n
  })
  for (let round = 0; round < 2; round++) {
    await delay(700)
    await stopped()
  }
  await delay(500)
  loading = false
  const counts = await Promise.all(changes)
  await until(async () => {
    const { rows } = await pool.query(
      'select (select count(*) from outbox)::int + (select count(*) from runs_live)::int as left',
    )
    return rows[0].left === 0
  })
  for (const [i, { id }] of records.entries()) {
    const { rows } = await pool.query(`select data from records where id = $1`, [id])
    expect([publicId('record', id), rows[0].data.follow_up_count]).toEqual([publicId('record', id), counts[i]])
  }
  const runs = await pool.query('select status, event_id from runs where automation_id = $1', [automation])
  expect(runs.rows.length).toBe(counts.reduce((sum, n) => sum + n, 0))
  expect(new Set(runs.rows.map(({ event_id }) => event_id)).size).toBe(runs.rows.length)
  expect(new Set(runs.rows.map(({ status }) => status))).toEqual(new Set(['succeeded']))
})

test('workers that PostgreSQL’s stop has cut off go on with what they have in hand, and nobody takes it over', async () => {
  const automation = await insertAutomation(crm, 'Mail', {
    trigger: { event: 'record.created', object: 'deals' },
    actions: [{ key: 'mail', type: 'send_email', config: { to: 'ada@example.org', subject: 'Hello', body: 'Text' } }],
  })
  await pool.query(
    `insert into automation_versions (workspace_id, automation_id, version, name, document)
     select workspace_id, id, version, name, document from automations where id = $1`,
    [automation],
  )
  await pool.query('update workspaces set automations_rev = automations_rev + 1')
  const before = sends
  for (let n = 0; n < 12; n++) await createRecord(crm, crm.workspaceId, 'deals', { name: `D${n}` }, BY_KEY)
  await until(async () => sends === before + 12)
  const { rows: holders } = await pool.query('select distinct lease_by from runs_live')
  expect(holders.length).toBeGreaterThan(1)
  await stopped()
  await until(async () => {
    const { rows } = await persist(() => pool.query('select count(*)::int as left from runs_live'))
    return rows[0].left === 0
  })
  expect(sends).toBe(before + 12)
  const { rows } = await pool.query(
    `select status, steps #>> '{0,attempts,0,error,code}' as lost from runs where automation_id = $1`,
    [automation],
  )
  expect(rows).toHaveLength(12)
  for (const row of rows) expect(row).toEqual({ status: 'succeeded', lost: null })
})

/** PostgreSQL has stopped at once, and is back. */
async function stopped(): Promise<void> {
  const postmaster = (await readPostmaster(join(dataDir, 'pg18')))!
  process.kill(postmaster.pid, 'SIGQUIT')
  await until(async () => {
    const now = await readPostmaster(join(dataDir, 'pg18'))
    return now !== null && now.ready && now.pid !== postmaster.pid
  })
}
