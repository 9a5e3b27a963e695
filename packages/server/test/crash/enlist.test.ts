import { setTimeout as delay } from 'node:timers/promises'
import {
  createAutomationRoute,
  createRecordsRoute,
  enlistRoute,
  type Enlistment,
  getEnlistmentRoute,
  uuidOf,
} from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../helpers.ts'
import { createInstallation, type Installation, type Member } from './installation.ts'

const RECORDS = 4_000
const KILLS = 6

let k: Installation
beforeAll(async () => {
  k = await createInstallation()
})
afterAll(() => k.drop())

test('kill -9 neither loses nor doubles a record on its way through the records, nor enrols one twice', async () => {
  await k.start('api')
  const { id } = await k.client.call(createAutomationRoute, {
    body: {
      name: 'Once',
      status: 'active',
      trigger: { event: 'manual', object: 'leads' },
      enrolment: 'once_per_record',
      actions: [{ type: 'update_record', config: { fields: { follow_up_count: '{{record.follow_up_count + 1}}' } } }],
    } as never,
  })
  for (let from = 0; from < RECORDS; from += 1_000) {
    const records = Array.from({ length: 1_000 }, (_, i) => ({ name: `L${from + i}` }))
    await k.client.call(createRecordsRoute, { body: { object_id: 'leads', records } as never })
  }
  // both go through the same records, at the same time
  const enlistments = [
    await k.client.call(enlistRoute, { params: { id }, body: {} }),
    await k.client.call(enlistRoute, { params: { id }, body: {} }),
  ]
  const workers: Member[] = [await k.start('worker'), await k.start('worker')]
  for (let round = 0; round < KILLS; round++) {
    await delay(100 + Math.random() * 500)
    const victim = workers.shift()!
    await k.kill(victim)
    expect(victim.child.signalCode).toBe('SIGKILL')
    workers.push(await k.start('worker'))
  }
  const read = () =>
    Promise.all(enlistments.map((made) => k.client.call(getEnlistmentRoute, { params: { id: made.id } })))
  const ended = ({ status, started, succeeded, skipped }: Enlistment) =>
    status === 'done' && succeeded + skipped === started
  const found = await until(async () => {
    const all = await read()
    return all.every(ended) ? all : undefined
  })
  expect(found.map(({ total, started, failed }) => [total, started, failed])).toEqual([
    [RECORDS, RECORDS, 0],
    [RECORDS, RECORDS, 0],
  ])
  expect(found.reduce((sum, { succeeded }) => sum + succeeded, 0)).toBe(RECORDS)
  const { rows } = await k.pool.query<{ times: string; n: number }>(
    `select data ->> 'follow_up_count' as times, count(*)::int as n from records where object = 'leads' group by 1`,
  )
  expect(rows).toEqual([{ times: '1', n: RECORDS }])
  const runs = await k.pool.query<{ status: string; n: number }>(
    'select status, count(*)::int as n from runs where automation_id = $1 group by 1 order by 1',
    [uuidOf('automation', id)],
  )
  expect(runs.rows).toEqual([
    { status: 'skipped', n: RECORDS },
    { status: 'succeeded', n: RECORDS },
  ])
})
