import { createRecordsRoute, listRecordEventsRoute, publicId, uuidOf } from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { importChore } from '../../src/chores/import.ts'
import { createTestEngine, type TestEngine } from '../engine.ts'

let e: TestEngine
beforeAll(async () => {
  e = await createTestEngine()
})
afterAll(() => e.stop())

async function importCsv(csv: string): Promise<void> {
  const answer = await e.request('/api/crm/records/import?object_id=leads', {
    method: 'POST',
    headers: { 'x-api-key': e.apiKey, 'content-type': 'text/csv' },
    body: csv,
  })
  expect(answer.status).toBe(202)
  const chore = importChore(e.services)
  for (const { data } of e.chores.splice(0)) await chore.run(data, new AbortController().signal)
}

const stop = { type: 'stop' as const }
const trigger = { event: 'record.created', object: 'leads' }

test('an automation that leaves imports out starts for what is created otherwise alone, and says why', async () => {
  const skips = await e.automation({ trigger, actions: [stop], on_import: 'skip' } as never)
  const runs = await e.automation({ trigger, actions: [stop] })
  await importCsv('name\nAda\nBob\n')
  await e.ended(runs, 2)
  const other = await e.create('leads', { name: 'Cy' })
  await e.ended(runs, 3)
  expect((await e.ended(skips)).map(({ trigger: { record_id } }) => record_id)).toEqual([other])
  const { rows } = await e.pool.query<{ id: string }>(`select id from records where data ->> 'name' = 'Ada'`)
  const record = publicId('record', rows[0]!.id)
  const { data } = await e.client.call(listRecordEventsRoute, { params: { id: record }, query: {} })
  const [event] = data
  expect(event!.source).toBe('import')
  expect(event!.automations.find(({ automation_id }) => automation_id === skips)).toMatchObject({
    verdict: 'not_matched',
    why: 'It leaves out what an import brings.',
  })
})

test('imports and bulk creations, and the runs they start, go in the lane of bulk work', async () => {
  const id = await e.automation({ trigger, actions: [{ type: 'wait', config: { duration: 1, unit: 'days' } }] })
  await importCsv(`name\n${Array.from({ length: 60 }, (_, i) => `I${i}\n`).join('')}`)
  const records = Array.from({ length: 60 }, (_, i) => ({ name: `B${i}` }))
  await e.client.call(createRecordsRoute, { body: { object_id: 'leads', records } as never })
  await e.create('leads', { name: 'One' })
  await e.quiet()
  const { rows } = await e.pool.query<{ lane: number; source: string; n: number }>(
    `select r.lane, e.source, count(*)::int as n from runs_live r
     join events e on e.workspace_id = r.workspace_id and e.id = r.event_id and e.lane = r.lane
     where r.automation_id = $1 group by r.lane, e.source order by n desc, e.source`,
    [uuidOf('automation', id)],
  )
  expect(rows).toEqual([
    { lane: 2, source: 'api', n: 60 },
    { lane: 2, source: 'import', n: 60 },
    { lane: 1, source: 'api', n: 1 },
  ])
})
