import {
  createAutomationRoute,
  createEmailTemplateRoute,
  createFieldRoute,
  createRecordRoute,
  type DryRun,
  type DryRunInput,
  dryRunAutomationRoute,
  dryRunDraftRoute,
  updateRecordRoute,
  uuidOf,
  publicId,
  putSecret,
} from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestApp, type TestApp } from '../app.ts'
import { turnsOf } from '../turns.ts'

let t: TestApp
beforeAll(async () => {
  t = await createTestApp()
})
afterAll(() => t.drop())

const create = async (object_id: string, field_values: Record<string, unknown>): Promise<string> =>
  (await t.client.call(createRecordRoute, { body: { object_id, field_values } })).id
const save = async (document: object): Promise<string> =>
  (await t.client.call(createAutomationRoute, { body: { name: 'Saved', ...document } })).id
const draft = (automation: object, more: DryRunInput = {}): Promise<DryRun> =>
  t.client.call(dryRunDraftRoute, { body: { automation, ...more } })
const saved = (id: string, more: DryRunInput = {}): Promise<DryRun> =>
  t.client.call(dryRunAutomationRoute, { params: { id }, body: more })
const briefly = ({ steps }: DryRun) => steps.map(({ path, index, status }) => [path, index ?? '', status].join(' '))

const onLead = { event: 'record.created', object: 'leads' }
const onStage = { event: 'field.changed', object: 'deals', field: 'stage', to: 'Won' }

/** Everything in the database but what a request itself leaves: a fingerprint of each table's rows. */
async function everything(): Promise<Record<string, string>> {
  const { rows } = await t.pool.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'api_keys'`,
  )
  const prints: Record<string, string> = {}
  for (const { name } of rows) {
    const found = await t.pool.query<{ print: string }>(
      `select count(*) || ' ' || coalesce(md5(string_agg(x::text, ',' order by x::text)), '') as print from "${name}" x`,
    )
    prints[name] = found.rows[0]!.print
  }
  return prints
}

test('nothing is written and nothing leaves, whatever the automation would do', async () => {
  const lead = await create('leads', { name: 'Ada', email: 'ada@example.org' })
  const id = await save({
    status: 'active',
    trigger: onLead,
    actions: [
      { type: 'send_email', config: { to: '{{record.email}}', subject: 'Hello {{record.name}}', body: '<b>Hi</b>' } },
      { type: 'webhook', config: { url: 'https://example.org/hook' } },
      { type: 'update_record', config: { fields: { status: 'contacted' } } },
      { type: 'create_record', key: 'task', config: { object_definition_id: 'tasks', data: { title: 'Call' } } },
      { type: 'find_records', key: 'found', config: { object: 'tasks', filters: { title: 'Call' } } },
      {
        type: 'for_each',
        config: {
          items: 'steps.found.records',
          actions: [{ type: 'delete_record', config: { record_id: '{{item.id}}' } }],
        },
      },
      { type: 'wait', config: { duration: 3, unit: 'days' } },
      { type: 'delete_record' },
    ],
  })
  const before = await everything()
  const [mails, requests, wakes] = [t.mails.length, t.requests.length, t.wakes()]
  const run = await saved(id, { record_id: lead })
  expect(run).toMatchObject({
    mode: 'dry_run',
    record_name: 'Ada',
    status: 'succeeded',
    error: null,
    matched: true,
    why: null,
  })
  expect(briefly(run)).toEqual([
    'actions/0  not_sent',
    'actions/1  not_sent',
    'actions/2  succeeded',
    'actions/3  succeeded',
    'actions/4  succeeded',
    'actions/5  succeeded',
    'actions/5/actions/0 0 succeeded',
    'actions/6  skipped',
    'actions/7  succeeded',
  ])
  expect(await everything()).toEqual(before)
  expect([t.mails.length, t.requests.length, t.wakes()]).toEqual([mails, requests, wakes])
})

test('e-mails and requests are shown as they would leave, with secrets masked', async () => {
  await t.client.call(putSecret, { params: { name: 'token' }, body: { value: 's3cret-value' } })
  const template = await t.client.call(createEmailTemplateRoute, {
    body: { name: 'Welcome', subject: 'Hello {{record.name}}', html: '<p>{{record.name}} of {{variables.team}}</p>' },
  })
  const run = await draft(
    {
      trigger: onLead,
      actions: [
        {
          type: 'send_email',
          config: { template_id: template.id, to: '{{record.email}}', variables: { team: 'R&D' } },
        },
        {
          type: 'webhook',
          config: {
            url: 'https://example.org/{{record.id}}',
            headers: { authorization: 'Bearer {{secrets.token}}' },
            body: { who: '{{record.name}}' },
          },
        },
      ],
    },
    { record: { name: '<Ada>', email: 'ada@example.org' } },
  )
  expect(run.steps).toMatchObject([
    {
      status: 'not_sent',
      input: {
        to: ['ada@example.org'],
        subject: 'Hello <Ada>',
        html: expect.stringContaining('&lt;Ada&gt; of R&amp;D'),
      },
    },
    {
      status: 'not_sent',
      input: {
        url: `https://example.org/${run.trigger.record_id}`,
        headers: { authorization: 'Bearer ••••' },
        body: { who: '<Ada>' },
      },
    },
  ])
  expect(JSON.stringify(run)).not.toContain('s3cret-value')
})

