import { describe, expect, test } from 'vitest'
import { objectFromTemplate, STANDARD_OBJECTS } from './object.ts'
import { validateAutomation } from './validate.ts'
import type { ValidationContext } from './validate.ts'

const objects = new Map(STANDARD_OBJECTS.map((template) => [template.slug, objectFromTemplate(template)]))
const TEMPLATE = `tmpl_${'0'.repeat(31)}1`
const context: ValidationContext = {
  objects,
  templates: [{ id: TEMPLATE, name: 'Welcome' }],
  secrets: ['slack_token'],
  now: Date.UTC(2026, 10, 23),
}

type Json = Record<string, any>
const lead = { event: 'record.created', object: 'obj_def_leads' }
const email = { type: 'send_email', config: { template_id: TEMPLATE, to: '{{record.email}}' } }
const of = (over: Json = {}): Json => ({ name: 'A', trigger: lead, actions: [email], ...over })
const withAction = (action: Json, over: Json = {}): Json => of({ actions: [action], ...over })
const withRule = (rule: Json, over: Json = {}): Json => of({ conditions: { match: 'all', rules: [rule] }, ...over })
const webhook = (config: Json): Json => withAction({ type: 'webhook', config: { url: 'https://x.org', ...config } })
const update = (fields: Json): Json => withAction({ type: 'update_record', config: { fields } })
const stop = { type: 'stop', config: {} }

function errorsOf(raw: unknown): { path: string; message: string; hint?: string }[] {
  const result = validateAutomation(raw, context)
  return result.ok ? [] : result.errors
}
function accepted(raw: unknown) {
  const result = validateAutomation(raw, context)
  if (!result.ok) throw new Error(JSON.stringify(result.errors))
  return result
}

