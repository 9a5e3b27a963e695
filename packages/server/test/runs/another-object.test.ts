import {
  type BacktestResult,
  enlistRoute,
  getEnlistmentRoute,
  replayRunRoute,
  retryRunRoute,
  updateAutomationRoute,
  type WaitingRuns,
} from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ActionInput, createTestEngine, type TestEngine } from '../engine.ts'
import { until } from '../helpers.ts'

/** An automation that was about leads is about deals by now: what began with a lead mustn't go on with it as a deal. */

let e: TestEngine
beforeAll(async () => {
  e = await createTestEngine()
})
afterAll(() => e.stop())

const leads = { event: 'record.updated', object: 'leads' }
const deals = { event: 'record.updated', object: 'deals' }
const pause: ActionInput = { type: 'wait', key: 'pause', config: { duration: 1, unit: 'hour' } }
const name = (text: string): ActionInput => ({ type: 'update_record', key: 'name', config: { fields: { name: text } } })
const bad: ActionInput = { type: 'update_record', key: 'name', config: { fields: { email: `no{{'!'}}` } } }

const turn = (id: string, actions: ActionInput[], waitingRuns?: WaitingRuns, trigger: object = deals) =>
  e.client.call(updateAutomationRoute, {
    params: { id },
    query: waitingRuns === undefined ? {} : { waiting_runs: waitingRuns },
    body: { name: 'An automation', trigger, actions } as never,
  })
const refused = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: { status: number; message: string }) => ({ status: error.status, message: error.message }),
  )

test('runs that wait, or stand in the queue, stay on their version and are named with the reason', async () => {
  const id = await e.automation({ trigger: leads, serial: true, actions: [pause, name('a lead')] })
  const lead = await e.create('leads', { name: 'Ada' })
  await e.update(lead, { score: 1 })
  await e.standing(id, 'wait')
  await e.update(lead, { score: 2 })
  await until(async () => (await e.live(id)).length === 2)
  const { waiting_runs_result: result } = await turn(id, [pause, name('a deal')], 'move')
  const reason = 'Version 2 is about records of deals, and this run about records of leads.'
  expect(result).toMatchObject({ moved: 0, kept: 2, kept_runs: [{ reason }, { reason }] })
  await e.passTime(id)
  await e.standing(id, 'wait')
  await e.passTime(id)
  expect((await e.ended(id, 2)).map(({ version }) => version)).toEqual([1, 1])
  expect((await e.values(lead))!.name).toBe('a lead')
})

test('a failed run is retried on its own version only, and not replayed', async () => {
  const id = await e.automation({ trigger: leads, actions: [bad] })
  const lead = await e.create('leads', { name: 'Bob' })
  await e.update(lead, { score: 1 })
  const run = await e.run(id)
  await turn(id, [name('a deal')])
  const params = { id: run.id }
  expect(await refused(e.client.call(retryRunRoute, { params, body: { version: 'newest' } }))).toEqual({
    status: 409,
    message:
      'Version 2 is about records of deals, and this run about records of leads. Retry on the run’s own version.',
  })
  expect(await refused(e.client.call(replayRunRoute, { params }))).toEqual({
    status: 409,
    message: 'The automation is about records of deals by now, and this run about records of leads.',
  })
  await e.client.call(retryRunRoute, { params, body: {} })
  expect((await e.ended(id, 2))[1]).toMatchObject({ status: 'failed', version: 1 })
  expect((await e.values(lead))!.name).toBe('Bob')
})

test('running it on existing records ends, and says so', async () => {
  const made: string[] = []
  for (const company of ['Turn', 'Turn', 'Turn']) made.push(await e.create('leads', { name: 'Eve', company }))
  const id = await e.automation({ trigger: leads, actions: [name('a lead')] })
  const body = { filters: { company: 'Turn' }, per_minute: 1 }
  const { id: enlistment } = await e.client.call(enlistRoute, { params: { id }, body })
  const read = () => e.client.call(getEnlistmentRoute, { params: { id: enlistment } })
  await until(async () => (await read()).succeeded === 1)
  await e.worker.stop(2_000)
  await e.pool.query('update enlistments set next_at = now() where next_at is not null')
  await turn(id, [name('a deal')])
  await e.addWorker()
  expect(await until(async () => ((await read()).status === 'running' ? undefined : read()))).toMatchObject({
    status: 'cancelled',
    started: 1,
    error: 'The automation is about other records by now.',
  })
  await e.quiet()
  expect(await Promise.all(made.map(async (one) => (await e.values(one))!.name))).toEqual(['a lead', 'Eve', 'Eve'])
})

test('a backtest of a draft that starts another way doesn’t count the events of the way before', async () => {
  const id = await e.automation({ trigger: { event: 'webhook.received', auth: 'none' }, actions: [task('called')] })
  await e.request(`/api/webhooks/automation/${id}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  await e.run(id)
  const draft = { name: 'Daily', trigger: { event: 'schedule', cron: '@daily' }, actions: [task('daily')] }
  const count = async (automation?: object) => {
    const answer = await e.request(`/api/automations/${id}/backtest`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': e.apiKey },
      body: JSON.stringify({ automation }),
    })
    const { scanned, would_run: runs } = JSON.parse((await answer.text()).trim().split('\n').at(-1)!) as BacktestResult
    return [scanned, runs]
  }
  expect(await count()).toEqual([1, 1])
  expect(await count(draft)).toEqual([0, 0])
})

function task(title: string): ActionInput {
  return { type: 'create_record', config: { object_definition_id: 'tasks', data: { title } } }
}