test('later steps see the simulated values, and each record step tells before and after', async () => {
  const lead = await create('leads', { name: 'Bea', score: 1 })
  const run = await draft(
    {
      trigger: onLead,
      actions: [
        { type: 'update_record', config: { fields: { score: '{{record.score + 1}}', status: 'contacted' } } },
        { type: 'update_record', config: { fields: { score: '{{record.score + 1}}' } } },
        {
          type: 'create_record',
          key: 'made',
          config: { object_definition_id: 'contacts', data: { name: '{{record.name}} {{record.score}}' } },
        },
        { type: 'find_records', key: 'found', config: { object: 'contacts', filters: { name: 'Bea 3' } } },
        {
          type: 'update_record',
          config: { record_id: '{{steps.found.first.id}}', fields: { email: 'bea@example.org' } },
        },
        { type: 'delete_record', key: 'gone', config: { record_id: '{{steps.made.id}}' } },
        { type: 'find_records', key: 'again', config: { object: 'contacts', filters: { name: 'Bea 3' } } },
        {
          type: 'update_record',
          config: { fields: { notes: 'found {{steps.found.count}}, then {{steps.again.count}}' } },
        },
      ],
    },
    { record_id: lead },
  )
  const changes = run.steps.map(({ output }) => (output as { changes?: object }).changes)
  expect(changes).toEqual([
    { score: { before: 1, after: 2 }, status: { before: 'new', after: 'contacted' } },
    { score: { before: 2, after: 3 } },
    { name: { before: null, after: 'Bea 3' } },
    undefined,
    { email: { before: null, after: 'bea@example.org' } },
    {
      name: { before: 'Bea 3', after: null },
      email: { before: 'bea@example.org', after: null },
    },
    undefined,
    { notes: { before: null, after: 'found 1, then 0' } },
  ])
})

test('a write that would be refused fails its step: unique values and references are checked against the database', async () => {
  await t.client.call(createRecordRoute, { body: { object_id: 'companies', field_values: { name: 'Acme' } } })
  const lead = await create('leads', { name: 'Cy' })
  const run = await draft(
    {
      trigger: onLead,
      actions: [
        {
          type: 'create_record',
          on_error: 'continue',
          config: { object_definition_id: 'contacts', data: { name: 'Cy', company: '{{record.id}}' } },
        },
        { type: 'update_record', on_error: 'continue', config: { fields: { status: '{{record.name}}' } } },
        { type: 'update_record', config: { record_id: 'rec_00000000000000000000000000000000', fields: { name: 'x' } } },
        { type: 'stop' },
      ],
    },
    { record_id: lead },
  )
  expect(run).toMatchObject({
    status: 'failed',
    error: { code: 'RECORD_NOT_FOUND', step_key: 'update_record_2' },
    steps: [{ error: { code: 'VALIDATION_ERROR' } }, { error: { code: 'VALIDATION_ERROR' } }, { status: 'failed' }],
  })
})