const refused: [title: string, raw: unknown, path: string, message: RegExp, hint?: RegExp][] = [
  ['a list', [], '', /an automation is an object/],
  ['no name', { ...of(), name: undefined }, '/name', /missing/],
  ['a blank name', of({ name: '  ' }), '/name', /empty/],
  ['an unknown key', of({ triger: {} }), '/triger', /not known/, /trigger/],
  ['a bad status', of({ status: 'on' }), '/status', /active/],
  ['a bad mode', of({ mode: 'dry' }), '/mode', /live/],
  ['a bad version', of({ version: 1.5 }), '/version', /whole/],
  ['a bad serial', of({ serial: 'yes' }), '/serial', /true or false/],
  ['U+0000 anywhere', update({ notes: 'a\0b' }), '/actions/0/config/fields/notes', /U\+0000/],
  ['a lone surrogate', update({ notes: '\ud800' }), '/actions/0/config/fields/notes', /surrogate/],
  ['__proto__ as a key', webhook({ body: JSON.parse('{"__proto__": 1}') }), '/actions/0/config/body', /__proto__/],
  // trigger
  ['no trigger', of({ trigger: undefined }), '/trigger', /missing/],
  [
    'an unknown event',
    of({ trigger: { event: 'record.create', object: 'leads' } }),
    '/trigger/event',
    /no trigger/,
    /record\.created/,
  ],
  [
    'an unknown object',
    of({ trigger: { event: 'record.created', object: 'obj_def_lead' } }),
    '/trigger/object',
    /no object/,
    /leads/,
  ],
  ['an unknown trigger key', of({ trigger: { ...lead, field: 'x' } }), '/trigger/field', /not known/],
  ['no object', of({ trigger: { event: 'record.created' }, actions: [stop] }), '/trigger/object', /missing/],
  [
    'an unknown field to watch',
    of({ trigger: { event: 'field.changed', object: 'leads', field: 'statu' } }),
    '/trigger/field',
    /no field/,
    /status/,
  ],
  [
    'a field of the system to watch',
    of({ trigger: { event: 'field.changed', object: 'leads', field: 'updated_at' } }),
    '/trigger/field',
    /^updated_at is kept by the system$/,
    /^name a field of Leads$/,
  ],
  [
    'a value to watch that no record has',
    of({ trigger: { event: 'field.changed', object: 'leads', field: 'status', to: 'Contacted' } }),
    '/trigger/to',
    /can't be/,
    /contacted/,
  ],
  [
    'one of several values to watch',
    of({ trigger: { event: 'field.changed', object: 'leads', field: 'score', from: [1, 'x'] } }),
    '/trigger/from/1',
    /can't be/,
  ],
  ['a bad cron', of({ trigger: { event: 'schedule', cron: '61 * * * *' }, actions: [stop] }), '/trigger/cron', /./],
  [
    'a cron with seconds',
    of({ trigger: { event: 'schedule', cron: '0 0 9 * * *' }, actions: [stop] }),
    '/trigger/cron',
    /./,
  ],
  [
    'a cron that never fires',
    of({ trigger: { event: 'schedule', cron: '0 0 31 2 *' }, actions: [stop] }),
    '/trigger/cron',
    /./,
  ],
  [
    'an unknown zone',
    of({ trigger: { event: 'schedule', cron: '0 9 * * *', timezone: 'Europe/Berlinn' }, actions: [stop] }),
    '/trigger/timezone',
    /time zone/,
  ],
  [
    'filters without an object',
    of({ trigger: { event: 'schedule', cron: '0 9 * * *', filters: {} }, actions: [stop] }),
    '/trigger/filters',
    /object/,
  ],
  [
    'a filter on an unknown field',
    of({ trigger: { event: 'schedule', cron: '0 9 * * *', object: 'leads', filters: { statuss: 'new' } } }),
    '/trigger/filters/statuss',
    /./,
  ],
  [
    'a secret of a token',
    of({ trigger: { event: 'webhook.received', auth: { type: 'token', secret: '12345678' } }, actions: [stop] }),
    '/trigger/auth/secret',
    /signature/,
  ],
  // conditions
  ['rules without a group', of({ conditions: [] }), '/conditions', /object/, /match/],
  ['no match', of({ conditions: { rules: [] } }), '/conditions/match', /all/],
  [
    'a rule on an unknown field',
    withRule({ field: 'statsu', operator: 'equals', value: 'new' }),
    '/conditions/rules/0/field',
    /no field/,
    /status/,
  ],
  [
    'a rule with record.',
    withRule({ field: 'record.status', operator: 'equals', value: 'new' }),
    '/conditions/rules/0/field',
    /alone/,
    /status/,
  ],
  [
    'an unknown operator',
    withRule({ field: 'status', operator: '==', value: 'new' }),
    '/conditions/rules/0/operator',
    /no operator/,
    /equals/,
  ],
  [
    'an operator of another type',
    withRule({ field: 'status', operator: 'greater_than', value: 1 }),
    '/conditions/rules/0/operator',
    /greater_than/,
  ],
  [
    'a rule without its value',
    withRule({ field: 'status', operator: 'equals' }),
    '/conditions/rules/0/value',
    /needs a value/,
  ],
  [
    'in without a list',
    withRule({ field: 'status', operator: 'in', value: 'new' }),
    '/conditions/rules/0/value',
    /list/,
  ],
  [
    'between with one value',
    withRule({ field: 'score', operator: 'between', value: [1] }),
    '/conditions/rules/0/value',
    /two/,
  ],
  [
    'a bad template in a value',
    withRule({ field: 'status', operator: 'equals', value: '{{recrod.x}}' }),
    '/conditions/rules/0/value',
    /recrod.*column 3/,
    /record/,
  ],
  [
    'webhook without its trigger',
    withRule({ field: 'webhook.body.a', operator: 'equals', value: 1 }),
    '/conditions/rules/0/field',
    /webhook/,
  ],
  [
    'steps before any ran',
    withRule({ field: 'steps.send_email_1.id', operator: 'is_empty' }),
    '/conditions/rules/0/field',
    /has not run/,
  ],
  ['item outside a loop', withRule({ field: 'item.x', operator: 'is_empty' }), '/conditions/rules/0/field', /for_each/],
  [
    'an unknown previous field',
    withRule({ field: 'previous.nope', operator: 'is_empty' }),
    '/conditions/rules/0/field',
    /nope/,
  ],
  [
    'two steps along references',
    of({
      trigger: { event: 'record.created', object: 'deals' },
      actions: [stop],
      conditions: { match: 'all', rules: [{ field: 'contact.company.name', operator: 'is_empty' }] },
    }),
    '/conditions/rules/0/field',
    /one step/,
  ],
  [
    'a part of a text field',
    withRule({ field: 'name.first', operator: 'is_empty' }),
    '/conditions/rules/0/field',
    /no part/,
  ],
  // actions
  ['no actions', of({ actions: undefined }), '/actions', /missing/],
  ['an empty list of actions', of({ actions: [] }), '/actions', /at least one/],
  ['an unknown action', withAction({ type: 'send_mail' }), '/actions/0/type', /no action/, /send_email/],
  ['a key beside config', withAction({ ...email, to: 'x' }), '/actions/0/to', /not known/, /config/],
  [
    'an unknown config key',
    withAction({ type: 'wait', config: { duration: 1, unit: 'days', untill: 1 } }),
    '/actions/0/config/untill',
    /not known/,
    /until/,
  ],
  [
    'an unknown key of a lifted action',
    withAction({ type: 'wait', duration: 1, unit: 'days', untill: 1 }),
    '/actions/0/untill',
    /not known/,
  ],
  ['a bad key', withAction({ ...email, key: 'Send Email' }), '/actions/0/key', /can't be a key/],
  [
    'a key given twice',
    of({
      actions: [
        { ...email, key: 'a' },
        { ...email, key: 'a' },
      ],
    }),
    '/actions/1/key',
    /twice/,
    /actions\/0/,
  ],
  ['a bad on_error', withAction({ ...email, on_error: 'retry' }), '/actions/0/on_error', /stop/],
  [
    'an unknown template',
    withAction({ type: 'send_email', template: 'Welcom', to: 'a@x.org' }),
    '/actions/0/template',
    /no e-mail template/,
    /Welcome/,
  ],
  [
    'template and template_id',
    withAction({ type: 'send_email', template: 'Welcome', template_id: TEMPLATE, to: 'a@x.org' }),
    '/actions/0/template',
    /another name/,
  ],
  [
    'an e-mail without content',
    withAction({ type: 'send_email', config: { to: 'a@x.org' } }),
    '/actions/0/config',
    /no content/,
  ],
  [
    'an e-mail without a body',
    withAction({ type: 'send_email', config: { to: 'a@x.org', subject: 'x' } }),
    '/actions/0/config/body',
    /missing/,
  ],
  [
    'an e-mail with both',
    withAction({ type: 'send_email', config: { ...email.config, subject: 'x' } }),
    '/actions/0/config/subject',
    /not both/,
  ],
  [
    'an e-mail without a recipient',
    withAction({ type: 'send_email', config: { template_id: TEMPLATE } }),
    '/actions/0/config/to',
    /missing/,
    /record\.email/,
  ],
  [
    'an unknown record field in a template',
    withAction({ type: 'send_email', config: { ...email.config, to: 'x {{record.nope}}' } }),
    '/actions/0/config/to',
    /nope.*column 5/,
  ],
  [
    'an unknown variable',
    withAction({
      type: 'send_email',
      config: { to: 'a@x.org', subject: '{{variables.a}}', body: 'x', variables: { b: 1 } },
    }),
    '/actions/0/config/subject',
    /variable "a"/,
  ],
  ['an unclosed placeholder', update({ notes: 'a {{ b' }), '/actions/0/config/fields/notes', /column 3/],
  ['an unknown function', update({ notes: '{{ uper(record.name) }}' }), '/actions/0/config/fields/notes', /uper/],
  ['a bare field name', update({ notes: '{{ name }}' }), '/actions/0/config/fields/notes', /no name/, /record\.name/],
  [
    'an unknown part of user',
    update({ notes: '{{ user.mail }}' }),
    '/actions/0/config/fields/notes',
    /no part/,
    /email/,
  ],
  ['an unknown change', update({ notes: '{{ changes.nope.to }}' }), '/actions/0/config/fields/notes', /nope/],
  ['an unknown field written', update({ stauts: 'new' }), '/actions/0/config/fields/stauts', /no field/, /status/],
  ['a system field written', update({ created_at: '2026-01-01' }), '/actions/0/config/fields/created_at', /system/],
  ['a value outside the options', update({ status: 'New' }), '/actions/0/config/fields/status', /./, /new/],
  ['a text in a number field', update({ score: 'many' }), '/actions/0/config/fields/score', /Score/],
  ['emptying a required field', update({ name: null }), '/actions/0/config/fields/name', /required/],
  ['nothing to update', update({}), '/actions/0/config/fields', /empty/],
  [
    'a record_id that is none',
    withAction({ type: 'delete_record', record_id: '17' }),
    '/actions/0/record_id',
    /not the id/,
  ],
  [
    'no record to update',
    of({ trigger: { event: 'webhook.received' }, actions: [{ type: 'update_record', fields: { status: 'new' } }] }),
    '/actions/0/record_id',
    /missing/,
  ],
  [
    'record without a record',
    of({ trigger: { event: 'webhook.received' }, actions: [{ type: 'stop', reason: '{{record.name}}' }] }),
    '/actions/0/reason',
    /no record/,
  ],
  [
    'creating without a required field',
    withAction({ type: 'create_record', config: { object_definition_id: 'tasks', data: {} } }),
    '/actions/0/config/data',
    /title is missing/,
  ],
  [
    'creating in an unknown object',
    withAction({ type: 'create_record', config: { object_definition_id: 'task', data: {} } }),
    '/actions/0/config/object_definition_id',
    /no object/,
    /tasks/,
  ],
  ['an ftp URL', webhook({ url: 'ftp://x.org' }), '/actions/0/config/url', /ftp/],
  [
    'a URL without its scheme',
    webhook({ url: 'x.org/{{record.id}}' }),
    '/actions/0/config/url',
    /scheme/,
    /https:\/\/x\.org/,
  ],
  ['a URL without a host', webhook({ url: 'https:///x' }), '/actions/0/config/url', /URL/],
  [
    'an unknown secret',
    webhook({ headers: { authorization: 'Bearer {{secrets.slak_token}}' } }),
    '/actions/0/config/headers/authorization',
    /no secret/,
    /slack_token/,
  ],
  [
    'a secret outside a webhook',
    update({ notes: '{{secrets.slack_token}}' }),
    '/actions/0/config/fields/notes',
    /secret/,
  ],
  [
    'a secret in an expression',
    webhook({ body: '{{upper(secrets.slack_token)}}' }),
    '/actions/0/config/body',
    /secret/,
  ],
  ['a bad header name', webhook({ headers: { 'a b': 'x' } }), '/actions/0/config/headers/a b', /header/],
  ['a line break in a header', webhook({ headers: { a: 'x\r\ny: z' } }), '/actions/0/config/headers/a', /line break/],
  ['a long timeout', webhook({ timeout_seconds: 31 }), '/actions/0/config/timeout_seconds', /at most 30/],
  ['a bad method', webhook({ method: 'post' }), '/actions/0/config/method', /post/, /POST/],
  [
    'a negative retry delay',
    webhook({ retry: { delays_seconds: [-1] } }),
    '/actions/0/config/retry/delays_seconds/0',
    /at least 0/,
  ],
  ['a wait without a length', withAction({ type: 'wait', config: {} }), '/actions/0/config/until', /how long/],
  ['a wait without a unit', withAction({ type: 'wait', config: { duration: 1 } }), '/actions/0/config/unit', /missing/],
  [
    'a wait with both',
    withAction({ type: 'wait', config: { duration: 1, unit: 'days', until: 'now' } }),
    '/actions/0/config/until',
    /either/,
  ],
  [
    'an unknown unit',
    withAction({ type: 'wait', config: { duration: 1, unit: 'fortnight' } }),
    '/actions/0/config/unit',
    /fortnight/,
  ],
  [
    'a negative wait',
    withAction({ type: 'wait', config: { duration: -1, unit: 'days' } }),
    '/actions/0/config/duration',
    /less than 0/,
  ],
  [
    'a wait of more than 100 years',
    withAction({ type: 'wait', config: { duration: 6000, unit: 'weeks' } }),
    '/actions/0/config/duration',
    /too long/,
  ],
  [
    'a wait until no date',
    withAction({ type: 'wait', config: { until: '2027-02-30' } }),
    '/actions/0/config/until',
    /not a date/,
  ],
  [
    'an empty branch',
    withAction({ type: 'branch', config: { conditions: [] } }),
    '/actions/0/config/conditions',
    /needs a list/,
  ],
  [
    'else before the end',
    withAction({
      type: 'branch',
      config: { conditions: [{ else: [] }, { if: { field: 'status', operator: 'is_empty' }, then: [] }] },
    }),
    '/actions/0/config/conditions/0',
    /last/,
  ],
  [
    'else beside if',
    withAction({
      type: 'branch',
      config: { conditions: [{ if: { field: 'status', operator: 'is_empty' }, then: [], else: [] }] },
    }),
    '/actions/0/config/conditions/0/else',
    /not known/,
    /last entry/,
  ],
  [
    'a bad rule of a branch',
    withAction({ type: 'branch', conditions: [{ if: { field: 'x', operator: 'is_empty' }, then: [] }] }),
    '/actions/0/conditions/0/if/field',
    /no field/,
  ],
  [
    'a bad nested action',
    withAction({ type: 'branch', conditions: [{ else: [{ type: 'wait', duration: 1 }] }] }),
    '/actions/0/conditions/0/else/0/unit',
    /missing/,
  ],
  ['items missing', withAction({ type: 'for_each', config: { actions: [] } }), '/actions/0/config/items', /missing/],
  [
    'items that is no expression',
    withAction({ type: 'for_each', config: { items: 'steps..x', actions: [] } }),
    '/actions/0/config/items',
    /column/,
  ],
  [
    'max over 1000',
    withAction({ type: 'for_each', config: { items: [1], actions: [], max: 1001 } }),
    '/actions/0/config/max',
    /1000/,
  ],
  [
    'find with an unknown sort',
    withAction({ type: 'find_records', config: { object: 'leads', sort: '-scor' } }),
    '/actions/0/config/sort',
    /no field/,
    /score/,
  ],
  [
    'find with an unknown filter',
    withAction({ type: 'find_records', config: { object: 'leads', filters: { nope: 1 } } }),
    '/actions/0/config/filters/nope',
    /./,
  ],
  [
    'find with a high limit',
    withAction({ type: 'find_records', config: { object: 'leads', limit: 1001 } }),
    '/actions/0/config/limit',
    /at most 1000/,
  ],
  [
    'naming a later step',
    of({
      actions: [
        { type: 'stop', reason: '{{steps.find.count}}' },
        { type: 'find_records', key: 'find', object: 'leads' },
      ],
    }),
    '/actions/0/reason',
    /has not run/,
  ],
  [
    'naming a step of another way',
    withAction({
      type: 'branch',
      conditions: [
        { if: { field: 'status', operator: 'is_empty' }, then: [{ type: 'find_records', key: 'f', object: 'leads' }] },
        { else: [{ type: 'stop', reason: '{{steps.f.count}}' }] },
      ],
    }),
    '/actions/0/conditions/1/else/0/reason',
    /has not run/,
  ],
  ['naming no step', withAction({ type: 'stop', reason: '{{steps.nope.x}}' }), '/actions/0/reason', /no step/],
]

describe('saving refuses, at its place and in words', () => {
  test.each(refused)('%s', (_title, raw, path, message, hint) => {
    const errors = errorsOf(raw)
    expect(errors.map((error) => error.path)).toEqual([path])
    expect(errors[0]!.message).toMatch(message)
    if (hint !== undefined) expect(errors[0]!.hint).toMatch(hint)
  })

  test('several problems at once, each by itself', () => {
    const errors = errorsOf(of({ name: '', conditions: { match: 'all', rules: [{ field: 'a', operator: 'b' }] } }))
    expect(errors.map(({ path }) => path)).toEqual([
      '/name',
      '/conditions/rules/0/field',
      '/conditions/rules/0/operator',
    ])
  })

  test('an unknown object once, and not each field of it', () => {
    const raw = of({
      trigger: { event: 'record.created', object: 'nope' },
      conditions: { match: 'all', rules: [{ field: 'status', operator: 'is_empty' }] },
    })
    expect(errorsOf(raw).map(({ path }) => path)).toEqual(['/trigger/object'])
  })

  test('branches more than 10 deep, and groups', () => {
    const branch = (depth: number): Json =>
      depth === 0 ? stop : { type: 'branch', config: { conditions: [{ else: [branch(depth - 1)] }] } }
    expect(errorsOf(withAction(branch(10)))).toEqual([])
    expect(errorsOf(withAction(branch(11)))[0]!.message).toMatch(/too deep: at most 10/)
    const group = (depth: number): Json => ({ match: 'any', rules: depth === 1 ? [] : [group(depth - 1)] })
    expect(errorsOf(of({ conditions: group(10) }))).toEqual([])
    expect(errorsOf(of({ conditions: group(11) }))[0]!.message).toMatch(/too deep: at most 10/)
  })

  test('more than 500 actions, those in branches included', () => {
    const many = Array.from({ length: 499 }, () => stop)
    const branch = (n: number): Json => ({ type: 'branch', config: { conditions: [{ else: many.slice(0, n) }] } })
    expect(errorsOf(of({ actions: [branch(499)] }))).toEqual([])
    expect(errorsOf(of({ actions: [branch(499), stop] }))[0]).toMatchObject({ path: '/actions/1' })
  })
})

describe('what is saved', () => {
  test('reads back as it was written', () => {
    const raw = of({ conditions: { match: 'all', rules: [{ field: 'status', operator: 'equals', value: 'new' }] } })
    const { document, name } = accepted(raw)
    expect({ name, ...document }).toEqual({ ...raw, actions: [{ key: 'send_email_1', ...email }] })
  })

  test('lifts {type, …} into config and resolves the alias of a template, by name', () => {
    const { document } = accepted(withAction({ type: 'send_email', template: 'Welcome', to: 'a@x.org', name: 'Hello' }))
    expect(document.actions).toEqual([
      { key: 'send_email_1', name: 'Hello', type: 'send_email', config: { template_id: TEMPLATE, to: 'a@x.org' } },
    ])
  })

  test('numbers the keys by type over the whole document, past the ones taken', () => {
    const branch = { type: 'branch', conditions: [{ else: [stop, { ...stop, key: 'stop_3' }] }] }
    const { document } = accepted(of({ actions: [stop, branch, stop] }))
    const inner = (document.actions[1]!.config as any).conditions[0].else
    expect(inner.map(({ key }: Json) => key)).toEqual(['stop_2', 'stop_3'])
    expect(document.actions.map(({ key }) => key)).toEqual(['stop_1', 'branch_1', 'stop_4'])
  })

  test('a nested e-mail without a recipient goes to the first e-mail field', () => {
    const branch = {
      type: 'branch',
      conditions: [
        {
          if: { field: 'status', operator: 'equals', value: 'new' },
          then: [{ type: 'send_email', template: 'Welcome' }],
        },
      ],
    }
    const { document } = accepted(withAction(branch))
    expect((document.actions[0]!.config as any).conditions[0].then[0].config).toEqual({
      template_id: TEMPLATE,
      to: '{{record.email}}',
    })
  })

  test('the caller’s own object is left as it was', () => {
    const raw = withAction({ type: 'branch', conditions: [{ else: [{ type: 'send_email', template: 'Welcome' }] }] })
    const before = structuredClone(raw)
    accepted(raw)
    expect(raw).toEqual(before)
  })

  test('what an answer adds may come back, and is not kept', () => {
    const { document } = accepted(of({ id: 'auto_x', created_at: 'x', flags: [], webhook: {} }))
    expect(Object.keys(document)).toEqual(['trigger', 'conditions', 'actions'])
  })
})

const good: [title: string, raw: unknown][] = [
  ['a bare object slug', of({ trigger: { event: 'record.created', object: 'leads' } })],
  ['an obj_ id', of({ trigger: { event: 'record.created', object: 'obj_leads' } })],
  ['previous everywhere', update({ notes: '{{previous.status}} {{changes.status.from}}' })],
  ['system fields', withRule({ field: 'created_at', operator: 'greater_than', value: '2026-01-01' })],
  [
    'a step along a reference',
    of({
      trigger: { event: 'record.created', object: 'deals' },
      conditions: { match: 'all', rules: [{ field: 'contact.email', operator: 'is_not_empty' }] },
      actions: [{ type: 'send_email', template: 'Welcome', to: '{{record.contact.email}}' }],
    }),
  ],
  [
    'an earlier step',
    of({
      actions: [
        {
          type: 'create_record',
          config: { object_definition_id: 'obj_def_tasks', data: { title: 'Call {{record.name}}' } },
        },
        { type: 'update_record', record_id: '{{steps.create_record_1.id}}', fields: { status: 'done' } },
      ],
    }),
  ],
  [
    'a step of a branch, behind it',
    of({
      actions: [
        { type: 'branch', conditions: [{ else: [{ type: 'find_records', key: 'f', object: 'leads' }] }] },
        { type: 'stop', reason: '{{steps.f.count}}' },
      ],
    }),
  ],
  [
    'a rule of a branch on a step',
    of({
      actions: [
        { type: 'webhook', key: 'call', url: 'https://x.org' },
        {
          type: 'branch',
          conditions: [{ if: { field: 'steps.call.body.ok', operator: 'equals', value: true }, then: [] }],
        },
      ],
    }),
  ],
  [
    'a loop',
    of({
      actions: [
        {
          type: 'find_records',
          object: 'deals',
          filters: { stage: 'Won', deal_value: { $gte: '{{record.score}}' } },
          sort: '-created_at',
          limit: 1000,
        },
        {
          type: 'for_each',
          items: '{{steps.find_records_1.records}}',
          max: 1000,
          actions: [
            {
              type: 'update_record',
              record_id: '{{item.id}}',
              fields: { stage: 'Lost', name: '{{index}} {{item.name}}' },
            },
          ],
        },
      ],
    }),
  ],
  ['items without braces', of({ actions: [{ type: 'for_each', items: "split(record.name, ' ')", actions: [stop] }] })],
  [
    'a webhook trigger',
    of({
      trigger: { event: 'webhook.received', auth: 'none' },
      conditions: {
        match: 'all',
        rules: [
          { field: 'webhook.headers.x-source', operator: 'equals', value: 'a' },
          { field: 'webhook.body.items[0].n', operator: 'greater_than', value: 1 },
        ],
      },
      actions: [
        {
          type: 'create_record',
          object_definition_id: 'leads',
          data: { name: '{{webhook.body.name}}', notes: "{{webhook.headers['x-source']}}" },
        },
      ],
    }),
  ],
  [
    'a schedule',
    of({
      trigger: {
        event: 'schedule',
        cron: '@daily',
        timezone: 'Europe/Berlin',
        object: 'leads',
        filters: { last_contacted_at: { $lt: "{{date_add(now, -3, 'days')}}" } },
      },
    }),
  ],
  [
    'a secret in a webhook',
    webhook({
      url: 'https://x.org/{{secrets.slack_token}}',
      headers: { a: 'Bearer {{secrets.slack_token}}' },
      body: { t: '{{secrets.slack_token}}' },
    }),
  ],
  ['a URL from a record', webhook({ url: '{{record.notes}}' })],
  ['a wait in fractions', withAction({ type: 'wait', duration: 0.5, unit: 'hour' })],
  [
    'inline variables, also bare',
    withAction({
      type: 'send_email',
      config: { to: ['a@x.org'], subject: '{{variables.a}}', body: '{{a}}', variables: { a: '{{record.name}}' } },
    }),
  ],
  [
    'a trigger value that is empty',
    of({ trigger: { event: 'field.changed', object: 'leads', field: 'owner', from: null } }),
  ],
  [
    'rules over a list that a template gives',
    withRule({ field: 'status', operator: 'in', value: "{{ ['new', 'contacted'] }}" }),
  ],
  ['equals with an empty value', withRule({ field: 'status', operator: 'equals', value: null })],
  ['no conditions', of({ conditions: undefined })],
  ['braces that are meant', update({ notes: "{{ '{{' }}" })],
]

test.each(good)('saving accepts %s', (_title, raw) => {
  expect(errorsOf(raw)).toEqual([])
})

test('a bare `until` gets its braces, a date stays a date', () => {
  const until = (text: string) =>
    accepted(withAction({ type: 'wait', until: text })).document.actions[0]!.config['until']
  expect(until("date_add(now, 3, 'days')")).toBe("{{date_add(now, 3, 'days')}}")
  expect(until('2027-01-31')).toBe('2027-01-31')
  expect(until('{{now}}')).toBe('{{now}}')
})

test('a rule’s value that no record can have is a warning', () => {
  const { warnings } = accepted(withRule({ field: 'status', operator: 'equals', value: 'New' }))
  expect(warnings).toMatchObject([{ path: '/conditions/rules/0/value', hint: expect.stringContaining('new') }])
  expect(accepted(withRule({ field: 'status', operator: 'contains', value: 'ne' })).warnings).toEqual([])
})

test('a fixed recipient that is no address is a warning, since the step says it too', () => {
  const { warnings } = accepted(
    withAction({ type: 'send_email', template: 'Welcome', to: ['a@x.org', 'a@x.org, b@x.org'] }),
  )
  expect(warnings).toMatchObject([{ path: '/actions/0/to/1' }])
})

test('a draft needs no name', () => {
  const result = validateAutomation({ ...of(), name: undefined }, { ...context, draft: true })
  expect(result.ok).toBe(true)
})

test('a template’s names that this automation doesn’t know are warnings, each once', () => {
  const texts = {
    subject: '{{record.nope}} {{first_name}}',
    html: '{{record.nope}} {{record.name}} {{variables.code}} {{user.name}}',
  }
  const raw = withAction({ type: 'send_email', template: 'Welcome', to: 'a@x.org', variables: { first_name: 'A' } })
  const result = validateAutomation(raw, { ...context, templates: [{ id: TEMPLATE, name: 'Welcome', texts }] })
  expect(result.ok && result.warnings.map(({ path, message }) => [path, message])).toEqual([
    ['/actions/0/template', 'the template "Welcome": there is no field "nope" in Leads'],
    ['/actions/0/template', 'the template "Welcome": there is no variable "code"'],
  ])
})
