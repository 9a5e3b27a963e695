import { ACTION_TYPES, OPERATORS, RECIPES, STANDARD_OBJECTS, TRIGGERS } from '@kantos/model'
import { Ajv, type ValidateFunction } from 'ajv'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestApp, type TestApp } from '../app.ts'

let t: TestApp
const check: Record<string, ValidateFunction> = {}
const schemas: Record<string, Record<string, any>> = {}
beforeAll(async () => {
  t = await createTestApp()
  for (const name of ['automation', 'template', 'object']) {
    const answer = await t.request(`/api/schemas/${name}.json`)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toMatch(/^application\/schema\+json/)
    schemas[name] = (await answer.json()) as Record<string, any>
    check[name] = new Ajv({ strict: false, allErrors: true }).compile(schemas[name])
  }
})
afterAll(() => t.drop())

const said = (name: string, value: unknown) => {
  check[name]!(value)
  return (check[name]!.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}
const base = { name: 'A', trigger: { event: 'record.created', object: 'leads' }, actions: [{ type: 'stop' }] }

/** What the specification and its issues write, kind by kind. */
const GOOD: object[] = [
  {
    name: 'Send Welcome Email to New Leads',
    description: '',
    status: 'inactive',
    mode: 'live',
    trigger: { event: 'record.created', object: 'obj_def_leads' },
    conditions: { match: 'all', rules: [{ field: 'status', operator: 'equals', value: 'new' }] },
    actions: [{ type: 'send_email', config: { template_id: 'tmpl_1', to: '{{record.email}}' } }],
  },
  { ...base, trigger: { event: 'field.changed', object: 'deals', field: 'stage', from: 'Open', to: 'Won' } },
  { ...base, trigger: { event: 'record.deleted', object: 'deals' } },
  { ...base, trigger: { event: 'schedule', cron: '0 9 * * 1', timezone: 'Europe/Berlin', misfire: 'all' } },
  { ...base, trigger: { event: 'schedule', cron: '0 9 * * 1', object: 'deals', filters: { amount: { $gte: 5 } } } },
  { ...base, trigger: { event: 'webhook.received', auth: 'signature' } },
  { ...base, trigger: { event: 'webhook.received', auth: { type: 'none' } } },
  { ...base, trigger: { event: 'manual', object: 'leads' } },
  {
    ...base,
    trigger: {
      event: 'date.reached',
      object: 'deals',
      field: 'close_date',
      offset: { amount: -3, unit: 'days' },
      at: '09:00',
      timezone: 'Europe/Berlin',
      yearly: true,
    },
  },
  { ...base, enrolment: 'once_per_record', on_import: 'skip', serial: true },
  {
    ...base,
    enrolment: { once_per: { days: 30 } },
    exit: { match: 'any', rules: [{ field: 'a', operator: 'changed' }] },
  },
  {
    ...base,
    key: 'welcome',
    actions: [
      {
        type: 'branch',
        conditions: [
          { if: { field: 'a', operator: 'is_empty' }, then: [{ type: 'send_email', template: 'x' }] },
          { else: [] },
        ],
      },
      {
        key: 'found',
        type: 'find_records',
        config: { object: 'tasks', filters: { title: 'x' }, sort: '-created_at', limit: 5 },
      },
      {
        type: 'for_each',
        config: {
          items: '{{steps.found.records}}',
          max: 10,
          actions: [{ type: 'update_record', fields: { title: 'x' } }],
        },
      },
      { type: 'create_record', object_definition_id: 'tasks', data: { title: 'Call' } },
      { type: 'update_record', config: { fields: { a: 1, b: null, c: ['x'] } } },
      { type: 'delete_record' },
      { type: 'delete_record', config: {} },
      {
        type: 'webhook',
        name: 'Tell them',
        on_error: { actions: [{ type: 'stop', config: { reason: '{{error.code}}' } }] },
        config: {
          url: 'https://example.org',
          method: 'PUT',
          headers: { a: 'b' },
          body: { a: [1] },
          retry: { delays_seconds: [60], on: 'transient' },
          timeout_seconds: 5,
        },
      },
      { type: 'webhook', url: 'https://example.org', on_error: 'continue' },
      { type: 'wait', duration: 3, unit: 'days' },
      { type: 'wait', config: { duration: 3, unit: 'hours', business_hours: true } },
      { type: 'wait', config: { until: '{{record.due}}', if_past: 'skip' } },
      {
        type: 'wait',
        config: {
          event: 'field.changed',
          field: 'a',
          to: 'x',
          timeout: { duration: 2, unit: 'days' },
          on_timeout: 'stop',
        },
      },
    ],
  },
]

const BAD: [why: string, document: object][] = [
  ['no name', { ...base, name: undefined }],
  ['an unknown key', { ...base, triggers: [] }],
  ['an unknown trigger', { ...base, trigger: { event: 'record.made', object: 'leads' } }],
  ['a trigger without its object', { ...base, trigger: { event: 'record.created' } }],
  ['a key of another trigger', { ...base, trigger: { event: 'record.created', object: 'leads', cron: '* * * * *' } }],
  ['an unknown operator', { ...base, conditions: { match: 'all', rules: [{ field: 'a', operator: 'is', value: 1 }] } }],
  ['a rule without a field', { ...base, conditions: { match: 'all', rules: [{ operator: 'equals', value: 1 }] } }],
  ['a group that matches some', { ...base, conditions: { match: 'some', rules: [] } }],
  ['no actions', { ...base, actions: [] }],
  ['an unknown action', { ...base, actions: [{ type: 'send_mail' }] }],
  ['an unknown key of a config', { ...base, actions: [{ type: 'stop', config: { why: 'x' } }] }],
  ['an unknown key beside the type', { ...base, actions: [{ type: 'stop', why: 'x' }] }],
  ['a webhook without a url', { ...base, actions: [{ type: 'webhook', config: {} }] }],
  ['an unknown method', { ...base, actions: [{ type: 'webhook', config: { url: 'x', method: 'HEAD' } }] }],
  ['two kinds of wait', { ...base, actions: [{ type: 'wait', config: { duration: 1, unit: 'days', until: 'x' } }] }],
  [
    'a broken action inside a branch',
    { ...base, actions: [{ type: 'branch', config: { conditions: [{ else: [{ type: 'no' }] }] } }] },
  ],
  [
    'a broken action in an error path',
    { ...base, actions: [{ type: 'stop', on_error: { actions: [{ type: 'no' }] } }] },
  ],
  ['an enrolment of nought days', { ...base, enrolment: { once_per: { days: 0 } } }],
  ['an on_import that is none', { ...base, on_import: 'never' }],
]

test('every recipe and every form of the specification fits the schema of automations', () => {
  for (const { automation } of RECIPES)
    expect([automation.name, said('automation', automation)]).toEqual([automation.name, []])
  for (const document of GOOD) expect(said('automation', document)).toEqual([])
})

test.each(BAD)('%s does not', (_why, document) => {
  expect(said('automation', JSON.parse(JSON.stringify(document)))).not.toEqual([])
})

test('it offers every trigger, operator and action there is, with a word about each', () => {
  const { trigger, rule, action } = schemas.automation!.definitions
  expect(trigger.oneOf.map((one: any) => one.properties.event.const).toSorted()).toEqual(
    Object.keys(TRIGGERS).toSorted(),
  )
  expect(rule.properties.operator.enum).toEqual([...OPERATORS])
  expect(action.properties.type.enum).toEqual([...ACTION_TYPES])
  expect(action.properties.type.enumDescriptions).toHaveLength(ACTION_TYPES.length)
})

test('the templates of recipes and the standard objects fit theirs; what is broken does not', () => {
  for (const { templates } of RECIPES) for (const template of templates) expect(said('template', template)).toEqual([])
  for (const { slug, ...object } of STANDARD_OBJECTS) expect(said('object', { key: slug, ...object })).toEqual([])
  expect(said('template', { name: 'x', subject: 1 })).not.toEqual([])
  expect(said('template', { name: 'x', subject: 'x', body: 'x' })).not.toEqual([])
  expect(said('object', { name: 'x', fields: [{ name: 'x', type: 'words' }] })).not.toEqual([])
})
