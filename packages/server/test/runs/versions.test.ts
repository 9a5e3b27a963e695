import {
  activateAutomationRoute,
  deactivateAutomationRoute,
  deleteAutomationRoute,
  getAutomationRoute,
  setAutomationModeRoute,
  updateAutomationRoute,
} from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Worker } from '../../src/worker.ts'
import { createTestEngine, type TestEngine } from '../engine.ts'
import { until } from '../helpers.ts'

let e: TestEngine
let worker: Worker
beforeAll(async () => {
  e = await createTestEngine()
  worker = e.worker
})
afterAll(() => e.stop())

const trigger = { event: 'record.created', object: 'leads' }
const write = (text: string) => ({ type: 'update_record' as const, config: { fields: { notes: text } } })

/** Events written inside are taken up only afterwards. */
async function whileNobodyLooks(work: () => Promise<void>): Promise<void> {
  await worker.stop(2_000)
  await work()
  worker = await e.addWorker()
}

test('an automation activated after an event was written does not run for it', async () => {
  const active = await e.automation({ trigger, actions: [write('x')] })
  const late = await e.automation({ trigger, actions: [write('x')], status: 'inactive' })
  await whileNobodyLooks(async () => {
    await e.create('leads', { name: 'First' })
    await e.client.call(activateAutomationRoute, { params: { id: late } })
    await e.create('leads', { name: 'Second' })
  })
  await e.ended(active, 2)
  await e.quiet()
  expect(await e.runs(late)).toHaveLength(1)
  for (const id of [active, late]) await e.client.call(deleteAutomationRoute, { params: { id } })
})

test('an automation deactivated before an event is taken up does not run for it, nor once it is active again', async () => {
  const id = await e.automation({ trigger, actions: [write('x')] })
  const other = await e.automation({ trigger, actions: [write('x')] })
  await whileNobodyLooks(async () => {
    await e.create('leads', { name: 'Missed' })
    await e.client.call(deactivateAutomationRoute, { params: { id } })
  })
  await e.ended(other, 1)
  await whileNobodyLooks(async () => {
    await e.create('leads', { name: 'Missed too' })
    await e.client.call(activateAutomationRoute, { params: { id } })
    await e.client.call(deactivateAutomationRoute, { params: { id } })
    await e.client.call(activateAutomationRoute, { params: { id } })
  })
  await e.ended(other, 2)
  await e.quiet()
  expect(await e.runs(id)).toEqual([])
  await e.client.call(deleteAutomationRoute, { params: { id: other } })
  await e.client.call(deleteAutomationRoute, { params: { id } })
})

test('a waiting run keeps the version and the mode it started with', async () => {
  const id = await e.automation({
    trigger,
    actions: [{ type: 'wait', config: { duration: 1, unit: 'hour' } }, write('old way')],
  })
  const record = await e.create('leads', { name: 'Patient' })
  await e.standing(id, 'wait')
  const { name, trigger: t, conditions } = await e.client.call(getAutomationRoute, { params: { id } })
  await e.client.call(updateAutomationRoute, {
    params: { id },
    body: { name, trigger: t, conditions, actions: [write('new way')] } as never,
  })
  await e.client.call(setAutomationModeRoute, { params: { id }, body: { mode: 'test' } })
  await e.client.call(deactivateAutomationRoute, { params: { id } })
  await e.passTime(id)
  const run = await e.run(id)
  expect(run).toMatchObject({ status: 'succeeded', version: 1, mode: 'live' })
  expect((await e.values(record))!.notes).toBe('old way')
  await e.client.call(deleteAutomationRoute, { params: { id } })
})

test('the version that runs is the newest when the event is taken up', async () => {
  const id = await e.automation({ trigger, actions: [write('one')] })
  let record = ''
  await whileNobodyLooks(async () => {
    record = await e.create('leads', { name: 'L' })
    const { name, trigger: t, conditions } = await e.client.call(getAutomationRoute, { params: { id } })
    await e.client.call(updateAutomationRoute, {
      params: { id },
      body: { name, trigger: t, conditions, actions: [write('two')] } as never,
    })
  })
  expect(await e.run(id)).toMatchObject({ status: 'succeeded', version: 2 })
  expect((await e.values(record))!.notes).toBe('two')
  await e.client.call(deleteAutomationRoute, { params: { id } })
})

test('deleting an automation cancels its waiting runs and keeps the log', async () => {
  const id = await e.automation({ trigger, actions: [{ type: 'wait', config: { duration: 1, unit: 'hour' } }] })
  await e.create('leads', { name: 'L' })
  await e.standing(id, 'wait')
  await e.client.call(deleteAutomationRoute, { params: { id } })
  expect(await e.run(id)).toMatchObject({ status: 'cancelled', automation_name: 'An automation' })
})

test('an automation of 500 actions runs whole, in order', async () => {
  const id = await e.automation({
    trigger: { event: 'record.created', object: 'companies' },
    actions: Array.from({ length: 500 }, (_, i) => ({
      type: 'update_record' as const,
      config: { fields: { address: `${i}` } },
    })),
  })
  const record = await e.create('companies', { name: 'Long' })
  const run = await e.run(id)
  expect(run.status).toBe('succeeded')
  expect(run.steps.map((step) => step.path)).toEqual(Array.from({ length: 500 }, (_, i) => `actions/${i}`))
  expect(
    run.steps.every(
      (step, i) =>
        step.status === 'succeeded' && (step.input as { fields: { address: string } }).fields.address === `${i}`,
    ),
  ).toBe(true)
  expect((await e.values(record))!.address).toBe('499')
})

test('a run of 300 waits keeps every step, and is written in chunks', async () => {
  const id = await e.automation({
    trigger: { event: 'record.created', object: 'deals' },
    actions: [
      {
        type: 'create_record',
        key: 'first',
        config: { object_definition_id: 'tasks', data: { title: 'kept over 300 waits' } },
      },
      ...Array.from({ length: 300 }, () => ({ type: 'wait' as const, config: { duration: 1, unit: 'hour' } })),
      { type: 'update_record', config: { fields: { name: '{{steps.first.title}}' } } },
    ],
  })
  const deal = await e.create('deals', { name: 'Slow' })
  await until(async () => {
    await e.passTime(id)
    return (await e.runs(id)).some((run) => run.status === 'succeeded')
  })
  const [run] = await e.runs(id)
  expect(run!.steps.map((step) => step.path)).toEqual(Array.from({ length: 302 }, (_, i) => `actions/${i}`))
  expect(run!.steps.every((step) => step.status === 'succeeded')).toBe(true)
  const { rows } = await e.pool.query('select n from run_steps order by n')
  expect(rows.length).toBeGreaterThan(3)
  expect((await e.values(deal))!.name).toBe('kept over 300 waits')
})
