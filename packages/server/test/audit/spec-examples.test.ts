import { createHmac } from 'node:crypto'
import { createEmailTemplateRoute, readSigningSecret } from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestEngine, type TestEngine } from '../engine.ts'

let e: TestEngine
let templateId: string
beforeAll(async () => {
  e = await createTestEngine()
  const body = { name: 'Welcome', subject: 'Welcome, {{record.name}}', html: '<p>Dear {{record.name}}</p>' }
  templateId = (await e.client.call(createEmailTemplateRoute, { body })).id
})
afterAll(() => e.stop())

/** A call as any HTTP client makes it. */
async function api(method: string, path: string, body?: unknown): Promise<{ status: number; body: any }> {
  const headers = { 'x-api-key': e.apiKey, 'content-type': 'application/json' }
  const answer = await e.request(`/api${path}`, { method, headers, body: JSON.stringify(body) })
  return { status: answer.status, body: answer.status === 204 ? null : await answer.json() }
}
const only = async (automation: string) => {
  await e.ended(automation)
  return (await api('GET', `/runs?automation_id=${automation}`)).body.data[0]
}

/** SPEC.md, section 3, to the letter. */
const welcome = () => ({
  name: 'Send Welcome Email to New Leads',
  description: '',
  status: 'inactive',
  mode: 'live',
  trigger: { event: 'record.created', object: 'obj_def_leads' },
  conditions: { match: 'all', rules: [{ field: 'status', operator: 'equals', value: 'new' }] },
  actions: [{ type: 'send_email', config: { template_id: templateId, to: '{{record.email}}' } }],
})

test('the document of the specification is saved as it stands, is toggled on, and welcomes a new lead', async () => {
  const made = await api('POST', '/automations', welcome())
  expect(made.status).toBe(201)
  const { id } = made.body
  expect(id).toMatch(/^auto_/)
  const read = await api('GET', `/automations/${id}`)
  expect(read.body).toMatchObject({
    ...welcome(),
    version: 1,
    actions: [{ ...welcome().actions[0], key: 'send_email_1' }],
  })

  const before = await api('POST', '/crm/record', { object_id: 'obj_def_leads', field_values: { name: 'Too early' } })
  expect(before.status).toBe(201)
  expect((await api('POST', `/automations/${id}/activate`)).body.status).toBe('active')
  const lead = await api('POST', '/crm/record', {
    object_id: 'obj_leads',
    field_values: { name: 'Ada <Lovelace>', email: 'ada@example.org' },
  })
  expect(lead.status).toBe(201)
  expect(Object.keys(lead.body)).toEqual(['id', 'object_id', 'field_values', 'created_at', 'updated_at', 'created_by'])
  expect(lead.body).toMatchObject({ id: expect.stringMatching(/^rec_/), object_id: 'obj_leads' })

  const run = await only(id)
  expect(run).toMatchObject({
    automation_id: id,
    automation_name: 'Send Welcome Email to New Leads',
    version: 1,
    mode: 'live',
    status: 'succeeded',
    trigger: {
      event: 'record.created',
      event_id: expect.stringMatching(/^evt_/),
      source: 'api',
      record_id: lead.body.id,
      object_id: 'obj_leads',
      actor: expect.stringMatching(/^key_/),
      changes: null,
    },
    conditions: {
      passed: true,
      rules: [{ field: 'status', operator: 'equals', expected: 'new', actual: 'new', passed: true }],
    },
    steps: [
      {
        key: 'send_email_1',
        type: 'send_email',
        path: 'actions/0',
        status: 'succeeded',
        attempt: 1,
        attempts: [expect.objectContaining({ attempt: 1 })],
        input: { to: ['ada@example.org'], subject: 'Welcome, Ada <Lovelace>' },
        output: { message_id: expect.stringMatching(/^<.+@.+>$/) },
        started_at: expect.any(String),
        finished_at: expect.any(String),
        duration_ms: expect.any(Number),
      },
    ],
    error: null,
    started_at: expect.stringMatching(/Z$/),
    finished_at: expect.stringMatching(/Z$/),
    duration_ms: expect.any(Number),
    chain: { id: expect.stringMatching(/^chain_/), depth: 1, parent_run_id: null },
    retry_of: null,
  })
  expect(e.smtp.mails).toHaveLength(1)
  expect(e.smtp.mails[0]!.parsed.html).toContain('Dear Ada &lt;Lovelace&gt;')

  const { body: history } = await api('GET', `/crm/record/${lead.body.id}/events`)
  expect(history.data).toMatchObject([
    { type: 'record.created', source: 'api', automations: [{ automation_id: id, verdict: 'ran', run_id: run.id }] },
  ])
  const { body: early } = await api('GET', `/crm/record/${before.body.id}/events`)
  expect(early.data[0].automations).toMatchObject([{ automation_id: id, verdict: 'inactive' }])
  await api('DELETE', `/automations/${id}`)
})