test('a unique value is refused while another record has it, and free once the run has changed or deleted that one', async () => {
  await t.client.call(createFieldRoute, {
    params: { id: 'contacts' },
    body: { name: 'Code', slug: 'code', type: 'text', unique: true },
  })
  const [first, second] = [
    await create('contacts', { name: 'First', code: 'A' }),
    await create('contacts', { name: 'Second', code: 'B' }),
  ]
  const make = (code: string) => ({
    type: 'create_record',
    on_error: 'continue',
    config: { object_definition_id: 'contacts', data: { name: 'Third', code } },
  })
  const run = await draft(
    {
      trigger: onLead,
      actions: [
        make('A'),
        { type: 'update_record', config: { record_id: first, fields: { code: 'C' } } },
        make('A'),
        make('A'),
        { type: 'delete_record', config: { record_id: first } },
        make('C'),
        make('B'),
        { type: 'delete_record', config: { record_id: second } },
        make('B'),
        { type: 'find_records', config: { object: 'contacts', filters: { code: { $in: ['A', 'B', 'C'] } } } },
      ],
    },
    { record: { name: 'Lou' } },
  )
  expect(run.steps.map(({ status, error }) => error?.code ?? status)).toEqual([
    'DUPLICATE_VALUE',
    'succeeded',
    'succeeded',
    'DUPLICATE_VALUE',
    'succeeded',
    'succeeded',
    'DUPLICATE_VALUE',
    'succeeded',
    'succeeded',
    'succeeded',
  ])
  expect(run.steps.at(-1)!.output).toMatchObject({ count: 3 })
})

test('a record that the run deletes is gone from what refers to it', async () => {
  const company = await create('companies', { name: 'Gone Ltd' })
  const contact = await create('contacts', { name: 'Mo', company })
  const run = await draft(
    {
      trigger: { event: 'record.updated', object: 'contacts' },
      actions: [
        { type: 'update_record', config: { fields: { name: '{{record.company.name}}' } } },
        { type: 'delete_record', config: { record_id: company } },
        { type: 'update_record', config: { fields: { name: '<{{record.company}}>' } } },
        { type: 'find_records', key: 'found', config: { object: 'contacts', filters: { company } } },
      ],
    },
    { record_id: contact },
  )
  expect(run.steps.map(({ output }) => output)).toMatchObject([
    { changes: { name: { before: 'Mo', after: 'Gone Ltd' } } },
    { deleted: true },
    { changes: { name: { before: 'Gone Ltd', after: '<>' } } },
    { count: 0 },
  ])
})

test('an invented change starts what waits for it, with its earlier value', async () => {
  const deal = await create('deals', { name: 'Big', stage: 'Proposal', deal_value: 10 })
  const document = {
    trigger: onStage,
    conditions: { match: 'all', rules: [{ field: 'previous.stage', operator: 'equals', value: 'Proposal' }] },
    actions: [{ type: 'update_record', config: { fields: { name: '{{previous.stage}} → {{record.stage}}' } } }],
  }
  const run = await draft(document, { record_id: deal, changes: { stage: 'Won' } })
  expect(run).toMatchObject({
    status: 'succeeded',
    automation_name: 'Draft',
    version: 0,
    trigger: {
      event: 'field.changed',
      event_id: null,
      record_id: deal,
      changes: { stage: { from: 'Proposal', to: 'Won' } },
    },
    conditions: {
      passed: true,
      rules: [{ field: 'previous.stage', expected: 'Proposal', actual: 'Proposal', passed: true }],
    },
    steps: [{ output: { changes: { name: { before: 'Big', after: 'Proposal → Won' } } } }],
  })
  const told = await draft(document, { record_id: deal, changes: { stage: { from: 'Lead', to: 'Won' } } })
  expect(told).toMatchObject({
    status: 'skipped',
    matched: true,
    why: expect.stringContaining('Its conditions did not hold'),
    trigger: { changes: { stage: { from: 'Lead', to: 'Won' } } },
    steps: [],
  })
})

