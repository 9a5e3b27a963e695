import type { Route } from '@kantos/model'
import { z } from 'zod'
import type { Endpoint } from '../../src/api/implement.ts'
import type { TestApp } from '../app.ts'

/** A call that its route would accept. */
export interface SampleCall {
  params: Record<string, string>
  query: Record<string, string>
  body?: unknown
}

export const titleOf = ({ method, path }: Route) => `${method.toUpperCase()} ${path}`

/** What there is to call upon, each by its public id or name. */
export interface World {
  record: string
  automation: string
  receiver: { id: string; token: string }
  template: string
  user: string
  key: string
  invited: string
  enlistment?: string
}

/** One of each thing in the workspace of a test. */
export async function createWorld(t: TestApp): Promise<World> {
  const made = async (path: string, body: unknown, method = 'POST') => {
    const answer = await t.request(`/api${path}`, {
      method,
      headers: { 'x-api-key': t.apiKey, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${text}`)
    return text === '' ? null : JSON.parse(text)
  }
  await made('/secrets/token', { value: 'hush' }, 'PUT')
  await made('/crm/objects', { name: 'Machines', description: 'What we sell' })
  await made('/crm/objects/obj_machines/fields', { name: 'Serial', type: 'text' })
  const template = await made('/email-templates', { name: 'Hello', subject: 'Hi {{record.name}}', html: '<p>Hi</p>' })
  const record = await made('/crm/record', {
    object_id: 'leads',
    field_values: { name: 'Ada', email: 'ada@example.org' },
  })
  const automation = await made('/automations', documentOf(template.id))
  const receiver = await made('/automations', {
    ...documentOf(template.id),
    trigger: { event: 'webhook.received' },
    conditions: undefined,
    actions: [{ type: 'stop' }],
    status: 'active',
  })
  await made(`/automations/${automation.id}/activate`, undefined)
  const enlistment = await made(`/automations/${automation.id}/enlist`, { per_minute: 1 })
  await made(`/automations/${automation.id}/deactivate`, undefined)
  const key = await made('/api-keys', { name: 'Another key' })
  await made('/users/invite', { email: 'guest@example.org', role: 'viewer' })
  const user = await t.logIn('viewer')
  const { data } = await made2(t, '/users')
  return {
    record: record.id,
    automation: automation.id,
    receiver: { id: receiver.id, token: receiver.webhook.token },
    template: template.id,
    user: data.find(({ email }) => email === user.email)!.id,
    key: key.id,
    invited: 'guest@example.org',
    enlistment: enlistment.id,
  }
}

async function made2(t: TestApp, path: string): Promise<{ data: { id: string; email: string }[] }> {
  return (await t.request(`/api${path}`, { headers: { 'x-api-key': t.apiKey } })).json() as never
}

function documentOf(template: string) {
  return {
    name: 'A naughty automation',
    description: 'Whatever is written in it',
    trigger: { event: 'field.changed', object: 'leads', field: 'status', from: 'new', to: 'qualified' },
    conditions: { match: 'all', rules: [{ field: 'name', operator: 'contains', value: 'Ada' }] },
    actions: [
      {
        type: 'send_email',
        key: 'mail',
        name: 'A mail',
        config: { template_id: template, to: '{{record.email}}', variables: { a: 'b' } },
      },
      { type: 'update_record', config: { fields: { notes: 'Seen {{now}}' } } },
      { type: 'create_record', config: { object_definition_id: 'tasks', data: { title: 'Call {{record.name}}' } } },
      {
        type: 'webhook',
        config: {
          url: 'https://example.org/{{record.id}}',
          method: 'PUT',
          headers: { 'X-A': 'b' },
          body: { a: ['b'] },
        },
      },
      { type: 'wait', config: { until: '{{ date_add(now, 1, "days") }}' } },
      {
        type: 'branch',
        config: {
          conditions: [
            {
              if: { field: 'name', operator: 'equals', value: 'Ada' },
              then: [{ type: 'stop', config: { reason: 'Done' } }],
            },
          ],
        },
      },
      {
        type: 'find_records',
        key: 'found',
        config: { object: 'tasks', filters: { title: 'x' }, sort: '-created_at', limit: 5 },
      },
      { type: 'for_each', config: { items: '{{steps.found.records}}', actions: [{ type: 'stop' }] } },
    ],
  }
}

/** Bodies of the routes whose schema alone doesn't tell what they accept. */
const BODIES: Record<string, (world: World) => unknown> = {
  'POST /automations': ({ template }) => documentOf(template),
  'POST /automations/validate': ({ template }) => documentOf(template),
  'PUT /automations/{id}': ({ template }) => documentOf(template),
  'POST /automations/dry-run': ({ template, record }) => ({
    automation: documentOf(template),
    record_id: record,
    changes: { status: { from: 'new', to: 'qualified' } },
  }),
  'POST /as-code/dry-run': ({ record }) => ({
    path: 'automations/try.yaml',
    text: 'name: Try\ntrigger: { event: record.created, object: leads }\nactions: [{ type: stop }]\n',
    record_id: record,
  }),
  'POST /automations/{id}/dry-run': ({ record }) => ({
    record_id: record,
    changes: { status: { from: 'new', to: 'qualified' } },
  }),
  'POST /automations/{id}/run': ({ record }) => ({ record_id: record }),
  'POST /crm/record': () => ({ object_id: 'leads', field_values: LEAD }),
  'PATCH /crm/record/{id}': () => ({ field_values: LEAD }),
  'POST /crm/records/batch': () => ({ object_id: 'leads', records: [LEAD, { field_values: { name: 'Bob' } }] }),
  'POST /crm/objects': () => ({
    name: 'Offers',
    slug: 'offers',
    icon: 'box',
    description: 'What we offered',
    fields: [{ name: 'Title', type: 'text' }],
  }),
  'PATCH /crm/objects/{id}': () => ({ name: 'Machines', icon: 'box', description: 'Again' }),
  'POST /crm/objects/{id}/fields': () => ({
    name: 'Colour',
    type: 'dropdown',
    options: { choices: [{ name: 'red', color: 'red' }] },
    default_value: 'red',
  }),
  'PATCH /crm/objects/{id}/fields/{field_id}': () => ({ name: 'Serial', default_value: 'x' }),
  'PATCH /settings': () => ({ default_timezone: 'Europe/Vienna' }),
  'POST /runs/bulk': () => ({
    action: 'cancel',
    filter: { status: 'waiting', from: '2026-01-01', automation_id: 'auto_0', record_id: 'rec_0' },
  }),
  'PUT /email-templates/{id}': () => ({ name: 'Hello', subject: 'Hi', html: '<p>Hi</p>', text: 'Hi' }),
  'POST /email-templates/{id}/preview': ({ record }) => ({
    record_id: record,
    variables: { a: 'b' },
    texts: { subject: 'Hi', html: '<p>x</p>', text: 'x' },
  }),
  'POST /email-templates/{id}/test': ({ record }) => ({
    record_id: record,
    to: 'a@example.org',
    texts: { subject: 'Hi', html: 'x' },
  }),
  'POST /runs/{id}/reschedule': () => ({ due_at: '2027-01-31T09:00:00Z' }),
  'POST /users/invite': () => ({ email: 'new@example.org', role: 'viewer' }),
  'PATCH /users/{id}': () => ({ name: 'The viewer', role: 'viewer' }),
}

const LEAD = {
  name: 'Ada',
  email: 'ada@example.org',
  phone: '+43 1',
  company: 'ACME',
  status: 'new',
  source: 'website',
  estimated_value: '5',
  score: '7',
  last_contacted_at: '2026-01-01T00:00:00Z',
  notes: 'x',
}

/** Values of path and query parameters by their name. */
function named(world: World, { path }: Route): Record<string, string> {
  const of = (start: string, id: string): [string, string] => [start, id]
  const ids = [
    of('/automations', world.automation),
    of('/enlistments', world.enlistment ?? '0'),
    of('/crm/record', world.record),
    of('/crm/objects', 'obj_machines'),
    of('/email-templates', world.template),
    of('/users', world.user),
    of('/api-keys', world.key),
  ]
  return {
    id: ids.find(([start]) => path.startsWith(start))?.[1] ?? '0',
    n: '1',
    other: '1',
    field_id: 'serial',
    name: 'token',
    email: world.invited,
    automation_id: world.receiver.id,
    token: world.receiver.token,
    object_id: 'leads',
    filters: '{"name":"Ada"}',
    mapping: '{"Name":"name"}',
  }
}

/** A call of a route on what there is: from its own table above, else from the route's schemas. */
export function sampleCall(
  { route, query, body }: Pick<Endpoint, 'route' | 'query' | 'body'>,
  world: World,
): SampleCall {
  const values = named(world, route)
  const params = Object.fromEntries(
    [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name!, values[name!] ?? 'x']),
  )
  const given = query === null ? {} : (propertiesOf(query) as Record<string, unknown>)
  const asked = Object.fromEntries(
    Object.entries(given).map(([name, schema]) => [name, values[name] ?? String(exampleOf(schema as Schema) ?? 'x')]),
  )
  return {
    params,
    query: asked,
    body: BODIES[titleOf(route)]?.(world) ?? (body === null ? undefined : exampleOf(schemaOf(body))),
  }
}

interface Schema {
  type?: string
  enum?: unknown[]
  const?: unknown
  default?: unknown
  minLength?: number
  properties?: Record<string, Schema>
  items?: Schema
  anyOf?: Schema[]
  allOf?: Schema[]
}

const schemaOf = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema
const propertiesOf = (schema: z.ZodType) => schemaOf(schema).properties ?? {}

/** A value that a schema describes, near enough for what is put in its places. */
function exampleOf(schema: Schema): unknown {
  if (schema.const !== undefined) return schema.const
  if (schema.enum !== undefined) return schema.enum[0]
  if (schema.default !== undefined) return schema.default
  if (schema.anyOf !== undefined) return exampleOf(schema.anyOf[0]!)
  if (schema.type === 'object')
    return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, part]) => [name, exampleOf(part)]))
  if (schema.type === 'array') return schema.items === undefined ? [] : [exampleOf(schema.items)]
  if (schema.type === 'number' || schema.type === 'integer') return 1
  if (schema.type === 'boolean') return true
  return 'x'.repeat(Math.max(1, schema.minLength ?? 1))
}
