import { uuidOf } from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { transaction } from '../../src/db/transaction.ts'
import { insertEvents } from '../../src/events/insert.ts'
import { advance } from '../../src/runs/advance.ts'
import { startManualRuns } from '../../src/runs/manual.ts'
import { tickEvent } from '../../src/schedules/tick-event.ts'
import { createTestEngine, type TestEngine } from '../engine.ts'
import { until } from '../helpers.ts'

let e: TestEngine
beforeAll(async () => {
  e = await createTestEngine()
  await e.addWorker()
})
afterAll(() => e.stop())

test('with serial, a run of a record starts when the earlier one ended, in the order of its writes', async () => {
  const id = await e.automation({
    serial: true,
    trigger: { event: 'field.changed', object: 'leads', field: 'company' },
    actions: [
      { type: 'webhook', config: { url: e.http.url, body: '{{changes.company.to}} {{record.id}}' } },
      { type: 'wait', config: { duration: 0.05, unit: 'seconds' } },
      { type: 'update_record', config: { fields: { notes: '{{record.notes}}{{changes.company.to}}' } } },
    ],
  })
  const records = [
    await e.create('leads', { name: 'A', notes: '>' }),
    await e.create('leads', { name: 'B', notes: '>' }),
  ]
  for (const step of '12345678') for (const record of records) await e.update(record, { company: step })
  const runs = await e.ended(id, 16)
  expect(runs.map((run) => run.status)).toEqual(Array(16).fill('succeeded'))
  for (const record of records) {
    expect((await e.values(record))!.notes).toBe('>12345678')
    const mine = runs.filter((run) => run.trigger.record_id === record)
    const spans = mine
      .map((run) => [run.steps[0]!.started_at, run.finished_at!] as const)
      .toSorted((a, b) => (a[0] < b[0] ? -1 : 1))
    for (const [i, [begin]] of spans.entries()) if (i > 0) expect(begin >= spans[i - 1]![1]).toBe(true)
    const sent = e.http.requests.map((request) => request.body.toString()).filter((text) => text.endsWith(record))
    expect(sent.map((text) => text[0]).join('')).toBe('12345678')
  }
})

test('without serial, runs of a record go side by side', async () => {
  const id = await e.automation({
    trigger: { event: 'record.updated', object: 'deals' },
    actions: [{ type: 'wait', config: { duration: 1, unit: 'hour' } }],
  })
  const deal = await e.create('deals', { name: 'D' })
  for (const name of ['x', 'y', 'z']) await e.update(deal, { name })
  await until(async () => (await e.live(id)).filter((row) => row.wait_reason === 'wait').length === 3)
})

test('a turn that nobody handed over is found by the sweep', async () => {
  const id = await e.automation({
    serial: true,
    trigger: { event: 'record.updated', object: 'companies' },
    actions: [{ type: 'wait', config: { duration: 1, unit: 'hour' } }],
  })
  const company = await e.create('companies', { name: 'C' })
  await e.update(company, { name: 'D' })
  await e.standing(id, 'wait')
  await e.update(company, { name: 'E' })
  await e.standing(id, 'turn')
  // as if the holder had vanished without handing its turn on
  await e.pool.query(`delete from runs_live where wait_reason = 'wait'`)
  await e.standing(id, 'wait')
})

test('an event that is taken up while a run is being started by hand waits for its turn', async () => {
  const own = await createTestEngine()
  try {
    const id = await own.automation({
      serial: true,
      trigger: { event: 'manual', object: 'leads' },
      actions: [{ type: 'wait', config: { duration: 1, unit: 'hour' } }],
    })
    const record = await own.create('leads', { name: 'Twice' })
    await own.worker.stop(2_000)
    const automationId = uuidOf('automation', id)!
    const { services, pool, workspaceId } = own
    const batch = () =>
      transaction(pool, (client) =>
        advance(client, services.time, {
          workerId: workspaceId,
          room: { reserve: () => ({ ok: false, afterMs: 1_000 }), refuses: () => null },
          outcomes: [],
          eventLimit: 10,
          dueLimit: 10,
          budgetMs: 1_000,
          maxCommands: 100,
          waitForLocks: false,
          fail: null,
          claimed: async () => {},
        }),
      )
    const principal = { workspaceId, actor: 'key_x' }
    await startManualRuns(services, principal, { id: automationId }, [record], async () => {
      // a tick comes for the same record, and a relay takes it up, before the start by hand is committed
      const tick = { at: new Date().toISOString(), timezone: 'UTC' }
      const row = { id: uuidOf('record', record)!, object: 'leads', data: { name: 'Twice' } }
      await insertEvents(pool, [tickEvent(services.time, { workspaceId, automationId }, tick, row as never, 1)])
      expect(await batch()).toMatchObject({ taken: 0, held: [expect.any(Number)] })
    })
    await batch()
    await batch()
    expect((await own.live(id)).map(({ wait_reason }) => wait_reason)).toEqual(['wait', 'turn'])
  } finally {
    await own.stop()
  }
})
