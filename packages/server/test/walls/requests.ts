import { z } from 'zod'
import type { Endpoint } from '../../src/api/implement.ts'
import type { Ids } from './world.ts'

/** A request of a route: what stands in its path, its query and its body. */
export interface Ask {
  title: string
  endpoint: Endpoint
  path: string
  body: string | undefined
  contentType: string
}

/** What a `{parameter}` is, by the beginning of the path it stands in; the first that fits counts. */
const PARAMETERS: readonly [path: string, name: string, value: keyof Ids | { is: string }][] = [
  ['/webhooks/automation/', 'automation_id', 'webhookAutomation'],
  ['/webhooks/automation/', 'token', 'webhookToken'],
  ['/automations/{id}/versions/', 'n', { is: '1' }],
  ['/automations/{id}/versions/', 'other', { is: '1' }],
  ['/automations/{id}', 'id', 'automation'],
  ['/runs/{id}/retry', 'id', 'failedRun'],
  ['/runs/{id}/cancel', 'id', 'waitingRun'],
  ['/runs/{id}/resume', 'id', 'waitingRun'],
  ['/runs/{id}/reschedule', 'id', 'waitingRun'],
  ['/runs/{id}', 'id', 'run'],
  ['/crm/records/import/{id}', 'id', 'import'],
  ['/enlistments/{id}', 'id', 'enlistment'],
  ['/crm/objects/{id}', 'field_id', 'field'],
  ['/crm/objects/{id}', 'id', 'object'],
  ['/crm/record/{id}', 'id', 'record'],
  ['/users/invitations/', 'email', 'invitation'],
  ['/users/{id}', 'id', 'user'],
  ['/secrets/', 'name', 'secret'],
  ['/api-keys/', 'id', 'key'],
  ['/email-templates/', 'id', 'template'],
  ['/outbox/', 'id', 'email'],
]

const document = (ids: Ids) => ({
  name: 'A document',
  trigger: { event: 'record.created', object: 'leads' },
  conditions: { match: 'all', rules: [{ field: 'name', operator: 'equals', value: ids.record }] },
  actions: [
    {
      type: 'branch',
      config: {
        conditions: [
          {
            if: { field: 'name', operator: 'equals', value: ids.record },
            then: [{ type: 'send_email', config: { to: 'a@example.org', template_id: ids.template } }],
          },
          { else: [{ type: 'stop', config: {} }] },
        ],
      },
    },
    {
      type: 'webhook',
      config: { url: 'https://example.org/', headers: { 'X-Token': `{{secrets.${ids.secret}}}` }, body: {} },
    },
  ],
})
const plain = {
  name: 'Plain',
  trigger: { event: 'record.created', object: 'leads' },
  actions: [{ type: 'stop', config: {} }],
}