test('a change that the trigger doesn’t wait for starts nothing, and the run says why', async () => {
  const deal = await create('deals', { name: 'Small', stage: 'Won' })
  const document = { trigger: onStage, actions: [{ type: 'stop' }] }
  expect(await draft(document, { record_id: deal, changes: { stage: 'Lost' } })).toMatchObject({
    status: 'skipped',
    matched: false,
    why: 'Stage became Lost, the trigger wants Won.',
    steps: [],
  })
  expect(await draft(document, { record_id: deal, changes: { name: 'Other' } })).toMatchObject({
    status: 'skipped',
    why: 'Stage did not change.',
  })
  expect(await draft(document, { record_id: deal, changes: { stage: 'Won' } })).toMatchObject({
    status: 'skipped',
    why: expect.stringContaining('already'),
  })
})

test('without a change, a field’s trigger is taken to have fired; without a record, the newest one is taken', async () => {
  const deal = await create('deals', { name: 'Newest', stage: 'Lead' })
  const run = await draft({ trigger: onStage, actions: [{ type: 'stop' }] })
  expect(run).toMatchObject({
    status: 'succeeded',
    trigger: { record_id: deal, changes: { stage: { from: 'Lead', to: 'Won' } } },
    notes: [
      expect.stringContaining('newest'),
      'No change was given, so Stage was taken to change from "Lead" to "Won".',
    ],
  })
})

test('a past event is tried with its own changes, on the record as it left it', async () => {
  const deal = await create('deals', { name: 'Old', stage: 'Proposal', deal_value: 5 })
  await t.client.call(updateRecordRoute, { params: { id: deal }, body: { field_values: { stage: 'Won' } } })
  await t.client.call(updateRecordRoute, {
    params: { id: deal },
    body: { field_values: { stage: 'Lost', deal_value: 9 } },
  })
  const { rows } = await t.pool.query<{ id: string; changes: { stage?: { to: string } } | null }>(
    `select 'evt_' || replace(id::text, '-', '') as id, changes from events where type = 'record.updated' order by id`,
  )
  const won = rows.find(({ changes }) => changes?.stage?.to === 'Won')!
  const document = {
    trigger: onStage,
    actions: [{ type: 'update_record', config: { fields: { name: '{{record.stage}} {{record.deal_value}}' } } }],
  }
  const run = await draft(document, { event_id: won.id })
  expect(run).toMatchObject({
    status: 'succeeded',
    trigger: { event_id: won.id, record_id: deal, changes: { stage: { from: 'Proposal', to: 'Won' } } },
    steps: [{ output: { changes: { name: { before: 'Old', after: 'Won 5' } } } }],
    notes: [expect.stringContaining('as the event left it')],
  })
  const lost = rows.find(({ changes }) => changes?.stage?.to === 'Lost')!
  expect(await draft(document, { event_id: lost.id })).toMatchObject({ status: 'skipped', matched: false })
  await expect(draft(document, { event_id: 'evt_00000000000000000000000000000000' })).rejects.toMatchObject({
    status: 404,
  })
})

test('a deleted record is its last values, and a step that needs it fails', async () => {
  const lead = await create('leads', { name: 'Dee', email: 'dee@example.org' })
  const run = await draft(
    {
      trigger: { event: 'record.deleted', object: 'leads' },
      actions: [
        { type: 'create_record', config: { object_definition_id: 'tasks', data: { title: 'Bye {{record.name}}' } } },
        { type: 'update_record', config: { fields: { name: 'x' } } },
      ],
    },
    { record_id: lead },
  )
  expect(run.steps).toMatchObject([
    { output: { title: 'Bye Dee' } },
    { status: 'failed', error: { code: 'RECORD_DELETED' } },
  ])
})

