import { getAutomationRoute, uuidOf } from '@kantos/model'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { insertEvents } from '../../src/events/insert.ts'
import { createTestEngine, type TestEngine } from '../engine.ts'

let e: TestEngine
beforeAll(async () => {
  e = await createTestEngine()
})
afterAll(() => e.stop())
afterEach(async () => {
  await e.pool.query(`update automations set status = 'inactive', activated_at = null`)
  await e.pool.query(`update workspaces set automations_rev = automations_rev + 1, settings = '{}'`)
})

const count = { type: 'update_record' as const, config: { fields: { score: '{{record.score + 1}}' } } }

test('the loop guard lets an automation run five times on a record in a chain; the sixth is blocked and flags it', async () => {
  const id = await e.automation({ trigger: { event: 'record.updated', object: 'leads' }, actions: [count] })
  const record = await e.create('leads', { name: 'Looping', score: 0 })
  const other = { code: 'FAILING', run_id: 'run_00000000000000000000000000000001', at: '2026-01-01T00:00:00.000Z' }
  await e.pool.query('update automations set flags = $1', [JSON.stringify([other])])
  await e.update(record, { company: 'begin' })
  const runs = await e.ended(id, 6)
  await e.quiet()
  expect((await e.runs(id)).map((run) => run.status)).toEqual([...Array(5).fill('succeeded'), 'blocked'])
  expect((await e.values(record))!.score).toBe(5)
  const blocked = runs.at(-1)!
  expect(blocked.error).toMatchObject({ code: 'LOOP', message: expect.stringContaining('5') })
  expect(blocked.chain.depth).toBe(6)
  expect(blocked.chain.path!.map((link) => link.run_id)).toEqual(runs.slice(0, 5).map((run) => run.id))
  expect(new Set(runs.map((run) => run.chain.id)).size).toBe(1)
  expect(runs.slice(1).map((run) => run.chain.parent_run_id)).toEqual(runs.slice(0, 5).map((run) => run.id))
  const { flags } = await e.client.call(getAutomationRoute, { params: { id } })
  expect(flags).toEqual([other, { code: 'LOOP', run_id: blocked.id, at: expect.any(String) }])
})

test('an automation that guards itself with a condition ends as skipped, and is not flagged', async () => {
  const id = await e.automation({
    trigger: { event: 'record.updated', object: 'leads' },
    conditions: { match: 'all', rules: [{ field: 'score', operator: 'less_than', value: 5 }] },
    actions: [count],
  })
  const record = await e.create('leads', { name: 'Guarded', score: 0 })
  await e.update(record, { company: 'begin' })
  await e.ended(id, 6)
  await e.quiet()
  expect((await e.runs(id)).map((run) => run.status)).toEqual([...Array(5).fill('succeeded'), 'skipped'])
  expect((await e.client.call(getAutomationRoute, { params: { id } })).flags).toEqual([])
})

test('two automations that play ping-pong are stopped', async () => {
  const a = await e.automation({
    trigger: { event: 'field.changed', object: 'leads', field: 'company' },
    actions: [{ type: 'update_record', config: { fields: { notes: '{{now}} {{run.id}}' } } }],
  })
  const b = await e.automation({
    trigger: { event: 'field.changed', object: 'leads', field: 'notes' },
    actions: [{ type: 'update_record', config: { fields: { company: '{{run.id}}' } } }],
  })
  const record = await e.create('leads', { name: 'P' })
  await e.update(record, { company: 'serve' })
  await e.ended(a, 6)
  await e.quiet()
  expect((await e.runs(a)).map((run) => run.status)).toEqual([...Array(5).fill('succeeded'), 'blocked'])
  expect((await e.runs(b)).map((run) => run.status)).toEqual(Array(5).fill('succeeded'))
})

test('a chain of ever new records ends at depth 21', async () => {
  const id = await e.automation({
    trigger: { event: 'record.created', object: 'tasks' },
    actions: [
      { type: 'create_record', config: { object_definition_id: 'tasks', data: { title: 'child of {{record.id}}' } } },
    ],
  })
  await e.create('tasks', { title: 'root' })
  const runs = await e.ended(id, 21)
  await e.quiet()
  expect(runs.map((run) => [run.chain.depth, run.status])).toEqual(
    Array.from({ length: 21 }, (_, i) => [i + 1, i < 20 ? 'succeeded' : 'blocked']),
  )
})

test('more runs in a chain than allowed are blocked, in each chain by itself', async () => {
  await e.pool.query(`update workspaces set settings = '{"loop_limits": {"max_per_chain": 10}}'`)
  const fan = await e.automation({
    trigger: { event: 'record.created', object: 'companies' },
    actions: [
      {
        type: 'for_each',
        config: {
          items: "{{split('abcdefgh', '')}}",
          actions: [{ type: 'create_record', config: { object_definition_id: 'deals', data: { name: '{{item}}' } } }],
        },
      },
    ],
  })
  const each = await e.automation({
    trigger: { event: 'record.created', object: 'deals' },
    actions: [
      { type: 'create_record', config: { object_definition_id: 'contacts', data: { name: 'of {{record.name}}' } } },
    ],
  })
  const last = await e.automation({
    trigger: { event: 'record.created', object: 'contacts' },
    actions: [{ type: 'stop' }],
  })
  for (let i = 0; i < 2; i++) {
    await e.create('companies', { name: `Root ${i}` })
    await e.ended(fan, i + 1)
    await e.quiet()
  }
  const runs = [...(await e.runs(each)), ...(await e.runs(last))]
  const chains = new Map<string, string[]>()
  for (const run of runs) chains.set(run.chain.id!, [...(chains.get(run.chain.id!) ?? []), run.status])
  expect(chains.size).toBe(2)
  for (const statuses of chains.values()) expect(statuses.filter((status) => status === 'succeeded')).toHaveLength(10)
})

test('an event that is left for later is counted once in its chain', async () => {
  const id = await e.automation({
    trigger: { event: 'record.updated', object: 'companies' },
    actions: [{ type: 'update_record', config: { fields: { size: 'x' } } }],
  })
  const others = await e.automation({ trigger: { event: 'record.created', object: 'leads' }, actions: [count] })
  const company = await e.create('companies', { name: 'Held' })
  const recordId = uuidOf('record', company)!
  const eventId = e.services.time.id()
  const client = await e.pool.connect()
  try {
    await client.query('begin')
    await client.query('select 1 from records where id = $1 for update', [recordId])
    await insertEvents(e.pool, [
      {
        workspaceId: e.workspaceId,
        id: eventId,
        type: 'record.updated',
        object: 'companies',
        recordId,
        source: 'automation',
        actor: null,
        lane: 1,
        automationId: null,
        changes: { name: { from: 'a', to: 'Held' } },
        after: { name: 'Held' },
        payload: null,
        chain: { id: eventId, depth: 1, path: [[eventId, recordId, eventId]] },
      },
    ])
    // batches go by, each of which looks at the held event, too
    for (let i = 1; i <= 5; i++) {
      await e.create('leads', { name: `L${i}` })
      await e.ended(others, i)
    }
    expect(await e.runs(id)).toEqual([])
    await client.query('commit')
  } finally {
    client.release()
  }
  expect((await e.run(id)).status).toBe('succeeded')
  await e.quiet()
  const { rows } = await e.pool.query('select runs from chains where chain_id = $1', [eventId])
  // the run itself, and those that its own write started
  const { rows: caused } = await e.pool.query(
    `select count(*)::int as n from runs where chain_id = $1 and status <> 'blocked'`,
    [eventId],
  )
  expect(rows).toEqual([{ runs: caused[0].n }])
})
