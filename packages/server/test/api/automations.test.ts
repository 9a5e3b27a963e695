import {
  activateAutomationRoute,
  ApiError,
  createAutomationRoute,
  createRecordRoute,
  deactivateAutomationRoute,
  deleteAutomationRoute,
  duplicateAutomationRoute,
  getAutomationRoute,
  getVersionRoute,
  listAutomationsRoute,
  listVersionsRoute,
  restoreVersionRoute,
  runAutomationRoute,
  setAutomationModeRoute,
  updateAutomationRoute,
  validateAutomationRoute,
} from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestApp, type TestApp } from '../app.ts'

let t: TestApp
beforeAll(async () => {
  t = await createTestApp()
})
afterAll(() => t.drop())

const stop = { type: 'stop', config: {} }
const document = { name: 'A', trigger: { event: 'record.created', object: 'obj_def_leads' }, actions: [stop] }
const create = (over: object = {}) => t.client.call(createAutomationRoute, { body: { ...document, ...over } })
const refused = async (work: Promise<unknown>): Promise<ApiError> => {
  const error = await work.then(
    () => null,
    (failure: unknown) => failure,
  )
  expect(error).toBeInstanceOf(ApiError)
  return error as ApiError
}
const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  t.request(path, {
    method: 'POST',
    headers: { 'x-api-key': t.apiKey, 'content-type': 'application/json', ...headers },
    body,
  })

test('an automation goes its way through the API: made, read, saved, switched, copied, deleted', async () => {
  const made = await create({ status: 'active' })
  const params = { id: made.id }
  expect(made).toMatchObject({ status: 'active', version: 1, activated_at: expect.any(String) })
  expect(await t.client.call(getAutomationRoute, { params })).toEqual({ ...made, waiting_runs: 0 })
  const saved = await t.client.call(updateAutomationRoute, { params, body: { ...made, name: 'B' } })
  expect(saved).toMatchObject({ name: 'B', version: 2, status: 'active', activated_at: made.activated_at })
  expect(await t.client.call(deactivateAutomationRoute, { params })).toMatchObject({ status: 'inactive' })
  expect(await t.client.call(activateAutomationRoute, { params })).toMatchObject({ status: 'active' })
  expect(await t.client.call(setAutomationModeRoute, { params, body: { mode: 'test' } })).toMatchObject({
    mode: 'test',
  })
  expect(await t.client.call(duplicateAutomationRoute, { params })).toMatchObject({
    name: 'B (copy)',
    status: 'inactive',
  })
  const versions = await t.client.call(listVersionsRoute, { params })
  expect(versions.data.map(({ version }) => version)).toEqual([2, 1])
  expect(await t.client.call(getVersionRoute, { params: { ...params, n: '1' } })).toMatchObject({ name: 'A' })
  const restored = await t.client.call(restoreVersionRoute, { params: { ...params, n: '1' } })
  expect(restored).toMatchObject({ name: 'A', version: 3 })
  const { data, pagination } = await t.client.call(listAutomationsRoute, { query: { q: 'A' } })
  expect(data[0]).toMatchObject({ id: made.id, last_run: null, stats: { runs: 0, failed: 0 } })
  expect(pagination).toMatchObject({ total: 1, page: 1, per_page: 25, total_pages: 1 })
  await t.client.call(deleteAutomationRoute, { params })
  expect((await refused(t.client.call(getAutomationRoute, { params }))).status).toBe(404)
})

test('a wrong shape is a 422 with its path, malformed JSON a 400', async () => {
  const wrong = await post('/api/automations', JSON.stringify({ ...document, triger: 1, actions: [{ type: 'sleep' }] }))
  expect(wrong.status).toBe(422)
  const body = (await wrong.json()) as { code: string; details: { errors: { path: string }[] } }
  expect(body.code).toBe('VALIDATION_ERROR')
  expect(body.details.errors.map(({ path }) => path)).toEqual(['/triger', '/actions/0/type'])
  expect((await post('/api/automations', '[]')).status).toBe(422)
  expect((await post('/api/automations', '{"name": ')).status).toBe(400)
})

