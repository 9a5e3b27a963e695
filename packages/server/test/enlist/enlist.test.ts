import {
  cancelEnlistmentRoute,
  createRecordsRoute,
  deactivateAutomationRoute,
  enlistRoute,
  getEnlistmentRoute,
  listEnlistmentsRoute,
  putOnHoldRoute,
  previewEnlistRoute,
  releaseRoute,
  runAutomationRoute,
  uuidOf,
} from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { applyRetention } from '../../src/chores/retention.ts'
import { transaction } from '../../src/db/transaction.ts'
import { acrossWorkspaces } from '../../src/db/walls.ts'
import { advanceOne } from '../../src/enlist/advance.ts'
import { createTestEngine, type TestEngine } from '../engine.ts'
import { until } from '../helpers.ts'

let e: TestEngine
beforeAll(async () => {
  e = await createTestEngine()
})
afterAll(() => e.stop())

const count = {
  type: 'update_record' as const,
  config: { fields: { follow_up_count: '{{record.follow_up_count + 1}}' } },
}
const trigger = { event: 'record.created', object: 'leads' }
/** so that each test has leads of its own */
const of = (source: string) => ({ match: 'all', rules: [{ field: 'company', operator: 'equals', value: source }] })

async function leads(company: string, n: number): Promise<string[]> {
  const records = Array.from({ length: n }, (_, i) => ({ name: `L${i}`, company }))
  const { data } = await e.client.call(createRecordsRoute, { body: { object_id: 'leads', records } as never })
  await e.quiet()
  return data.map(({ id }) => id)
}
const enlist = async (id: string, body: Record<string, unknown>) =>
  (await e.client.call(enlistRoute, { params: { id }, body: body as never })).id
const read = (id: string) => e.client.call(getEnlistmentRoute, { params: { id } })
const finished = (id: string) =>
  until(async () => {
    const found = await read(id)
    const over = found.succeeded + found.skipped + found.failed + found.cancelled
    return found.status !== 'running' && over === found.started ? found : undefined
  })
const counts = async (company: string) =>
  (
    await e.pool.query<{ n: string | null }>(
      `select data ->> 'follow_up_count' as n from records where data ->> 'company' = $1`,
      [company],
    )
  ).rows.map(({ n }) => n)

test('it runs on each record that is there and passes the filters, once, in lane 2, in chains of their own', async () => {
  const records = await leads('Each', 1_000)
  await leads('Other', 3)
  const id = await e.automation({ trigger, conditions: of('Each'), actions: [count] })
  const preview = await e.client.call(previewEnlistRoute, { params: { id }, body: { filters: { company: 'Each' } } })
  expect(preview).toMatchObject({ count: 1_000, already_enrolled: 0 })
  expect(preview.sample.map((record) => record.id)).toEqual(records.slice(0, 5))
  const made = await enlist(id, { filters: { company: 'Each' } })
  expect(await finished(made)).toMatchObject({
    automation_id: id,
    status: 'done',
    total: 1_000,
    started: 1_000,
    succeeded: 1_000,
    skipped: 0,
    failed: 0,
    error: null,
  })
  expect(new Set(await counts('Each'))).toEqual(new Set(['1']))
  expect(new Set(await counts('Other'))).toEqual(new Set([null]))
  const runs = await e.runs(id)
  expect(new Set(runs.map(({ chain }) => chain.id)).size).toBe(1_000)
  expect(runs[0]!.trigger).toMatchObject({ event: 'manual', source: 'manual', enlistment_id: made })
  const { rows } = await e.pool.query(`select distinct lane from events where payload ->> 'enlistment' = $1`, [made])
  expect(rows).toEqual([{ lane: 2 }])
  const { data } = await e.client.call(listEnlistmentsRoute, { params: { id } })
  expect(data.map((entry) => entry.id)).toEqual([made])
})

test('conditions and enrolment apply, and the progress counts what they left out', async () => {
  const [first] = await leads('Rules', 10)
  const id = await e.automation({
    trigger: { event: 'field.changed', object: 'leads', field: 'status' },
    conditions: { match: 'any', rules: [{ field: 'name', operator: 'not_equals', value: 'L9' }] },
    actions: [count],
    enrolment: 'once_per_record',
  } as never)
  await e.client.call(runAutomationRoute, { params: { id }, body: { record_id: first! } })
  await e.ended(id)
  const filters = { company: 'Rules' }
  expect(await e.client.call(previewEnlistRoute, { params: { id }, body: { filters } })).toMatchObject({
    count: 10,
    already_enrolled: 1,
  })
  expect(await finished(await enlist(id, { filters }))).toMatchObject({
    total: 10,
    started: 10,
    succeeded: 8,
    skipped: 2,
  })
  const again = await finished(await enlist(id, { filters }))
  expect(again).toMatchObject({ started: 10, succeeded: 0, skipped: 10 })
})

test('at most so many, the oldest first', async () => {
  const records = await leads('Most', 20)
  const id = await e.automation({ trigger, conditions: of('Most'), actions: [count] })
  expect(await finished(await enlist(id, { filters: { company: 'Most' }, max: 7 }))).toMatchObject({
    total: 7,
    started: 7,
  })
  expect((await e.runs(id)).map((run) => run.trigger.record_id).toSorted()).toEqual(records.slice(0, 7).toSorted())
})

