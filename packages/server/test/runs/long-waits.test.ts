import { publicId } from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ensurePartitions } from '../../src/chores/partitions.ts'
import { applyRetention } from '../../src/chores/retention.ts'
import { readRun } from '../../src/log/read.ts'
import { createTestEngine, type TestEngine } from '../engine.ts'
import { until } from '../helpers.ts'

const DAY = 86_400_000
let engine: TestEngine

beforeAll(async () => {
  engine = await createTestEngine()
})
afterAll(() => engine.stop())

/** The live run grows older: its ids, which tell its month, and all its times go back, and so does what it waits for. */
async function age(id: string, days: number): Promise<string> {
  const begun = Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16) - days * DAY
  const hex = begun.toString(16).padStart(12, '0')
  const older = `${hex.slice(0, 8)}-${hex.slice(8)}${id.slice(13)}`
  await engine.pool.query(
    `update runs_live set id = $2, started_at = started_at - $3::interval, due_at = due_at - $3::interval, rev = rev + 1
     where id = $1`,
    [id, older, `${days} days`],
  )
  await engine.pool.query('update run_steps set run_id = $2 where run_id = $1', [id, older])
  return older
}

test('a wait of two years outlives months of log, goes on with all its steps, and is kept when it has ended', async () => {
  const long = 'x'.repeat(3_000)
  const create = {
    type: 'create_record' as const,
    config: { object_definition_id: 'tasks', data: { description: long, title: 'A task' } },
  }
  const automation = await engine.automation({
    trigger: { event: 'record.created', object: 'leads' },
    // enough for the finished steps to leave the run's row
    actions: [create, create, create, create, { type: 'wait', config: { duration: 730, unit: 'days' } }, create],
  })
  await engine.create('leads', { name: 'Ada' })
  let { id } = await engine.standing(automation, 'wait')
  const { rows: chunks } = await engine.pool.query('select n from run_steps where run_id = $1', [id])
  expect(chunks.length).toBeGreaterThan(0)
  const fifteen = Array.from({ length: 48 }, () => 15)
  for (const days of fifteen) {
    id = await age(id, days)
    await ensurePartitions(engine.pool)
    await applyRetention(engine.pool)
    expect((await engine.live(automation)).map((row) => [row.id, row.wait_reason])).toEqual([[id, 'wait']])
  }
  const { rows } = await engine.pool.query<{ days: number }>(
    `select round(extract(epoch from due_at - clock_timestamp()) / 86400)::int as days from runs_live where id = $1`,
    [id],
  )
  expect(rows[0]!.days).toBe(10)
  id = await age(id, 11)
  engine.services.wake()
  const ended = await until(async () => {
    const run = await readRun(engine.pool, engine.workspaceId, id)
    return run?.status === 'succeeded' ? run : null
  })
  await applyRetention(engine.pool)
  expect(await readRun(engine.pool, engine.workspaceId, id)).toEqual(ended)
  expect(ended.id).toBe(publicId('run', id))
  expect(ended.steps.map(({ type }) => type)).toEqual([
    'create_record',
    'create_record',
    'create_record',
    'create_record',
    'wait',
    'create_record',
  ])
  expect(Date.parse(ended.started_at!)).toBeLessThan(Date.now() - 730 * DAY)
})
