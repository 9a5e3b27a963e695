import { setTimeout as delay } from 'node:timers/promises'
import { createAutomationRoute, createRecordRoute, updateRecordRoute, uuidOf } from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../helpers.ts'
import { type HttpReceiver, startHttpReceiver } from '../receivers.ts'
import { createInstallation, type Installation, type Member } from './installation.ts'

const WORKER_KILLS = 12
const API_KILLS = 3
const WRITERS = 3

let k: Installation
let http: HttpReceiver
beforeAll(async () => {
  k = await createInstallation()
  http = await startHttpReceiver()
})
afterAll(async () => {
  await http.close()
  await k.drop()
})

/** When a worker was killed: between the two times, by the database's clock. */
interface Kill {
  from: number
  to: number
}

interface Run {
  id: string
  automation_id: string
  event_id: string
  record_id: string
  /** when the event happened that started it, epoch ms */
  asked_at: number
  finished_at: number
  status: string
  error: { code: string } | null
  steps: { key: string; type: string; status: string; attempts: { error?: { code: string } }[] }[]
}

/** Asks again until there is an answer, as a client does whose server vanishes. */
async function persist<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const code = (error as { code?: string }).code
      if (code !== undefined && !['UNAVAILABLE', 'CONFLICT', 'INTERNAL'].includes(code)) throw error
      await delay(25)
    }
  }
}

