import { retryRunRoute, type Run, uuidOf } from '@kantos/model'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ActionInput, createTestEngine, type TestEngine } from '../engine.ts'
import { until } from '../helpers.ts'

let e: TestEngine
beforeAll(async () => {
  e = await createTestEngine()
})
afterAll(() => e.stop())
beforeEach(() => e.http.otherwise({ kind: 'answer' }))

const task = (title: string): ActionInput => ({
  type: 'create_record',
  config: { object_definition_id: 'tasks', data: { title } },
})
const hook = (path: string, more: Partial<ActionInput> = {}, config: object = {}): ActionInput => ({
  type: 'webhook',
  config: { url: `${e.http.url}${path}`, retry: { delays_seconds: [] }, ...config },
  ...more,
})
const told = (run: Run) => run.steps.map(({ path, status }) => `${path} ${status}`)
const titles = (run: Run) => run.steps.flatMap(({ output }) => (output as { title?: string } | null)?.title ?? [])
const failing = (...paths: string[]) =>
  e.http.otherwise((request) => ({ kind: 'answer', status: paths.includes(request.path) ? 503 : 200 }))

async function runOf(actions: ActionInput[], values: object = {}): Promise<Run> {
  const id = await e.automation({ trigger: { event: 'record.created', object: 'leads' }, actions })
  await e.create('leads', { name: 'Lead', ...values })
  return e.run(id).finally(() => e.pool.query(`update automations set status = 'inactive'`))
}

test('when a step fails, its error path runs with what failed, and the run goes on behind it', async () => {
  failing('/down')
  const run = await runOf([
    hook('/down', {
      key: 'call',
      on_error: {
        actions: [
          {
            type: 'branch',
            config: {
              conditions: [
                {
                  if: { field: 'error.code', operator: 'equals', value: 'WEBHOOK_FAILED' },
                  // biome-ignore lint/suspicious/noThenProperty: the document's own word
                  then: [task('{{error.step_key}}: {{error.code}} {{steps.call.status}}')],
                },
                { else: [task('other')] },
              ],
            },
          },
        ],
      },
    }),
    task('behind'),
  ])
  expect(run.status).toBe('succeeded')
  expect(told(run)).toEqual([
    'actions/0 failed',
    'actions/0/on_error/0 succeeded',
    'actions/0/on_error/0/conditions/0/then/0 succeeded',
    'actions/1 succeeded',
  ])
  expect(titles(run)).toEqual(['call: WEBHOOK_FAILED 503', 'behind'])
})

test('a step that goes well leaves its error path alone', async () => {
  const run = await runOf([hook('/fine', { on_error: { actions: [task('never')] } }), task('behind')])
  expect(told(run)).toEqual(['actions/0 succeeded', 'actions/1 succeeded'])
})

test('a step that fails inside an error path ends the run with its own error, and a retry begins with it', async () => {
  failing('/down', '/also-down')
  const run = await runOf([
    hook('/down', { on_error: { actions: [task('first'), hook('/also-down', { key: 'inner' }), task('last')] } }),
    task('behind'),
  ])
  expect(run).toMatchObject({ status: 'failed', error: { step_key: 'inner', code: 'WEBHOOK_FAILED' } })
  expect(told(run)).toEqual(['actions/0 failed', 'actions/0/on_error/0 succeeded', 'actions/0/on_error/1 failed'])
  failing('/down')
  const { id } = await e.client.call(retryRunRoute, { params: { id: run.id } } as never)
  const again = await ended(id)
  expect(again.status).toBe('succeeded')
  expect(titles(again)).toEqual(['first', 'last', 'behind'])
  expect(e.http.requests.filter(({ path }) => path === '/down')).toHaveLength(2)
})

test('a stop in an error path ends the run as failed with what failed first, and a retry begins there', async () => {
  failing('/down')
  const run = await runOf([
    task('before'),
    hook('/down', {
      key: 'call',
      on_error: { actions: [task('{{error.code}}'), { type: 'stop', config: { reason: 'enough' } }] },
    }),
    task('behind'),
  ])
  expect(run).toMatchObject({ status: 'failed', error: { step_key: 'call', code: 'WEBHOOK_FAILED' } })
  expect(told(run)).toEqual([
    'actions/0 succeeded',
    'actions/1 failed',
    'actions/1/on_error/0 succeeded',
    'actions/1/on_error/1 succeeded',
  ])
  e.http.otherwise({ kind: 'answer' })
  const { id } = await e.client.call(retryRunRoute, { params: { id: run.id } } as never)
  const again = await ended(id)
  expect(again.status).toBe('succeeded')
  expect(told(again)).toEqual(['actions/0 succeeded', 'actions/1 succeeded', 'actions/2 succeeded'])
})

