import {
  activateAutomationRoute,
  type AutomationAnswer,
  createAutomationRoute,
  createRecordsRoute,
  deactivateAutomationRoute,
  uuidOf,
} from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startWorker, type Worker } from '../../src/worker.ts'
import { createTestApp, type TestApp } from '../app.ts'
import { until } from '../helpers.ts'

let t: TestApp
let workers: Worker[]

beforeAll(async () => {
  t = await createTestApp()
  workers = [await startWorker(t.services), await startWorker(t.services)]
})
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.stop()))
  await t.drop()
})

async function create(trigger: object, actions: object[]): Promise<AutomationAnswer> {
  const body = { name: 'On time', status: 'active', trigger: { event: 'schedule', ...trigger }, actions }
  return t.client.call(createAutomationRoute, { body: body as never })
}

/** The tick comes now. */
async function tick({ id }: AutomationAnswer): Promise<void> {
  const { rowCount } = await t.pool.query('update schedules set next_tick_at = now() where automation_id = $1', [
    uuidOf('automation', id),
  ])
  expect(rowCount).toBe(1)
}

async function runsOf({ id }: AutomationAnswer, n: number) {
  return until(async () => {
    const { rows } = await t.pool.query('select * from runs where automation_id = $1', [uuidOf('automation', id)])
    return rows.length >= n && rows.every(({ class: kind }) => kind !== 'live') ? rows : null
  })
}

test('a tick that two workers see starts one run', async () => {
  const automation = await create({ cron: '0 0 1 1 *' }, [{ type: 'stop', config: { reason: 'done' } }])
  await tick(automation)
  await runsOf(automation, 1)
  await t.client.call(deactivateAutomationRoute, { params: { id: automation.id } })
  await t.client.call(activateAutomationRoute, { params: { id: automation.id } })
  await tick(automation)
  const runs = await runsOf(automation, 2)
  expect(runs.map(({ status }) => status)).toEqual(['succeeded', 'succeeded'])
  expect(runs[0].trigger).toMatchObject({ event: 'schedule', source: 'schedule', actor: null })
})

test('a tick over records runs once for each that matches, on the record as it is', async () => {
  const records = Array.from({ length: 1_000 }, (_, i) => ({
    name: `Lead ${i}`,
    score: i,
    status: i % 2 === 0 ? 'new' : 'contacted',
  }))
  await t.client.call(createRecordsRoute, { body: { object_id: 'leads', records } as never })
  const automation = await create(
    { cron: '0 9 * * 1', timezone: 'Europe/Berlin', object: 'leads', filters: { status: 'new', score: { $lt: 600 } } },
    [{ type: 'update_record', config: { fields: { follow_up_count: '{{record.follow_up_count + 1}}' } } }],
  )
  await tick(automation)
  const runs = await runsOf(automation, 300)
  expect(runs).toHaveLength(300)
  expect(new Set(runs.map(({ status }) => status))).toEqual(new Set(['succeeded']))
  expect(new Set(runs.map(({ chain_id }) => chain_id)).size).toBe(300)
  const { rows } = await t.pool.query(
    `select count(*)::int as n, min((data ->> 'score')::int) as least, max((data ->> 'score')::int) as most
     from records where data -> 'follow_up_count' = '1'`,
  )
  expect(rows[0]).toEqual({ n: 300, least: 0, most: 598 })
})