test('kill -9 at any moment loses and doubles nothing', async () => {
  let api = await k.start('api')
  const workers: Member[] = await Promise.all([k.start('worker'), k.start('worker')])
  const clock = async () =>
    (await k.pool.query<{ ms: number }>('select extract(epoch from clock_timestamp())::float8 * 1000 as ms')).rows[0]!
      .ms
  const automation = async (name: string, trigger: object, actions: object[]) =>
    uuidOf(
      'automation',
      (await k.client.call(createAutomationRoute, { body: { name, status: 'active', trigger, actions } as never })).id,
    )!
  const counting = await automation('Count', { event: 'field.changed', object: 'leads', field: 'company' }, [
    { type: 'update_record', key: 'count', config: { fields: { follow_up_count: '{{record.follow_up_count + 1}}' } } },
    {
      type: 'webhook',
      key: 'call',
      config: { url: http.url, body: '{{run.id}}', retry: { delays_seconds: [0.2, 0.2, 0.2, 0.2, 0.2] } },
    },
    { type: 'update_record', key: 'score', config: { fields: { score: '{{record.score + 1}}' } } },
  ])
  const waiting = await automation('Wait', { event: 'record.created', object: 'leads' }, [
    { type: 'create_record', config: { object_definition_id: 'tasks', data: { title: 'T {{record.name}}' } } },
    { type: 'wait', config: { duration: 0.5, unit: 'seconds' } },
    { type: 'create_record', config: { object_definition_id: 'tasks', data: { title: 'W {{record.name}}' } } },
  ])

  let loading = true
  /** per record: how many changes were acknowledged, each written once whatever it took */
  const acknowledged = new Map<string, number>()
  const write = async (writer: number) => {
    for (let n = 0; loading; n++) {
      const name = `w${writer}-${n}`
      const { id } = await persist(() =>
        k.client.call(
          createRecordRoute,
          { body: { object_id: 'leads', field_values: { name } } as never },
          { idempotencyKey: name },
        ),
      )
      acknowledged.set(id, 0)
      for (let change = 1; change <= 4; change++) {
        await persist(() =>
          k.client.call(updateRecordRoute, {
            params: { id },
            body: { field_values: { company: `c${change}` } } as never,
          }),
        )
        acknowledged.set(id, change)
      }
    }
  }
  const writers = Array.from({ length: WRITERS }, (_, i) => write(i))

  const kills: Kill[] = []
  for (let round = 0; round < WORKER_KILLS; round++) {
    await delay(150 + Math.random() * 700)
    const victim = workers.splice(Math.floor(Math.random() * workers.length), 1)[0]!
    const from = await clock()
    await k.kill(victim)
    expect(victim.child.signalCode).toBe('SIGKILL')
    kills.push({ from, to: await clock() })
    workers.push(await k.start('worker'))
    if (round % Math.floor(WORKER_KILLS / API_KILLS) === 1) {
      await k.kill(api)
      api = await k.start('api')
    }
  }
  loading = false
  await Promise.all(writers)
  expect(kills).toHaveLength(WORKER_KILLS)
  await until(async () => {
    const { rows } = await k.pool.query(
      'select (select count(*) from outbox)::int + (select count(*) from runs_live)::int as left',
    )
    return rows[0].left === 0
  })

  const records = await k.pool.query<{ id: string; data: { name: string; follow_up_count?: number; score?: number } }>(
    `select 'rec_' || replace(id::text, '-', '') as id, data from records where object = 'leads'`,
  )
  expect(new Set(records.rows.map(({ id }) => id))).toEqual(new Set(acknowledged.keys()))
  expect(records.rows.length).toBeGreaterThan(20)

  // one run for each event and automation
  const { rows: runs } = await k.pool.query<Run>(
    `select id, automation_id, event_id, 'rec_' || replace(record_id::text, '-', '') as record_id, status, error, steps,
       extract(epoch from id_time(event_id))::float8 * 1000 as asked_at, extract(epoch from finished_at)::float8 * 1000 as finished_at
     from runs`,
  )
  expect(new Set(runs.map((run) => `${run.automation_id} ${run.event_id}`)).size).toBe(runs.length)
  const changes = [...acknowledged.values()].reduce((sum, n) => sum + n, 0)
  expect(runs.filter((run) => run.automation_id === counting)).toHaveLength(changes)
  expect(runs.filter((run) => run.automation_id === waiting)).toHaveLength(records.rows.length)

  // it ends as its steps say, or is set aside because three workers died on it
  for (const { status, error, steps, asked_at: from, finished_at: to } of runs) {
    if (status === 'succeeded') {
      expect(steps.map((step) => step.status)).toEqual(['succeeded', 'succeeded', 'succeeded'])
      continue
    }
    expect([status, error?.code]).toEqual(['failed', expect.stringMatching(/^(WORKER_LOST|POISON)$/)])
    expect(kills.filter((kill) => kill.to >= from && kill.from <= to).length).toBeGreaterThanOrEqual(3)
    if (error?.code === 'WORKER_LOST')
      expect(
        steps
          .at(-1)!
          .attempts.slice(-3)
          .map((attempt) => attempt.error?.code),
      ).toEqual(Array(3).fill(error.code))
  }

  // database steps: exactly once
  const done = new Map<string, number>()
  for (const { record_id, steps } of runs)
    for (const { key, type, status } of steps) {
      const name = type === 'create_record' ? 'tasks' : `${record_id} ${key}`
      if (status === 'succeeded') done.set(name, (done.get(name) ?? 0) + 1)
    }
  for (const { id, data } of records.rows)
    expect([id, data.follow_up_count, data.score]).toEqual([id, done.get(`${id} count`), done.get(`${id} score`)])
  const tasks = await k.pool.query<{ title: string; n: number }>(
    `select data ->> 'title' as title, count(*)::int as n from records where object = 'tasks' group by 1`,
  )
  expect(tasks.rows.filter(({ n }) => n !== 1)).toEqual([])
  expect(tasks.rows.length).toBe(done.get('tasks'))

  // webhooks: at least once, with one id, and again only where the log says so
  const calls = new Map<string, string[]>()
  for (const request of http.requests) {
    const run = request.body.toString()
    calls.set(run, [...(calls.get(run) ?? []), String(request.headers['webhook-id'])])
  }
  for (const run of runs.filter(({ automation_id }) => automation_id === counting)) {
    const name = `run_${run.id.replaceAll('-', '')}`
    const ids = calls.get(name) ?? []
    calls.delete(name)
    const call = run.steps.find(({ key }) => key === 'call')
    if (call?.status === 'succeeded') expect(ids.length).toBeGreaterThanOrEqual(1)
    expect(ids.length).toBeLessThanOrEqual(call?.attempts.length ?? 0)
    expect(new Set(ids).size).toBeLessThanOrEqual(1)
  }
  expect([...calls.keys()]).toEqual([])
}, 300_000)