test('a check answers 200, with the problems or none', async () => {
  const good = await t.client.call(validateAutomationRoute, { body: document })
  expect(good).toEqual({ valid: true, errors: [], warnings: [] })
  const update = { type: 'update_record', config: { fields: { score: 1 } } }
  const looping = { ...document, trigger: { event: 'record.updated', object: 'leads' }, actions: [update] }
  expect(await t.client.call(validateAutomationRoute, { body: looping })).toMatchObject({
    valid: true,
    warnings: [{ path: '/actions/0' }],
  })
  expect(await t.client.call(validateAutomationRoute, { body: {} })).toMatchObject({
    valid: false,
    errors: [{ path: '/actions' }, { path: '/name' }, { path: '/trigger' }],
  })
})

test('a creation repeated with its key gives the one automation', async () => {
  const key = { 'idempotency-key': 'create-once' }
  const body = JSON.stringify({ ...document, name: 'Once' })
  const [first, second] = await Promise.all([post('/api/automations', body, key), post('/api/automations', body, key)])
  expect([first.status, second.status]).toEqual([201, 201])
  expect(await second.json()).toEqual(await first.json())
  const { data } = await t.client.call(listAutomationsRoute, { query: { q: 'Once' } })
  expect(data).toHaveLength(1)
})

test('a start by hand answers a run for each record, and needs an active automation', async () => {
  const record = await t.client.call(createRecordRoute, {
    body: { object_id: 'obj_leads', field_values: { name: 'Ada' } },
  })
  const { id } = await create({ name: 'By hand', trigger: { event: 'manual', object: 'leads' } })
  const run = (body: { record_id: string } | { record_ids: string[] }) =>
    t.client.call(runAutomationRoute, { params: { id }, body })
  expect((await refused(run({ record_id: record.id }))).status).toBe(409)
  await t.client.call(activateAutomationRoute, { params: { id } })
  expect((await run({ record_ids: [record.id] })).data).toEqual([
    { run_id: expect.stringMatching(/^run_/), record_id: record.id },
  ])
  expect((await refused(run({ record_id: `rec_${'0'.repeat(32)}` }))).status).toBe(404)
  await t.client.call(deleteAutomationRoute, { params: { id } })
  const { rows } = await t.pool.query('select status from runs')
  expect(rows).toEqual([{ status: 'cancelled' }])
})

test('viewers read, and change nothing', async () => {
  const viewer = (await t.logIn('viewer')).client
  const made = await create({ name: 'Seen', trigger: { event: 'webhook.received' } })
  expect(made.webhook!.token).toMatch(/^[0-9a-f]{32}$/)
  const params = { id: made.id }
  expect((await viewer.call(getAutomationRoute, { params })).webhook).not.toHaveProperty('token')
  expect((await refused(viewer.call(updateAutomationRoute, { params, body: document }))).status).toBe(403)
  expect((await refused(viewer.call(activateAutomationRoute, { params }))).status).toBe(403)
})

test('ids that are none, foreign ones and bad paging', async () => {
  const made = await create({ name: 'Mine' })
  const other = t.clientOf((await t.newWorkspace('Other')).key)
  const foreign = await refused(other.call(getAutomationRoute, { params: { id: made.id } }))
  const missing = await refused(other.call(getAutomationRoute, { params: { id: `auto_${'0'.repeat(32)}` } }))
  expect([foreign.status, foreign.message]).toEqual([missing.status, missing.message])
  expect((await refused(t.client.call(getAutomationRoute, { params: { id: 'nope' } }))).status).toBe(404)
  expect((await refused(t.client.call(getVersionRoute, { params: { id: made.id, n: '0' } }))).status).toBe(404)
  expect((await refused(t.client.call(listAutomationsRoute, { query: { per_page: 101 } }))).status).toBe(400)
})
