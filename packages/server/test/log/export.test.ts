import { exportRunsRoute, listRunsRoute, runAutomationRoute, type Run } from '@kantos/model'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { csvCell } from '../../src/log/export.ts'
import { type AppWithWorker, startAppWithWorker } from '../app-with-worker.ts'
import { until } from '../helpers.ts'

const COUNT = 450

let t: AppWithWorker
let automation: Awaited<ReturnType<AppWithWorker['automation']>>
beforeAll(async () => {
  t = await startAppWithWorker()
  automation = await t.automation({
    name: '=HYPERLINK("x"), "quoted"',
    trigger: { event: 'manual', object: 'leads' },
    actions: [{ type: 'update_record', config: { fields: { score: 1 } } }],
  })
  const leads = await t.request('/api/crm/records/batch', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': t.apiKey },
    body: JSON.stringify({
      object_id: 'leads',
      records: Array.from({ length: COUNT }, (_, i) => ({ name: `Lead ${i}` })),
    }),
  })
  const { data } = (await leads.json()) as { data: { id: string }[] }
  await t.client.call(runAutomationRoute, {
    params: { id: automation.id },
    body: { record_ids: data.map(({ id }) => id) } as never,
  })
  await until(async () => (await t.pool.query(`select from runs_done`)).rowCount === COUNT)
})
afterAll(() => t.drop())

const exported = async (query: object) => (await t.client.request(exportRunsRoute, { query: query as never })).text()

test('an export holds every run once, whole, newest first, over as many pages as it takes', async () => {
  const lines = (await exported({})).trimEnd().split('\n')
  const runs = lines.map((line) => JSON.parse(line) as Run)
  expect(runs.length).toBe(COUNT)
  expect(new Set(runs.map(({ id }) => id)).size).toBe(COUNT)
  expect(runs.map(({ id }) => id)).toEqual(
    runs
      .map(({ id }) => id)
      .toSorted()
      .toReversed(),
  )
  expect(runs[0]).toEqual(await t.run(runs[0]!.id))
})

test('an export is filtered as the list is', async () => {
  const { data } = await t.client.call(listRunsRoute, { query: { limit: 1 } })
  const lines = (await exported({ record_id: data[0]!.trigger.record_id })).trimEnd().split('\n')
  expect(lines.map((line) => (JSON.parse(line) as Run).id)).toEqual([data[0]!.id])
  expect(await exported({ status: 'failed' })).toBe('')
})

test('a CSV export has a line for each run, and no cell that a spreadsheet takes for a formula', async () => {
  const response = await t.client.request(exportRunsRoute, { query: { format: 'csv' } })
  expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8')
  const rows = parse(await response.text(), { columns: true }) as Record<string, string>[]
  expect(rows.length).toBe(COUNT)
  expect(rows[0]).toMatchObject({
    automation_name: `'=HYPERLINK("x"), "quoted"`,
    automation_id: automation.id,
    status: 'succeeded',
    event: 'manual',
    conditions_passed: 'true',
    steps: '1',
    error_code: '',
  })
  expect(await exported({ format: 'csv', status: 'failed' })).toMatch(/^id,automation_id,[\w,]+\r\n$/)
})

test('cells that begin like a formula are led by an apostrophe', () => {
  const risky = ['=1+1', '+1', '-1', '@x', '\tx', ' =1+1', '\u200b=1+1', '\u00a0@x', '\uff1d1+1', "'=1+1"]
  expect(risky.map((text) => csvCell(text))).toEqual(risky.map((text) => `'${text}`))
  expect([csvCell(-1), csvCell('a,"b"'), csvCell(null)]).toEqual(['-1', '"a,""b"""', ''])
})

test('a reader who stops reading stops the export', async () => {
  const response = await t.client.request(exportRunsRoute)
  const reader = response.body!.getReader()
  expect((await reader.read()).done).toBe(false)
  await reader.cancel()
  expect(await reader.read()).toMatchObject({ done: true })
})