/** Bodies of the routes whose schema alone doesn't make a sensible one. */
const BODIES: Record<string, (ids: Ids) => unknown> = {
  'POST /session': () => ({ email: 'nobody@example.org', password: 'not the password' }),
  'POST /session/setup': () => ({
    token: 'x'.repeat(43),
    name: 'N',
    email: 'n@example.org',
    password: 'long enough 123',
  }),
  'POST /automations': () => plain,
  'PUT /automations/{id}': () => plain,
  'POST /automations/validate': () => plain,
  'POST /automations/dry-run': ({ record }) => ({ automation: plain, record_id: record }),
  'POST /automations/{id}/dry-run': ({ record }) => ({ record_id: record }),
  'POST /as-code/dry-run': ({ record }) => ({ path: 'a.yaml', text: JSON.stringify(plain), record_id: record }),
  'POST /automations/{id}/run': ({ record }) => ({ record_id: record }),
  'POST /crm/record': () => ({ object_id: 'leads', field_values: { name: 'New' } }),
  'POST /crm/records/batch': () => ({ object_id: 'leads', records: [{ name: 'New' }] }),
  'PATCH /crm/record/{id}': () => ({ field_values: { name: 'Changed' } }),
  'POST /crm/objects': () => ({ name: 'Object' }),
  'POST /crm/objects/{id}/fields': () => ({ name: 'Extra', type: 'text' }),
  'PATCH /crm/objects/{id}': () => ({ name: 'Renamed' }),
  'PATCH /crm/objects/{id}/fields/{field_id}': () => ({ name: 'Renamed' }),
  'POST /runs/bulk': ({ failedRun }) => ({ action: 'retry', filter: { run_ids: [failedRun] } }),
  'POST /runs/{id}/reschedule': () => ({ due_at: '2035-01-01T00:00:00Z' }),
  'POST /users/invite': () => ({ email: 'somebody@example.org', role: 'viewer' }),
  'PATCH /users/{id}': () => ({ name: 'Renamed' }),
  'PATCH /settings': () => ({ default_timezone: 'Europe/Berlin' }),
  'PUT /session/password': () => ({ current_password: 'not the password', password: 'long enough 123' }),
  'POST /email-templates': () => ({ name: 'New', subject: 'Hi', html: '<p>Hi</p>' }),
  'PUT /email-templates/{id}': () => ({ name: 'Changed', subject: 'Hi', html: '<p>Hi</p>' }),
  'POST /email-templates/{id}/preview': ({ record }) => ({ record_id: record }),
  'POST /email-templates/{id}/test': ({ record }) => ({ record_id: record, to: 'a@example.org' }),
}

/** Queries of the routes that need one. */
const QUERIES: Record<string, (ids: Ids) => Record<string, string>> = {
  'GET /crm/records/query': () => ({ object_id: 'leads' }),
  'GET /crm/records/export': () => ({ object_id: 'leads' }),
  'POST /crm/records/import': () => ({ object_id: 'leads' }),
  'POST /crm/records/import/preview': () => ({ object_id: 'leads' }),
  'DELETE /hold': () => ({ runs: 'continue' }),
}

/** Bodies of the routes that read theirs themselves. */
const RAW: Record<string, { type: string; text: string }> = {
  'POST /crm/records/import': { type: 'text/csv', text: 'name\nAda\n' },
  'POST /crm/records/import/preview': { type: 'text/csv', text: 'name\nAda\n' },
  'POST /webhooks/automation/{automation_id}': { type: 'application/json', text: '{}' },
  'POST /webhooks/automation/{automation_id}/{token}': { type: 'application/json', text: '{}' },
}

export function titleOf({ route }: Endpoint): string {
  return `${route.method.toUpperCase()} ${route.path}`
}

/**
 * A well-formed request of a route, made from the router's own table: the ids go into its path, and into its body where it has some.
 *
 * @param inBody the ids for the body, if they are others
 * @throws Error saying what to add here for a new route
 */
export function requestOf(endpoint: Endpoint, ids: Ids, inBody: Ids = ids): Ask {
  const { route } = endpoint
  const title = titleOf(endpoint)
  const path = `/api${route.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(parameter(title, route.path, name, ids)))}`
  const query = QUERIES[title]?.(inBody) ?? {}
  if (endpoint.query !== null && !endpoint.query.safeParse(query).success)
    throw new Error(`${title} needs an entry in QUERIES of test/walls/requests.ts: a query that its schema takes.`)
  const search = new URLSearchParams(query).toString()
  const raw = RAW[title]
  if (route.raw === true && raw === undefined)
    throw new Error(`${title} needs an entry in RAW of test/walls/requests.ts: a body of its own kind.`)
  return {
    title,
    endpoint,
    path: search === '' ? path : `${path}?${search}`,
    body: raw?.text ?? bodyOf(endpoint, title, inBody),
    contentType: raw?.type ?? 'application/json',
  }
}

function parameter(title: string, path: string, name: string, ids: Ids): string {
  const found = PARAMETERS.find(([start, of]) => path.startsWith(start) && of === name)
  if (found === undefined)
    throw new Error(`${title} needs an entry in PARAMETERS of test/walls/requests.ts: whose id is {${name}}?`)
  const [, , value] = found
  return typeof value === 'string' ? ids[value] : value.is
}