test('an error path waits over a restart, and knows its error afterwards', async () => {
  const id = await e.automation({
    trigger: { event: 'record.created', object: 'contacts' },
    actions: [
      {
        type: 'update_record',
        key: 'gone',
        config: { record_id: `rec_${'0'.repeat(31)}1`, fields: { name: 'x' } },
        on_error: { actions: [{ type: 'wait', config: { duration: 1, unit: 'hour' } }, task('{{error.step_key}}')] },
      },
    ],
  })
  await e.create('contacts', { name: 'Slow' })
  await e.standing(id, 'wait')
  await e.worker.stop(2_000)
  await e.addWorker()
  await e.passTime(id)
  const run = await e.run(id)
  expect(run.status).toBe('succeeded')
  expect(titles(run)).toEqual(['gone'])
})

test('in a loop each item has its own way through the error path', async () => {
  failing('/b')
  const run = await runOf([
    {
      type: 'for_each',
      config: {
        items: "{{split('a,b,c', ',')}}",
        actions: [hook('/{{item}}', { on_error: { actions: [task('{{item}} failed')] } })],
      },
    },
    task('behind'),
  ])
  expect(run.status).toBe('succeeded')
  expect(run.steps.map(({ path, index }) => `${path} ${index ?? ''}`.trim())).toEqual([
    'actions/0',
    'actions/0/actions/0 0',
    'actions/0/actions/0 1',
    'actions/0/actions/0/on_error/0 1',
    'actions/0/actions/0 2',
    'actions/1',
  ])
  expect(titles(run)).toEqual(['b failed', 'behind'])
})

test('an attempt lost with its worker leads into the error path too', async () => {
  e.http.otherwise({ kind: 'hang' })
  const id = await e.automation({
    trigger: { event: 'record.created', object: 'companies' },
    actions: [hook('/hangs', { key: 'call', on_error: { actions: [task('{{error.code}}')] } })],
  })
  await e.create('companies', { name: 'C' })
  for (let lost = 0; lost < 3; lost++) {
    const row = await until(async () => (await e.live(id)).find((one) => one.lease_by !== null && one.lost === lost))
    await e.pool.query('update runs_live set due_at = clock_timestamp() where id = $1', [row.id])
    e.services.wake()
  }
  const run = await e.run(id)
  expect(run.status).toBe('succeeded')
  expect(titles(run)).toEqual(['WORKER_LOST'])
})

test('the log says whether a failure may pass, and why no retry follows', async () => {
  e.http.otherwise((request) => ({ kind: 'answer', status: Number(request.path.slice(1)) }))
  const step = async (path: string, retry: object) => (await runOf([hook(path, {}, { retry })])).steps[0]!
  expect((await step('/503', { delays_seconds: [0, 0, 0] })).error).toMatchObject({
    kind: 'transient',
    no_retry: 'It is worth another try, but all 3 retries were made.',
  })
  const gone = await step('/404', { delays_seconds: [60], on: 'transient' })
  expect(gone.attempts).toHaveLength(1)
  expect(gone.error).toMatchObject({
    kind: 'permanent',
    no_retry: 'Permanent, and only transient failures are retried (retry.on).',
  })
  const any = await step('/404', { delays_seconds: [0] })
  expect(any.attempts.map(({ error }) => error?.kind)).toEqual(['permanent', 'permanent'])
  expect(any.error!.no_retry).toBe('Its one retry was made.')
  expect((await step('/500', { delays_seconds: [] })).error!.no_retry).toBe(
    'It is worth another try, but no retries are set (retry.delays_seconds).',
  )
  const refused = await runOf([{ type: 'webhook', config: { url: 'http://10.0.0.1/x' } }])
  expect(refused.error).toMatchObject({ code: 'EGRESS_REFUSED', kind: 'permanent' })
  expect(refused.steps[0]!.error!.no_retry).toBe('It would fail the same way again.')
  const invalid = await runOf([{ type: 'send_email', config: { to: 'a@x.org, b@x.org', subject: 's', body: 'b' } }])
  expect(invalid.steps[0]!.error).toMatchObject({ code: 'INVALID_ADDRESS', kind: 'permanent' })
  expect(invalid.steps[0]!.error).not.toHaveProperty('no_retry')
})

async function ended(id: string): Promise<Run> {
  await until(
    async () =>
      (await e.pool.query(`select from runs where id = $1 and class <> 'live'`, [uuidOf('run', id)])).rowCount === 1,
  )
  const { rows } = await e.pool.query<{ automation_id: string }>('select automation_id from runs where id = $1', [
    uuidOf('run', id),
  ])
  const runs = await e.runs(`auto_${rows[0]!.automation_id.replaceAll('-', '')}`)
  return runs.find((run) => run.id === id)!
}