test('an invented call and a tick of now start what waits for them', async () => {
  const call = await draft(
    {
      trigger: { event: 'webhook.received' },
      conditions: { match: 'all', rules: [{ field: 'webhook.headers.x-source', operator: 'equals', value: 'shop' }] },
      actions: [
        { type: 'create_record', config: { object_definition_id: 'leads', data: { name: '{{webhook.body.name}}' } } },
      ],
    },
    { webhook: { body: { name: 'Eve' }, headers: { 'X-Source': 'shop' } } },
  )
  expect(call).toMatchObject({
    status: 'succeeded',
    trigger: { source: 'webhook' },
    steps: [{ output: { name: 'Eve' } }],
  })

  const trigger = {
    event: 'schedule',
    cron: '0 9 * * *',
    timezone: 'Asia/Tokyo',
    object: 'leads',
    filters: { name: 'Flo' },
  }
  const document = { trigger, actions: [{ type: 'update_record', config: { fields: { notes: '{{today}}' } } }] }
  const none = await draft(document)
  expect(none).toMatchObject({ status: 'skipped', why: expect.stringContaining('filters') })
  const flo = await create('leads', { name: 'Flo' })
  expect(await draft(document)).toMatchObject({ status: 'succeeded', trigger: { source: 'schedule', record_id: flo } })
  const gil = await create('leads', { name: 'Gil' })
  expect(await draft(document, { record_id: gil })).toMatchObject({
    status: 'skipped',
    why: 'The schedule’s filters leave this record out.',
  })
  expect(await draft(document, { record_id: gil, changes: { name: 'Flo' } })).toMatchObject({ status: 'succeeded' })
})

test('a date is tried as if it were reached now, and when it will be is said', async () => {
  const trigger = { event: 'date.reached', object: 'deals', field: 'close_date', offset: { amount: -3, unit: 'days' } }
  const fields = { name: '{{event.type}} {{record.close_date}}' }
  const document = { trigger, actions: [{ type: 'update_record', config: { fields } }] }
  const deal = await create('deals', { name: 'Deal', close_date: '2999-01-02' })
  expect(await draft(document, { record_id: deal })).toMatchObject({
    status: 'succeeded',
    trigger: { event: 'date.reached', source: 'schedule', actor: null, record_id: deal },
    steps: [{ input: { fields: { name: 'date.reached 2999-01-02' } } }],
    notes: ['The date is reached at 2998-12-30T09:00:00.000Z; here it is as if that were now.'],
  })
  expect(await draft(document, { record_id: deal, changes: { close_date: '2001-01-05' } })).toMatchObject({
    status: 'succeeded',
    notes: [
      'The date was reached at 2001-01-02T09:00:00.000Z, which has passed, so a live run would not start any more.',
    ],
  })
  expect(await draft(document, { record_id: deal, changes: { close_date: null } })).toMatchObject({
    status: 'skipped',
    why: 'The record has no date in Close date, so it is never reached.',
  })
})

test('a draft’s problems are answered with their places', async () => {
  const broken = {
    trigger: onLead,
    actions: [
      { type: 'update_record', config: { fields: { nope: 1 } } },
      { type: 'send_email', config: { to: '{{record.' } },
    ],
  }
  const refused = await draft(broken).catch((error: unknown) => error)
  expect(refused).toMatchObject({ status: 422, code: 'VALIDATION_ERROR' })
  const { errors } = (refused as { details: { errors: { path: string }[] } }).details
  expect(errors.map(({ path }) => path)).toContain('/automation/actions/0/config/fields/nope')
})