test('a pace is kept, and a cancelled one hands nothing more over', async () => {
  await leads('Slow', 30)
  const id = await e.automation({ trigger, conditions: of('Slow'), actions: [count] })
  const made = await enlist(id, { filters: { company: 'Slow' }, per_minute: 60 })
  await until(async () => (await read(made)).started >= 2)
  const { rows } = await e.pool.query<{ took: number; started: number }>(
    `select extract(epoch from clock_timestamp() - created_at)::float8 as took, started from enlistments where id = $1`,
    [uuidOf('enlistment', made)],
  )
  expect(rows[0]!.started).toBeLessThanOrEqual(rows[0]!.took + 2)
  await e.client.call(cancelEnlistmentRoute, { params: { id: made } })
  const { started } = await finished(made)
  expect(await read(made)).toMatchObject({ status: 'cancelled', total: 30, started })
  expect(started).toBeLessThan(30)
  await expect(e.client.call(cancelEnlistmentRoute, { params: { id: made } })).rejects.toMatchObject({ status: 409 })
  expect(await e.runs(id)).toHaveLength(started)
})

test('a chunk that didn’t commit is taken again, and no record twice; a workspace on hold hands nothing over', async () => {
  await leads('Crash', 700)
  const id = await e.automation({ trigger, conditions: of('Crash'), actions: [count] })
  const hold = () =>
    e.pool.query(`insert into holds (workspace_id, reason) values ($1, 'operator') on conflict do nothing`, [
      e.workspaceId,
    ])
  await hold()
  const made = await enlist(id, { filters: { company: 'Crash' } })
  const pool = acrossWorkspaces(e.pool)
  const { time } = e.services
  expect(await transaction(pool, (client) => advanceOne(client, time))).toBeNull()
  const dies = transaction(pool, async (client) => {
    await client.query('delete from holds')
    expect(await advanceOne(client, time)).toBe(500)
    throw new Error('the process died')
  })
  await expect(dies).rejects.toThrow('the process died')
  expect((await read(made)).started).toBe(0)
  await e.pool.query('delete from holds')
  expect(await finished(made)).toMatchObject({ status: 'done', started: 700, succeeded: 700 })
  expect(new Set(await counts('Crash'))).toEqual(new Set(['1']))
})

test('it ends when its automation is deactivated, and says so', async () => {
  await leads('Off', 5)
  const id = await e.automation({ trigger, conditions: of('Off'), actions: [count] })
  const made = await enlist(id, { filters: { company: 'Off' }, per_minute: 1 })
  await until(async () => (await read(made)).started === 1)
  await e.client.call(deactivateAutomationRoute, { params: { id } })
  await e.pool.query('update enlistments set next_at = now() where next_at is not null')
  expect(await until(async () => ((await read(made)).status === 'running' ? undefined : read(made)))).toMatchObject({
    status: 'cancelled',
    error: 'The automation was deactivated.',
  })
})

test('a hold that is released with its runs cancelled drops what was there before it', async () => {
  await leads('Hold', 5)
  const id = await e.automation({ trigger, conditions: of('Hold'), actions: [count] })
  const before = await enlist(id, { filters: { company: 'Hold' }, per_minute: 1 })
  await e.client.call(putOnHoldRoute, { body: {} })
  const since = await enlist(id, { filters: { company: 'Hold' } })
  await e.client.call(releaseRoute, { query: { runs: 'cancel' } })
  expect(await read(before)).toMatchObject({ status: 'cancelled', error: 'It was dropped when a hold was released.' })
  expect(await finished(since)).toMatchObject({ status: 'done', succeeded: 5 })
})

test('what has ended long ago is removed, with its counts', async () => {
  await leads('Old', 5)
  const id = await e.automation({ trigger, conditions: of('Old'), actions: [count] })
  const made = await enlist(id, { filters: { company: 'Old' } })
  await finished(made)
  const uuid = uuidOf('enlistment', made)
  await e.pool.query(`update enlistments set finished_at = now() - interval '31 days' where id = $1`, [uuid])
  await applyRetention(acrossWorkspaces(e.pool))
  await expect(read(made)).rejects.toMatchObject({ status: 404 })
  const { rows } = await e.pool.query('select from enlistment_results where enlistment_id = $1', [uuid])
  expect(rows).toEqual([])
})

test('what can’t be is refused', async () => {
  const id = await e.automation({ trigger, actions: [count] })
  const refused = (automation: string, body: object) =>
    e.client.call(enlistRoute, { params: { id: automation }, body: body as never }).then(
      () => null,
      (error: { status: number }) => error.status,
    )
  expect(await refused(id, { filters: { nope: 1 } })).toBe(400)
  expect(await refused(id, { per_minute: 0 })).toBe(422)
  expect(await refused(id, { filter: {} })).toBe(400)
  const hook = await e.automation({ trigger: { event: 'webhook.received' }, actions: [{ type: 'stop' }] })
  expect(await refused(hook, {})).toBe(422)
  const deleted = await e.automation({
    trigger: { event: 'record.deleted', object: 'leads' },
    actions: [{ type: 'stop' }],
  })
  expect(await refused(deleted, {})).toBe(422)
  await e.client.call(deactivateAutomationRoute, { params: { id } })
  expect(await refused(id, {})).toBe(409)
  expect(await refused(`auto_${'0'.repeat(32)}`, {})).toBe(404)
})
