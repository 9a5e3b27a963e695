import { createAutomationRoute, createRecordRoute, getAutomationRoute, publicId, uuidOf } from '@kantos/model'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createRecords } from '../../src/records/write.ts'
import { startManualRuns } from '../../src/runs/manual.ts'
import { startWorker } from '../../src/worker.ts'
import { createTestApp, type TestApp } from '../app.ts'
import type { Cause } from '../../src/records/write-batch.ts'
import { until } from '../helpers.ts'

const STORM = 2_000
const BY_IMPORT: Cause = { actor: 'key_00000000000000000000000000000001', source: 'import', lane: 2, chain: null }

let t: TestApp
let other: { id: string; key: string }
beforeAll(async () => {
  t = await createTestApp()
  other = await t.newWorkspace('Other')
})
afterAll(() => t.drop())
beforeEach(() => t.pool.query('truncate runs, outbox'))

const add = { type: 'update_record', config: { fields: { score: '{{record.score + 1}}' } } }

async function automation(client: TestApp['client'], trigger: object, actions: object[] = [add]): Promise<string> {
  const body = { name: 'A', status: 'active', trigger, actions }
  return uuidOf('automation', (await client.call(createAutomationRoute, { body: body as never })).id)!
}

/** A workspace's backlog of an import, before any worker is there. */
async function storm(): Promise<string[]> {
  const values = Array.from({ length: 500 }, (_, i) => ({ name: `Row ${i}`, score: 0 }))
  const ids: string[] = []
  for (let i = 0; i < STORM; i += values.length) {
    const made = await createRecords(t.services, t.workspaceId, 'leads', values, BY_IMPORT)
    ids.push(...made.map(({ id }) => id))
  }
  return ids
}

/** Lets a worker take up all there is. */
async function work(): Promise<void> {
  const worker = await startWorker(t.services)
  await until(async () => {
    const { rows } = await t.pool.query<{ left: number }>(
      'select (select count(*) from outbox)::int + (select count(*) from runs_live)::int as left',
    )
    return rows[0]!.left === 0
  })
  await worker.stop(2_000)
}

/** How many runs of the storm had begun when the first run of an automation did; ids rise with time. */
async function begunBefore(automationId: string, storming: readonly string[]): Promise<number> {
  const { rows } = await t.pool.query<{ n: number }>(
    `select count(*)::int as n from runs where automation_id = any($2::uuid[])
       and started_at < (select min(started_at) from runs where automation_id = $1)`,
    [automationId, storming],
  )
  return rows[0]!.n
}

test('an import under three automations doesn’t keep another workspace waiting, nor a run by hand, and drops nothing', async () => {
  const created = { event: 'record.created', object: 'leads' }
  const storming = [
    await automation(t.client, created),
    await automation(t.client, created, [add, add]),
    await automation(t.client, created, [{ type: 'stop' }]),
  ]
  const byHand = await automation(t.client, { event: 'manual', object: 'leads' })
  const theirs = t.clientOf(other.key)
  const another = await automation(theirs, created)
  const ids = await storm()
  await theirs.call(createRecordRoute, { body: { object_id: 'leads', field_values: { name: 'Theirs', score: 0 } } })
  const principal = { workspaceId: t.workspaceId, actor: 'key_00000000000000000000000000000001' }
  await startManualRuns(t.services, principal, { id: byHand }, [publicId('record', ids.at(-1)!)])
  await work()
  const { rows } = await t.pool.query<{ automation_id: string; status: string; n: number }>(
    'select automation_id, status, count(*)::int as n from runs group by 1, 2',
  )
  expect(rows.toSorted((a, b) => b.n - a.n || a.automation_id.localeCompare(b.automation_id))).toEqual([
    ...storming.map((id) => ({ automation_id: id, status: 'succeeded', n: STORM })),
    ...[another, byHand]
      .toSorted((a, b) => a.localeCompare(b))
      .map((id) => ({ automation_id: id, status: 'succeeded', n: 1 })),
  ])
  const scores = await t.pool.query<{ score: number; n: number }>(
    `select (data ->> 'score')::int as score, count(*)::int as n from records
     where workspace_id = $1 and object = 'leads' group by 1 order by 1`,
    [t.workspaceId],
  )
  // the one that was run by hand has one more
  expect(scores.rows).toEqual([
    { score: 3, n: STORM - 1 },
    { score: 4, n: 1 },
  ])
  // the first batch has both; of the storm it takes half a batch at most, each event with three runs
  expect(await begunBefore(another, storming)).toBeLessThan(3 * 500)
  expect(await begunBefore(byHand, storming)).toBeLessThan(3 * 500)
}, 240_000)

test('four loops at once end each in one blocked run that draws its chain, and their automations are flagged', async () => {
  await t.pool.query(`update automations set status = 'inactive', activated_at = null`)
  await t.pool.query('update workspaces set automations_rev = automations_rev + 1')
  const changed = (object: string, field: string) => ({ event: 'field.changed', object, field })
  const set = (fields: object) => ({ type: 'update_record', config: { fields } })
  const own = await automation(t.client, { event: 'record.updated', object: 'leads' })
  const ping = await automation(t.client, changed('companies', 'name'), [set({ industry: '{{run.id}}' })])
  const pong = await automation(t.client, changed('companies', 'industry'), [set({ name: '{{run.id}}' })])
  const child = { object_definition_id: 'tasks', data: { title: 'of {{record.id}}' } }
  const children = await automation(t.client, { event: 'record.created', object: 'tasks' }, [
    { type: 'create_record', config: child },
  ])
  const create = (object: string, values: object) =>
    t.client.call(createRecordRoute, { body: { object_id: object, field_values: values } as never })
  const lead = await create('leads', { name: 'L', score: 0 })
  const company = await create('companies', { name: 'C' })
  await create('tasks', { title: 'root' })
  const write = (id: string, field_values: object) =>
    t.request(`/api/crm/record/${id}`, {
      method: 'PATCH',
      headers: { 'x-api-key': t.apiKey, 'content-type': 'application/json' },
      body: JSON.stringify({ field_values }),
    })
  expect((await write(lead.id, { company: 'begin' })).status).toBe(200)
  expect((await write(company.id, { name: 'serve' })).status).toBe(200)
  await work()
  const counts = async (id: string) => {
    const { rows } = await t.pool.query<{ status: string; n: number; links: number }>(
      `select status, count(*)::int as n, max(json_array_length(coalesce(path, '[]')))::int as links
       from runs where automation_id = $1 group by status order by status desc`,
      [id],
    )
    return rows
  }
  expect(await counts(own)).toEqual([
    { status: 'succeeded', n: 5, links: 4 },
    { status: 'blocked', n: 1, links: 5 },
  ])
  expect(await counts(ping)).toEqual([
    { status: 'succeeded', n: 5, links: 8 },
    { status: 'blocked', n: 1, links: 10 },
  ])
  expect(await counts(pong)).toEqual([{ status: 'succeeded', n: 5, links: 9 }])
  expect(await counts(children)).toEqual([
    { status: 'succeeded', n: 20, links: 19 },
    { status: 'blocked', n: 1, links: 20 },
  ])
  for (const id of [own, ping, children]) {
    const { flags } = await t.client.call(getAutomationRoute, { params: { id: `auto_${id.replaceAll('-', '')}` } })
    expect(flags).toMatchObject([{ code: 'LOOP' }])
  }
}, 120_000)