test('an action without config, a template by name and a nested e-mail without to are accepted, normalised, and run', async () => {
  const made = await api('POST', '/automations', {
    name: 'Deal won',
    status: 'active',
    trigger: { event: 'field.changed', object: 'obj_def_leads', field: 'status', to: 'qualified' },
    actions: [
      {
        type: 'branch',
        conditions: [
          {
            if: { field: 'estimated_value', operator: 'greater_than', value: '10000' },
            then: [{ type: 'send_email', template: 'Welcome' }],
          },
          { else: [{ type: 'stop', reason: 'small' }] },
        ],
      },
      {
        type: 'create_record',
        object_definition_id: 'obj_def_tasks',
        data: { title: 'Call {{record.name}}', due_date: "{{date_add(now, 3, 'days')}}" },
      },
      { type: 'update_record', fields: { follow_up_count: '{{record.follow_up_count + 1}}' } },
      { type: 'webhook', url: `${e.http.url}/won` },
    ],
  })
  expect(made.status).toBe(201)
  expect(made.body.actions).toMatchObject([
    {
      key: 'branch_1',
      config: {
        conditions: [
          {
            then: [{ key: 'send_email_1', config: { template_id: templateId, to: '{{record.email}}' } }],
          },
          { else: [{ key: 'stop_1', config: { reason: 'small' } }] },
        ],
      },
    },
    { key: 'create_record_1', config: { object_definition_id: 'obj_def_tasks' } },
    { key: 'update_record_1' },
    { key: 'webhook_1', config: { url: `${e.http.url}/won` } },
  ])
  const again = await api('PUT', `/automations/${made.body.id}`, made.body)
  expect(again).toMatchObject({ status: 200, body: { version: 1, actions: made.body.actions } })

  const mails = e.smtp.mails.length
  const values = { name: 'Bob', email: 'bob@example.org', estimated_value: '20000' }
  const lead = await e.create('leads', values)
  await e.update(lead, { status: 'qualified' })
  const run = await only(made.body.id)
  expect(run).toMatchObject({ status: 'succeeded', trigger: { changes: { status: { from: 'new', to: 'qualified' } } } })
  expect(run.steps.map((step: { path: string; key: string }) => [step.path, step.key])).toEqual([
    ['actions/0', 'branch_1'],
    ['actions/0/conditions/0/then/0', 'send_email_1'],
    ['actions/1', 'create_record_1'],
    ['actions/2', 'update_record_1'],
    ['actions/3', 'webhook_1'],
  ])
  expect(e.smtp.mails.slice(mails).map(({ to }) => to)).toEqual([['bob@example.org']])

  const task = run.steps[2].output
  expect(Date.parse(task.due_date) - Date.parse(run.steps[2].started_at)).toBeGreaterThan(2.9 * 86_400_000)
  expect((await api('GET', `/crm/record/${task.id}`)).body).toMatchObject({
    object_id: 'obj_tasks',
    created_by: run.id,
    field_values: { title: 'Call Bob', status: 'open' },
  })
  expect((await e.values(lead))!.follow_up_count).toBe(1)

  const request = e.http.requests.find(({ path }) => path === '/won')!
  expect(JSON.parse(request.body.toString())).toMatchObject({
    event: 'automation.executed',
    automation_id: made.body.id,
    automation_name: 'Deal won',
    timestamp: expect.stringMatching(/^\d{4}-.+Z$/),
    record: { id: lead, object_id: 'obj_leads', data: { name: 'Bob', status: 'qualified', estimated_value: 20_000 } },
  })
  const { secret } = await e.client.call(readSigningSecret)
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  expect(request.headers['x-kantos-signature']).toBe(
    `sha256=${createHmac('sha256', key).update(request.body).digest('hex')}`,
  )
  expect(request.headers['idempotency-key']).toBe(request.headers['webhook-id'])
})
