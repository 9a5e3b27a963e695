import { setTimeout as delay } from 'node:timers/promises'
import { uuidOf } from '@kantos/model'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { insertEvents } from '../../src/events/insert.ts'
import { parkHeld } from '../../src/runs/drive.ts'
import type { LiveRun } from '../../src/runs/live-run.ts'
import { createRecords } from '../../src/records/write.ts'
import { BY_KEY } from '../crm.ts'
import { createTestEngine, type TestEngine } from '../engine.ts'
import { until } from '../helpers.ts'

let e: TestEngine
const unhandled: unknown[] = []
const note = (error: unknown) => void unhandled.push(error)
beforeAll(async () => {
  process.on('unhandledRejection', note)
  e = await createTestEngine()
})
afterAll(async () => {
  await e.stop()
  process.off('unhandledRejection', note)
})
afterEach(() => expect(unhandled).toEqual([]))

const trigger = { event: 'record.created', object: 'leads' }
const task = (title: string) => ({
  type: 'create_record' as const,
  config: { object_definition_id: 'tasks', data: { title } },
})

test('a record that somebody holds delays its own runs and nobody else’s', async () => {
  const id = await e.automation({
    trigger: { event: 'field.changed', object: 'leads', field: 'company' },
    actions: [{ type: 'update_record', config: { fields: { notes: 'done' } } }],
  })
  const held = await e.create('leads', { name: 'Held' })
  const free = await e.create('leads', { name: 'Free' })
  const recordId = uuidOf('record', held)!
  const eventId = e.services.time.id()
  const client = await e.pool.connect()
  try {
    await client.query('begin')
    await client.query('select 1 from records where id = $1 for update', [recordId])
    await insertEvents(e.pool, [
      {
        workspaceId: e.workspaceId,
        id: eventId,
        type: 'record.updated',
        object: 'leads',
        recordId,
        source: 'api',
        actor: null,
        lane: 1,
        automationId: null,
        changes: { company: { from: null, to: 'x' } },
        after: { name: 'Held', company: 'x' },
        payload: null,
        chain: { id: eventId, depth: 0, path: [] },
      },
    ])
    for (let i = 0; i < 100; i++) {
      await e.update(free, { company: `c${i}`, notes: 'not yet' })
      await until(async () => (await e.values(free))!.notes === 'done')
      // a transaction that rests for 10 s is ended by the database
      await client.query('select 1')
    }
    expect((await e.runs(id)).filter((run) => run.trigger.record_id === held)).toEqual([])
    await client.query('commit')
  } finally {
    client.release()
  }
  const runs = await e.ended(id, 101)
  expect(runs.map((run) => run.status)).toEqual(Array(101).fill('succeeded'))
  expect((await e.values(held))!.notes).toBe('done')
})

test('an event that stood in a dead worker’s hands goes alone and is run', async () => {
  // somebody else is there, so a worker that starts now looks who died
  const holder = await e.pool.connect()
  await holder.query('select pg_advisory_lock(4712)')
  await e.pool.query(`insert into workers (id, name, lock_key) values (gen_random_uuid(), 'alive', 4712)`)
  await e.worker.stop(2_000)
  await e.addWorker()
  // what the claim's note finds out comes while the batch still reads
  const { query } = pg.Client.prototype
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
    const work = () => Reflect.apply(query, this, args)
    return (args[0] as { name?: string }).name === 'workspaces-revisions' ? delay(100).then(work) : work()
  } as typeof query
  const id = await e.automation({ trigger, actions: [task('survivor')] })
  await createRecords(
    e.services,
    e.workspaceId,
    'leads',
    [{ name: 'One' }, { name: 'Two' }],
    BY_KEY,
    undefined,
    async (client) => {
      await client.query(`insert into workers (id, name, lock_key, claimed_seqs)
      select gen_random_uuid(), 'dead', 4711, array_agg(seq) from outbox`)
    },
  )
  const runs = await e.ended(id, 2)
  expect(runs.map((run) => run.status)).toEqual(['succeeded', 'succeeded'])
  await until(async () => (await e.pool.query(`select 1 from workers where name = 'dead'`)).rowCount === 0)
  pg.Client.prototype.query = query
  holder.release(true)
})

test('a run that resumes onto a locked record looks for it ever more rarely, and as soon as ever after its next step', async () => {
  const id = await e.automation({
    trigger: { event: 'record.created', object: 'deals' },
    actions: [
      { type: 'wait', config: { duration: 1, unit: 'hour' } },
      { type: 'update_record', config: { fields: { name: 'done' } } },
      { type: 'wait', config: { duration: 1, unit: 'hour' } },
    ],
  })
  const deal = await e.create('deals', { name: 'Held' })
  await e.standing(id, 'wait')
  const client = await e.pool.connect()
  const misses = async () =>
    (
      await e.pool.query<{ misses: number }>(
        `select coalesce((state ->> 'misses')::int, 0) as misses from runs_live where automation_id = $1`,
        [uuidOf('automation', id)],
      )
    ).rows[0]!.misses
  try {
    await client.query('begin')
    await client.query('select 1 from records where id = $1 for update', [uuidOf('record', deal)])
    await e.pool.query('update runs_live set due_at = clock_timestamp() where automation_id = $1', [
      uuidOf('automation', id),
    ])
    e.services.wake()
    await until(async () => (await misses()) >= 7)
    await client.query('commit')
  } finally {
    client.release()
  }
  await e.standing(id, 'wait')
  expect((await e.values(deal))!.name).toBe('done')
  expect(await misses()).toBe(0)
})

test('a locked record is looked for after 5 ms, then twice as long, at most 100', () => {
  const run = { misses: 0 } as LiveRun
  const pauses = Array.from({ length: 8 }, () => {
    parkHeld(run, 1_000)
    return run.dueAt! - 1_000
  })
  expect(pauses).toEqual([5, 10, 20, 40, 80, 100, 100, 100])
})