test('a request that contradicts itself, or the automation, is refused with its place', async () => {
  const document = { trigger: onLead, actions: [{ type: 'stop' }] }
  const lead = await create('leads', { name: 'Ida' })
  const deal = await create('deals', { name: 'Deal' })
  const refusal = (more: DryRunInput, automation: object = document) =>
    draft(automation, more).then(
      () => null,
      (error: { status: number; details?: { errors?: { path: string }[] } }) => [
        error.status,
        error.details?.errors?.[0]?.path,
      ],
    )
  expect(await refusal({ record_id: lead, record: { name: 'x' } })).toEqual([422, '/record'])
  expect(await refusal({ record_id: deal })).toEqual([422, '/record_id'])
  expect(await refusal({ record_id: 'rec_x' })).toEqual([404, undefined])
  expect(await refusal({ record: { email: 'not one' } })).toEqual([422, expect.stringMatching(/^\/record\//)])
  expect(await refusal({ record_id: lead, changes: { nope: 1 } })).toEqual([400, '/changes/nope'])
  expect(await refusal({ record_id: lead, changes: { status: 'nope' } })).toEqual([422, '/changes/status'])
  expect(await refusal({ webhook: {} })).toEqual([422, '/webhook'])
  expect(await refusal({ record_id: lead }, { ...document, trigger: { event: 'webhook.received' } })).toEqual([
    422,
    '/record_id',
  ])
  await expect(t.client.call(dryRunDraftRoute, { body: {} })).rejects.toMatchObject({ status: 422 })
  await expect(saved('auto_00000000000000000000000000000000')).rejects.toMatchObject({ status: 404 })
})

test('what the run would start is predicted, if it were active and its conditions hold', async () => {
  const deal = await create('deals', { name: 'Loop', stage: 'Lead', deal_value: 1 })
  const rules = (value: number) => ({ match: 'all', rules: [{ field: 'deal_value', operator: 'greater_than', value }] })
  const won = await save({ name: 'Deal won', status: 'active', trigger: onStage, actions: [{ type: 'stop' }] })
  await save({
    name: 'Big deal won',
    status: 'active',
    trigger: onStage,
    conditions: rules(100),
    actions: [{ type: 'stop' }],
  })
  await save({ name: 'Off', trigger: onStage, actions: [{ type: 'stop' }] })
  const document = {
    trigger: { event: 'record.updated', object: 'deals' },
    conditions: rules(1),
    actions: [{ type: 'update_record', config: { fields: { stage: 'Won' } } }],
  }
  const run = await draft(document, { record_id: deal, changes: { deal_value: 5 } })
  expect(run.predictions).toEqual([
    {
      automation_id: 'auto_00000000000000000000000000000000',
      name: 'Draft',
      why: 'would start again on the same record: update_record_1 changes its Stage',
      step_key: 'update_record_1',
      record_id: deal,
      records: 1,
    },
    {
      automation_id: won,
      name: 'Deal won',
      why: 'would start on the same record: update_record_1 changes its Stage',
      step_key: 'update_record_1',
      record_id: deal,
      records: 1,
    },
  ])
})

test('an edited draft of a saved automation is tried in its place', async () => {
  const deal = await create('deals', { name: 'Edited', stage: 'Lead' })
  const trigger = { event: 'field.changed', object: 'deals', field: 'stage', to: 'Lost' }
  const setStage = (stage: string) => ({ trigger, actions: [{ type: 'update_record', config: { fields: { stage } } }] })
  const id = await save({ name: 'Original', status: 'active', ...setStage('Lead') })
  const original = await saved(id, { record_id: deal, changes: { stage: 'Lost' } })
  expect(original).toMatchObject({ automation_id: id, automation_name: 'Original', version: 1, predictions: [] })
  const viewer = await t.logIn('viewer')
  const edited = { id, name: 'Edited', ...setStage("{{previous.stage == 'Lead' ? 'Proposal' : 'Lead'}}") }
  const request = { automation: edited, record_id: deal, changes: { stage: 'Lost' } }
  const run = await viewer.client.call(dryRunAutomationRoute, { params: { id }, body: request })
  expect(run).toMatchObject({
    automation_id: id,
    automation_name: 'Edited',
    version: 0,
    trigger: { source: 'ui', actor: publicId('user', viewer.id) },
    steps: [{ output: { changes: { stage: { before: 'Lost', after: 'Proposal' } } } }],
    predictions: [],
  })
})

test('an event too deep in its chain is blocked, as it would be', async () => {
  const deal = await create('deals', { name: 'Deep' })
  const { rows } = await t.pool.query<{ id: string }>(
    `insert into events (workspace_id, id, type, object, record_id, at, source, lane, changes, after, chain_id, depth)
     select workspace_id, gen_random_uuid(), 'record.updated', object, record_id, now(), 'automation', 1,
       '{"name":{"from":"Shallow","to":"Deep"}}', after, chain_id, 20
     from events where record_id = $1 returning 'evt_' || replace(id::text, '-', '') as id`,
    [uuidOf('record', deal)],
  )
  const run = await draft(
    { trigger: { event: 'record.updated', object: 'deals' }, actions: [{ type: 'stop' }] },
    { event_id: rows[0]!.id },
  )
  expect(run).toMatchObject({ status: 'blocked', error: { code: 'LOOP' }, chain: { depth: 21 }, steps: [] })
  expect(run.why).toBe(run.error!.message)
})

test('an endless amount of work is cut short, and the run says so', async () => {
  const items = Array.from({ length: 1000 }, (_, i) => i)
  const run = await draft({
    trigger: onLead,
    actions: [
      {
        type: 'for_each',
        config: {
          items,
          actions: [{ type: 'stop', config: {} }].map(() => ({
            type: 'update_record',
            config: { fields: { score: '{{item}}' } },
          })),
        },
      },
      {
        type: 'for_each',
        config: { items, actions: [{ type: 'update_record', config: { fields: { notes: '{{index}}' } } }] },
      },
    ],
  })
  expect(run).toMatchObject({ status: 'cancelled', error: { code: 'TIMEOUT' }, why: expect.stringContaining('2,000') })
  expect(run.steps).toHaveLength(2000)
})

test('others are served while much is worked out', async () => {
  const items = Array.from({ length: 1000 }, (_, i) => `item ${i} `.repeat(20))
  const words = `{{length(join(split(replace(json(changes) + join(split('${'a,'.repeat(900)}', ','), '${'b'.repeat(12)}'), 'b', 'cc'), 'c'), 'd'))}}`
  const branch = { conditions: [{ if: { field: 'item', operator: 'equals', value: words }, then: [{ type: 'stop' }] }] }
  const automation = {
    trigger: onLead,
    actions: [{ type: 'for_each', config: { items, actions: [{ type: 'branch', config: branch }] } }],
  }
  const { result: run, longest, all } = await turnsOf(() => draft(automation, { record: { name: 'Ada' } }))
  expect(run.steps.length).toBeGreaterThan(100)
  // in one go it is nearly all of the time
  expect(longest).toBeLessThan(all / 3)
})

test('another workspace’s automation, record and event don’t exist', async () => {
  const lead = await create('leads', { name: 'Jo' })
  const id = await save({ trigger: onLead, actions: [{ type: 'stop' }] })
  const { rows } = await t.pool.query<{ id: string }>(
    `select 'evt_' || replace(id::text, '-', '') as id from events order by id desc limit 1`,
  )
  const other = t.clientOf((await t.newWorkspace('Other')).key)
  const automation = { trigger: onLead, actions: [{ type: 'stop' }] }
  const body = (more: DryRunInput) => ({ body: { automation, ...more } })
  await expect(other.call(dryRunAutomationRoute, { params: { id }, body: {} })).rejects.toMatchObject({ status: 404 })
  await expect(other.call(dryRunDraftRoute, body({ record_id: lead }))).rejects.toMatchObject({ status: 404 })
  await expect(other.call(dryRunDraftRoute, body({ event_id: rows[0]!.id }))).rejects.toMatchObject({ status: 404 })
})
