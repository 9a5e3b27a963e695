import { createAutomationRoute, createRecordRoute, uuidOf } from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../helpers.ts'
import { type HttpReceiver, startHttpReceiver } from '../receivers.ts'
import { createInstallation, type Installation } from './installation.ts'

let k: Installation
let http: HttpReceiver
beforeAll(async () => {
  k = await createInstallation()
  await k.start('api')
  http = await startHttpReceiver()
})
afterAll(async () => {
  await http.close()
  await k.drop()
})

const automation = async (object: string, actions: object[]) =>
  uuidOf(
    'automation',
    (
      await k.client.call(createAutomationRoute, {
        body: { name: 'A', status: 'active', trigger: { event: 'record.created', object }, actions } as never,
      })
    ).id,
  )!
const create = (object: string, values: object) =>
  k.client.call(createRecordRoute, { body: { object_id: object, field_values: values } as never })
const runsOf = async (automationId: string) =>
  (
    await k.pool.query('select r.*, r.xmin::text as written_by from runs r where automation_id = $1 order by id', [
      automationId,
    ])
  ).rows

test('a worker frozen past its lease is replaced, and changes nothing when it wakes', async () => {
  const id = await automation('leads', [
    { type: 'webhook', key: 'call', config: { url: http.url } },
    { type: 'create_record', config: { object_definition_id: 'tasks', data: { title: 'after the call' } } },
  ])
  http.next({ kind: 'answer', delayMs: 500, body: 'to the frozen one' }, { kind: 'answer', body: 'to its successor' })
  const frozen = await k.start('worker')
  await create('leads', { name: 'L' })
  await http.received(1)
  frozen.child.kill('SIGSTOP')
  const successor = await k.start('worker')
  // its beats have stopped long ago
  await k.pool.query(`update workers set beat_at = now() - interval '1 minute' where id = $1`, [frozen.said])
  const [run] = await until(async () => {
    const runs = await runsOf(id)
    return runs[0]?.status === 'succeeded' ? runs : null
  })
  expect(run.steps[0]).toMatchObject({
    output: { body: 'to its successor' },
    attempts: [{ error: { code: 'WORKER_LOST' } }, { output: { status: 200 } }],
  })
  expect(new Set(http.requests.map((request) => request.headers['webhook-id'])).size).toBe(1)
  frozen.child.kill('SIGCONT')
  // it beats again, and its outcome has been dropped by then
  await until(
    async () =>
      (
        await k.pool.query(`select 1 from workers where id = $1 and beat_at > now() - interval '3 seconds'`, [
          frozen.said,
        ])
      ).rowCount === 1,
  )
  await k.kill(successor)
  await create('leads', { name: 'For the one that woke' })
  const runs = await until(async () => {
    const all = await runsOf(id)
    return all.length === 2 && all.every(({ status }) => status === 'succeeded') ? all : null
  })
  expect(runs[0]).toEqual(run)
  const tasks = await k.pool.query(`select 1 from records where object = 'tasks'`)
  expect(tasks.rowCount).toBe(2)
  await k.kill(frozen)
})

test('an event that kills its worker is set aside after three, and the others go on', async () => {
  const id = await automation('deals', [
    { type: 'create_record', config: { object_definition_id: 'tasks', data: { title: 'of {{record.name}}' } } },
  ])
  const names = Array.from({ length: 15 }, (_, i) => (i === 4 ? 'the poison pill' : `sound ${i}`))
  for (const name of names) await create('deals', { name })
  let deaths = 0
  let over = false
  const keep = async () => {
    while (!over) {
      const member = await k.start('worker', { TEST_DIES_ON: 'the poison pill' }).catch(() => null)
      if (member === null) {
        deaths += 1
        continue
      }
      await Promise.race([member.exited, until(() => over)])
      if (member.child.signalCode === 'SIGKILL') deaths += 1
      else await k.kill(member)
    }
  }
  const keeping = keep()
  const runs = await until(async () => {
    const all = await runsOf(id)
    return all.length === names.length && all.every((row) => row.class !== 'live') ? all : null
  })
  over = true
  await keeping
  expect(deaths).toBe(3)
  const failed = runs.filter(({ status }) => status === 'failed')
  expect(failed).toHaveLength(1)
  expect(failed[0].error).toMatchObject({ code: 'POISON' })
  expect(runs.filter(({ status }) => status === 'succeeded')).toHaveLength(14)
  const tasks = await k.pool.query(`select 1 from records where object = 'tasks' and data ->> 'title' like 'of sound%'`)
  expect(tasks.rowCount).toBe(14)
})