function bodyOf(endpoint: Endpoint, title: string, ids: Ids): string | undefined {
  if (endpoint.body === null) return undefined
  const body = BODIES[title]?.(ids) ?? sample(z.toJSONSchema(endpoint.body, { io: 'input', unrepresentable: 'any' }))
  if (!endpoint.body.safeParse(body).success)
    throw new Error(`${title} needs an entry in BODIES of test/walls/requests.ts: a body that its schema takes.`)
  return JSON.stringify(body)
}

/** The smallest value of a JSON schema, of those that are simple. */
function sample(schema: z.core.JSONSchema.JSONSchema): unknown {
  if (schema.default !== undefined) return schema.default
  if (schema.enum !== undefined) return schema.enum[0]
  if (schema.anyOf !== undefined) return sample(schema.anyOf[0] as never)
  if (schema.type === 'object')
    return Object.fromEntries(
      (schema.required ?? []).map((name) => [name, sample((schema.properties?.[name] ?? {}) as never)]),
    )
  if (schema.type === 'array') return schema.minItems === undefined ? [] : [sample(schema.items as never)]
  if (schema.type === 'integer' || schema.type === 'number') return schema.minimum ?? 1
  if (schema.type === 'boolean') return false
  return 'x'.repeat(Math.max(1, schema.minLength ?? 1))
}

