import { uuidOf } from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestEngine, type TestEngine } from '../engine.ts'
import { until } from '../helpers.ts'

let engine: TestEngine
beforeAll(async () => {
  engine = await createTestEngine()
})
afterAll(() => engine.stop())

const SUSPECTS = 200

test('hundreds of runs whose worker died with them in hand keep neither other runs nor outcomes waiting', async () => {
  const waits = await engine.automation({
    trigger: { event: 'record.created', object: 'leads' },
    actions: [{ type: 'wait', config: { duration: 1, unit: 'days' } }],
  })
  const calls = await engine.automation({
    trigger: { event: 'record.created', object: 'deals' },
    actions: [{ type: 'webhook', config: { url: engine.http.url } }],
  })
  for (let n = 0; n < SUSPECTS; n++) await engine.create('leads', { name: `Lead ${n}` })
  await until(async () => {
    const standing = await engine.live(waits)
    return standing.length === SUSPECTS && standing.every(({ wait_reason }) => wait_reason === 'wait')
  })
  await engine.pool.query(
    `insert into holds (workspace_id, at, reason) select id, clock_timestamp(), 'operator' from workspaces`,
  )
  await engine.create('deals', { name: 'Sound' })
  await engine.pool.query('update runs_live set tries = 1, due_at = clock_timestamp() where automation_id = $1', [
    uuidOf('automation', waits),
  ])
  await engine.pool.query('delete from holds')
  engine.services.wake()
  const sound = await engine.run(calls)
  const suspects = await engine.ended(waits, SUSPECTS)
  expect(suspects.every(({ status }) => status === 'succeeded')).toBe(true)
  const later = suspects.filter(({ finished_at }) => Date.parse(finished_at!) > Date.parse(sound.finished_at!))
  expect(later.length).toBeGreaterThan(0)
})
