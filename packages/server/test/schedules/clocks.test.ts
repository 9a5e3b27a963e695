import { createAutomationRoute, createRecordRoute, readSigningSecret, type Run, uuidOf } from '@kantos/model'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readRun } from '../../src/log/read.ts'
import { createInstallation, type Installation } from '../crash/installation.ts'
import { until } from '../helpers.ts'
import { type HttpReceiver, startHttpReceiver } from '../receivers.ts'

const HOUR = 3_600_000
const SHIFTS = [HOUR, -HOUR, 30 * 24 * HOUR, -30 * 24 * HOUR]

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

const shifted = (ms: number) => ({
  NODE_OPTIONS: `--import=${new URL('shift-clock.ts', import.meta.url).href}`,
  SHIFT_MS: String(ms),
})

const automation = async (trigger: object, actions: object[]) =>
  uuidOf(
    'automation',
    (await k.client.call(createAutomationRoute, { body: { name: 'A', status: 'active', trigger, actions } as never }))
      .id,
  )!

async function runsOf(automationId: string): Promise<Run[]> {
  const { rows } = await k.pool.query<{ id: string }>('select id from runs where automation_id = $1 order by id', [
    automationId,
  ])
  return Promise.all(rows.map(async ({ id }) => (await readRun(k.pool, k.workspaceId, id))!))
}

test('workers and an API whose clocks are an hour and a month off do everything at its time, sign for now, and steal no lease', async () => {
  await k.start('api', shifted(-30 * 24 * HOUR))
  for (const ms of SHIFTS) await k.start('worker', shifted(ms))
  const records = 12
  const { rows } = await k.pool.query<{ now: Date }>('select clock_timestamp() as now')
  const began = rows[0]!.now.getTime()
  const scheduled = await automation({ event: 'schedule', cron: '0 0 1 1 *', timezone: 'UTC' }, [{ type: 'stop' }])
  const id = await automation({ event: 'record.created', object: 'leads' }, [
    { type: 'webhook', config: { url: http.url, body: { at: '{{now}}' } } },
    { type: 'wait', config: { duration: 1, unit: 'seconds' } },
    { type: 'update_record', config: { fields: { score: '{{record.score + 1}}' } } },
  ])
  // an answer that takes longer than a beat: nobody is to believe that its lease has lapsed
  http.next({ kind: 'answer', delayMs: 6_000, body: 'slow' })
  for (let i = 0; i < records; i++)
    await k.client.call(createRecordRoute, { body: { object_id: 'leads', field_values: { name: `L${i}`, score: 0 } } })
  const runs = await until(async () => {
    const all = await runsOf(id)
    return all.length === records && all.every(({ finished_at }) => finished_at !== null) ? all : null
  })
  const ended = (await k.pool.query<{ now: Date }>('select clock_timestamp() as now')).rows[0]!.now.getTime()
  const { secret } = await k.client.call(readSigningSecret)
  for (const run of runs) {
    expect(run).toMatchObject({ status: 'succeeded', error: null })
    expect(run.steps[0]!.attempts).toHaveLength(1)
    const wait = run.steps[1]!
    expect(Date.parse(wait.finished_at!)).toBeGreaterThanOrEqual(Date.parse((wait.output as { until: string }).until))
    for (const time of [run.started_at!, run.finished_at!, ...run.steps.map(({ started_at }) => started_at)]) {
      expect(Date.parse(time)).toBeGreaterThan(began - 1_000)
      expect(Date.parse(time)).toBeLessThan(ended + 1_000)
    }
  }
  expect(http.requests).toHaveLength(records)
  // throws when the timestamp is five minutes off
  for (const { headers, body } of http.requests)
    new Webhook(secret).verify(String(body), headers as Record<string, string>)
  expect(await runsOf(scheduled)).toEqual([])
  const scores = await k.pool.query(`select distinct data -> 'score' as score from records where object = 'leads'`)
  expect(scores.rows).toEqual([{ score: 1 }])
}, 240_000)