/** Foreign ids at every depth of bodies and queries, on paths of one's own. */
export const NESTED: readonly [
  title: string,
  place: string,
  given: (ids: Ids) => { body?: unknown; query?: Record<string, string> },
][] = [
  ['POST /automations', 'template and secret in a branch', (ids) => ({ body: document(ids) })],
  ['PUT /automations/{id}', 'template and secret in a branch', (ids) => ({ body: document(ids) })],
  ['POST /automations/validate', 'template and secret in a branch', (ids) => ({ body: document(ids) })],
  [
    'POST /automations/validate',
    'object of the trigger',
    (ids) => ({ body: { ...plain, trigger: { event: 'record.created', object: ids.object } } }),
  ],
  [
    'POST /automations/validate',
    'object of an action',
    (ids) => ({
      body: {
        ...plain,
        actions: [{ type: 'create_record', config: { object_definition_id: ids.object, data: { title: 'x' } } }],
      },
    }),
  ],
  ['POST /automations/dry-run', 'record', (ids) => ({ body: { automation: plain, record_id: ids.record } })],
  ['POST /automations/dry-run', 'event', (ids) => ({ body: { automation: plain, event_id: ids.event } })],
  [
    'POST /automations/dry-run',
    'template and secret in a branch',
    (ids) => ({ body: { automation: document(ids), record: { name: 'x' } } }),
  ],
  ['POST /automations/{id}/dry-run', 'record', (ids) => ({ body: { record_id: ids.record } })],
  [
    'POST /as-code/dry-run',
    'record',
    (ids) => ({ body: { path: 'a.yaml', text: JSON.stringify(plain), record_id: ids.record } }),
  ],
  [
    'POST /as-code/dry-run',
    'template and secret in a branch',
    (ids) => ({ body: { path: 'a.yaml', text: JSON.stringify(document(ids)), record: { name: 'x' } } }),
  ],
  ['POST /automations/{id}/dry-run', 'event', (ids) => ({ body: { event_id: ids.event } })],
  [
    'POST /automations/{id}/dry-run',
    'reference in an invented record',
    (ids) => ({ body: { record: { name: 'x', company: ids.record } } }),
  ],
  ['POST /automations/{id}/run', 'record', (ids) => ({ body: { record_id: ids.record } })],
  ['POST /automations/{id}/run', 'records', (ids) => ({ body: { record_ids: [ids.record] } })],
  ['POST /runs/bulk', 'runs', (ids) => ({ body: { action: 'retry', filter: { run_ids: [ids.failedRun] } } })],
  [
    'POST /runs/bulk',
    'runs to cancel',
    (ids) => ({ body: { action: 'cancel', filter: { run_ids: [ids.waitingRun] } } }),
  ],
  [
    'POST /runs/bulk',
    'automation',
    (ids) => ({ body: { action: 'replay', filter: { automation_id: ids.automation } } }),
  ],
  ['POST /runs/bulk', 'record', (ids) => ({ body: { action: 'cancel', filter: { record_id: ids.record } } })],
  ['POST /runs/bulk', 'chain', (ids) => ({ body: { action: 'replay', filter: { chain_id: ids.chain } } })],
  ['POST /runs/bulk', 'parent run', (ids) => ({ body: { action: 'cancel', filter: { parent_run_id: ids.run } } })],
  ['POST /crm/record', 'object', (ids) => ({ body: { object_id: ids.object, field_values: { title: 'x' } } })],
  [
    'POST /crm/record',
    'reference',
    (ids) => ({ body: { object_id: 'deals', field_values: { name: 'x', contact: ids.record } } }),
  ],
  ['POST /crm/records/batch', 'object', (ids) => ({ body: { object_id: ids.object, records: [{ title: 'x' }] } })],
  [
    'POST /crm/record',
    'user',
    (ids) => ({ body: { object_id: 'deals', field_values: { name: 'x', owner: ids.user } } }),
  ],
  [
    'POST /crm/objects/{id}/fields',
    'object of a reference',
    (ids) => ({ body: { name: 'Ref', type: 'reference', options: { object: ids.object } } }),
  ],
  ['POST /email-templates/{id}/preview', 'record', (ids) => ({ body: { record_id: ids.record } })],
  ['POST /email-templates/{id}/test', 'record', (ids) => ({ body: { record_id: ids.record, to: 'a@example.org' } })],
  ['GET /runs', 'automation', (ids) => ({ query: { automation_id: ids.automation } })],
  ['GET /runs', 'record', (ids) => ({ query: { record_id: ids.record } })],
  ['GET /runs', 'chain', (ids) => ({ query: { chain_id: ids.chain } })],
  ['GET /runs', 'parent run', (ids) => ({ query: { parent_run_id: ids.run } })],
  ['GET /runs/export', 'automation', (ids) => ({ query: { automation_id: ids.automation } })],
  ['GET /outbox', 'run', (ids) => ({ query: { run_id: ids.run } })],
  ['GET /crm/records/query', 'object', (ids) => ({ query: { object_id: ids.object } })],
  ['GET /crm/records/export', 'object', (ids) => ({ query: { object_id: ids.object } })],
  ['POST /crm/records/import', 'object', (ids) => ({ query: { object_id: ids.object } })],
  ['POST /crm/records/import/preview', 'object', (ids) => ({ query: { object_id: ids.object } })],
  ['GET /audit-log', 'target', (ids) => ({ query: { target: ids.automation } })],
  ['GET /audit-log', 'actor', (ids) => ({ query: { actor: ids.key } })],
  ['GET /automations', 'object', (ids) => ({ query: { object: ids.object } })],
]

/** A request with nested ids. @throws Error when its schema refuses them, so that the row proves nothing */
export function nestedRequest(
  endpoints: readonly Endpoint[],
  [title, , given]: (typeof NESTED)[number],
  own: Ids,
  nested: Ids,
): Ask {
  const endpoint = endpoints.find((one) => titleOf(one) === title)
  if (endpoint === undefined) throw new Error(`${title} isn't a route any more: remove it from NESTED.`)
  const ask = requestOf(endpoint, own)
  const { body, query } = given(nested)
  if (body !== undefined && endpoint.body?.safeParse(body).success !== true)
    throw new Error(`${title} refuses the body of its row in NESTED.`)
  const path = query === undefined ? ask.path : `${ask.path.split('?')[0]}?${new URLSearchParams(query)}`
  return { ...ask, path, body: body === undefined ? ask.body : JSON.stringify(body) }
}
