import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestEngine, type TestEngine } from '../engine.ts'

const LONGEST = 1024 * 1024

let e: TestEngine
beforeAll(async () => {
  e = await createTestEngine()
})
afterAll(() => e.stop())

async function write(method: string, path: string, body: object): Promise<{ status: number; body: any }> {
  const headers = { 'x-api-key': e.apiKey, 'content-type': 'application/json' }
  const answer = await e.request(`/api${path}`, { method, headers, body: JSON.stringify(body) })
  return { status: answer.status, body: await answer.json() }
}

test('a long text of 1 MiB, whatever its characters cost in JSON, is written, changed, and goes through an automation whole', async () => {
  const id = await e.automation({
    trigger: { event: 'record.updated', object: 'leads' },
    actions: [
      { type: 'webhook', config: { url: e.http.url, body: '{{record.notes}}' } },
      {
        type: 'create_record',
        config: { object_definition_id: 'tasks', data: { title: 'T', description: '{{record.notes}}' } },
      },
    ],
  })
  const quotes = '"'.repeat(LONGEST)
  const made = await write('POST', '/crm/record', { object_id: 'leads', field_values: { name: 'L', notes: quotes } })
  expect([made.status, made.body.field_values.notes === quotes]).toEqual([201, true])
  const bells = '\u0007'.repeat(LONGEST)
  const changed = await write('PATCH', `/crm/record/${made.body.id}`, { field_values: { notes: bells } })
  expect([changed.status, changed.body.field_values.notes === bells]).toEqual([200, true])
  expect((await e.run(id)).status).toBe('succeeded')
  expect(e.http.requests[0]!.body.toString() === bells).toBe(true)
})

test('one byte more is refused at its place', async () => {
  const notes = `ü${'x'.repeat(LONGEST - 1)}`
  const refused = await write('POST', '/crm/record', { object_id: 'leads', field_values: { name: 'L', notes } })
  expect(refused).toMatchObject({ status: 422, body: { details: { errors: [{ path: '/field_values/notes' }] } } })
})
