import {
  createAutomationRoute,
  createFieldRoute,
  deactivateAutomationRoute,
  type DryRunInput,
  dryRunAutomationRoute,
  type Run,
  runAutomationRoute,
  type Step,
} from '@kantos/model'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestEngine, type TestEngine } from '../engine.ts'

let e: TestEngine
beforeAll(async () => {
  e = await createTestEngine()
  await e.client.call(createFieldRoute, {
    params: { id: 'contacts' },
    body: { name: 'Code', slug: 'code', type: 'text', unique: true },
  })
})
afterAll(() => e.stop())

type Trigger = 'manual' | 'record.created' | 'record.updated' | 'field.changed' | 'record.deleted'
interface Scenario {
  trigger: Trigger
  deal: Record<string, unknown>
  change: Record<string, unknown>
  contacts: Record<string, unknown>[]
  linked: boolean
  conditions: object
  actions: object[]
}

/** stands for the scenario's own word, by which its records are told from those of others */
const TAG = '§'
const STAGES = ['Lead', 'Qualified', 'Proposal', 'Won', 'Lost']
const stage = fc.constantFrom(...STAGES)
const amount = fc.integer({ min: 0, max: 4 })

const rule = fc.oneof(
  fc.record({ field: fc.constant('stage'), operator: fc.constantFrom('equals', 'not_equals'), value: stage }),
  fc.record({
    field: fc.constantFrom('deal_value', 'previous.deal_value'),
    operator: fc.constantFrom('equals', 'greater_than', 'less_or_equal'),
    value: fc.oneof(amount, fc.constant('{{record.deal_value - 1}}')),
  }),
  fc.record({ field: fc.constant('deal_value'), operator: fc.constantFrom('changed', 'increased') }),
  fc.record({ field: fc.constantFrom('contact', 'contact.name', 'close_date'), operator: fc.constant('is_empty') }),
)
const { group } = fc.letrec<{ group: object }>((tie) => ({
  group: fc.record({
    match: fc.constantFrom('all', 'any'),
    rules: fc.array(fc.oneof({ depthSize: 'small' }, rule, tie('group')), { maxLength: 2 }),
  }),
}))

/** templates whose values are good, missing, of the wrong type, or outside of what the field takes */
const dealFields = fc
  .record(
    {
      name: fc.constantFrom(`${TAG} renamed`, '{{record.name}}!', '{{record.contact.name}}', '{{steps.found.count}}'),
      deal_value: fc.oneof(amount, fc.constantFrom('{{record.deal_value + 1}}', '{{record.name}}')),
      stage: fc.oneof(stage, fc.constant(`{{'No' + 'pe'}}`), fc.constant('{{previous.stage}}')),
      contact: fc.constantFrom('{{steps.found.first.id}}', '{{record.id}}', null),
    },
    { requiredKeys: [] },
  )
  .filter((fields) => Object.keys(fields).length > 0)
const contactData = fc.record(
  {
    name: fc.constantFrom(`${TAG} new`, `${TAG} {{record.deal_value}}`, '{{record.close_date}}'),
    email: fc.constantFrom('new@example.org', '{{record.name}}'),
    code: fc.constantFrom(`${TAG}1`, `${TAG}2`),
    status: fc.constantFrom('active', 'inactive'),
  },
  { requiredKeys: ['name'] },
)
const find = fc.record({
  object: fc.constant('contacts'),
  filters: fc.oneof(
    fc.constant({ name: { $contains: TAG } }),
    fc.record({ name: fc.constant({ $contains: TAG }), status: fc.constantFrom('active', { $ne: 'active' }) }),
    fc.constant({ code: `${TAG}1` }),
    fc.constant({ code: { $in: [`${TAG}1`, `${TAG}2`] } }),
    fc.constant({ name: { $contains: TAG }, $or: [{ code: { $empty: true } }, { created_by: { $ne: 'x' } }] }),
  ),
  // not by updated_at: whether two writes fall into one millisecond is no part of the agreement
  sort: fc.constantFrom('name', '-created_at', '-code', '-status', 'code'),
  limit: fc.integer({ min: 1, max: 4 }),
})
const ERROR_PATH = {
  actions: [
    {
      type: 'create_record',
      config: { object_definition_id: 'tasks', data: { title: `${TAG} {{error.code}}: {{error.step_key}}` } },
    },
  ],
}
const action = (type: string, config: fc.Arbitrary<unknown>) =>
  fc.record(
    { type: fc.constant(type), config, on_error: fc.constantFrom('continue', 'continue', 'stop', ERROR_PATH) },
    { requiredKeys: ['type', 'config'] },
  )
const plain = (record: readonly (string | undefined)[]) =>
  fc.oneof(
    {
      weight: 4,
      arbitrary: action(
        'update_record',
        dealFields.map((fields) => ({ fields })),
      ),
    },
    {
      weight: 3,
      arbitrary: action(
        'create_record',
        contactData.map((data) => ({ object_definition_id: 'contacts', data })),
      ),
    },
    {
      weight: 2,
      arbitrary: action(
        'create_record',
        fc.constant({
          object_definition_id: 'tasks',
          data: { title: `${TAG} {{steps.found.first.name}}`, description: '{{json(changes)}} {{event.type}}' },
        }),
      ),
    },
    { weight: 3, arbitrary: action('find_records', find) },
    {
      weight: 3,
      arbitrary: action(
        'update_record',
        fc.tuple(fc.constantFrom(...record), contactData).map(([record_id, fields]) => ({ record_id, fields })),
      ),
    },
    {
      weight: 1,
      arbitrary: action(
        'delete_record',
        fc.constantFrom(...record, undefined).map((id) => (id === undefined ? {} : { record_id: id })),
      ),
    },
    { weight: 1, arbitrary: action('wait', fc.constant({ duration: 2, unit: 'days' })) },
    {
      weight: 1,
      arbitrary: action(
        'send_email',
        fc.constantFrom(
          { to: 'a@example.org', subject: '{{record.name}}', body: '<p>{{record.stage}}</p>' },
          {
            to: '{{record.close_date}}',
            subject: 'x',
            body: 'y',
          },
        ),
      ),
    },
    {
      weight: 1,
      arbitrary: action(
        'webhook',
        fc.constantFrom({ url: 'https://example.org/{{record.stage}}' }, { url: '{{record.close_date}}' }),
      ),
    },
    { weight: 1, arbitrary: fc.constant({ type: 'stop', config: { reason: 'enough of {{record.name}}' } }) },
  )
const list = (depth: number, records: string[]): fc.Arbitrary<object[]> => {
  const one: fc.Arbitrary<object>[] = [plain(records), plain(records)]
  if (depth > 0) {
    const arm = fc.record({ if: group, then: list(depth - 1, records) })
    const last = fc.record({ else: list(depth - 1, records) })
    one.push(
      action(
        'branch',
        fc.tuple(fc.array(arm, { minLength: 1, maxLength: 2 }), last).map(([arms, other]) => ({
          conditions: [...arms, other],
        })),
      ),
      action(
        'for_each',
        fc.record({
          items: fc.constantFrom('steps.found.records', `[1, 'two', record.name]`, 'record.name', '[]'),
          actions: list(depth - 1, [...records, '{{item.id}}']),
          max: fc.constantFrom(2, 1000),
        }),
      ),
    )
  }
  return fc.array(fc.oneof(...one), { minLength: 1, maxLength: 3 })
}
const scenario: fc.Arbitrary<Scenario> = fc.record({
  trigger: fc.constantFrom<Trigger[]>('manual', 'record.created', 'record.updated', 'field.changed', 'record.deleted'),
  deal: fc.record({ stage, deal_value: amount }, { requiredKeys: [] }),
  change: fc.record(
    { stage, deal_value: amount, close_date: fc.constantFrom('2026-01-31', null) },
    { requiredKeys: ['stage'] },
  ),
  contacts: fc.array(
    fc.record(
      { status: fc.constantFrom('active', 'inactive'), email: fc.constant('x@example.org') },
      { requiredKeys: [] },
    ),
    { maxLength: 3 },
  ),
  linked: fc.boolean(),
  conditions: fc.oneof(
    { weight: 3, arbitrary: fc.constant({ match: 'all', rules: [] }) },
    { weight: 1, arbitrary: group },
  ),
  actions: fc
    .tuple(find, list(2, ['{{steps.found.first.id}}']))
    .map(([config, rest]) => [{ type: 'find_records', key: 'found', config }, ...rest]),
})

/** Ids by their first appearance, times as one word: what two runs of the same can't share. */
function comparable(run: Run): unknown {
  const ids = new Map<string, string>()
  const text = JSON.stringify({
    status: run.status,
    changes: run.trigger.changes,
    conditions: run.conditions,
    error: run.error,
    steps: run.steps.map((step: Step) => ({
      ...step,
      started_at: null,
      finished_at: null,
      duration_ms: null,
      output: step.type === 'update_record' ? step.output : withoutChanges(step.output),
    })),
  })
  return JSON.parse(
    text
      .replaceAll(/\b(?:rec|run|evt)_[0-9a-f]{32}/g, (id) => {
        const known = ids.get(id) ?? `id ${ids.size}`
        ids.set(id, known)
        return known
      })
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'a time'),
  )
}

function withoutChanges(output: unknown): unknown {
  if (typeof output !== 'object' || output === null || !('changes' in output)) return output
  const { changes: _, ...rest } = output
  return rest
}

let scenarios = 0
const seen = new Map<string, number>()
const note = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1)

/** Tries it, then does it, and gives both runs. */
async function play({ trigger, deal, change, contacts, linked, conditions, actions }: Scenario) {
  const tag = `t${++scenarios}x`
  const made: string[] = []
  for (const [i, values] of contacts.entries())
    made.push(await e.create('contacts', { name: `${tag} ${i}`, ...(i === 0 ? { code: `${tag}1` } : {}), ...values }))
  const values = { name: tag, ...deal, ...(linked && made.length > 0 ? { contact: made[0] } : {}) }
  const record = trigger === 'record.created' ? null : await e.create('deals', values)
  const document = JSON.stringify({ conditions, actions }).replaceAll(TAG, tag)
  const effects = /"(?:wait|send_email|webhook)"/.test(document)
  const { id } = await e.client.call(createAutomationRoute, {
    body: {
      name: tag,
      status: 'active',
      mode: effects ? 'test' : 'live',
      trigger: { event: trigger, object: 'deals', ...(trigger === 'field.changed' ? { field: 'stage' } : {}) },
      ...JSON.parse(document),
    },
  })
  const updates = trigger === 'record.updated' || trigger === 'field.changed'
  const request: DryRunInput = {
    ...(record === null ? { record: values } : { record_id: record }),
    ...(updates ? { changes: change } : {}),
  }
  const tried = await e.client.call(dryRunAutomationRoute, { params: { id }, body: request })
  if (record === null) await e.create('deals', values)
  else if (updates) await e.update(record, change)
  else if (trigger === 'manual')
    await e.client.call(runAutomationRoute, { params: { id }, body: { record_id: record } })
  else await e.remove(record)
  const runs = tried.matched ? await e.ended(id) : []
  await e.quiet()
  const all = tried.matched ? await e.ended(id) : await e.runs(id)
  await e.client.call(deactivateAutomationRoute, { params: { id } })
  return { tried, real: runs[0], again: all.slice(1) }
}

test('a dry run and the real run of 200 generated automations agree step by step', { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (given) => {
      const { tried, real, again } = await play(given)
      if (real === undefined) {
        // the change was none, or not the trigger's: nothing starts
        expect([tried.matched, tried.status, again.length]).toEqual([false, 'skipped', 0])
        note('not matched')
        return
      }
      expect(comparable(tried)).toEqual(comparable(real))
      // what was predicted to start again did start, and nothing else passed its conditions
      const started = again.filter(({ status }) => status !== 'skipped').length > 0
      expect(tried.predictions.some(({ automation_id }) => automation_id === real.automation_id)).toBe(started)
      note(tried.status)
      if (started) note('starts again')
      for (const step of tried.steps) note(`${step.type} ${step.error?.code ?? step.status}`)
    }),
    { numRuns: 200, seed: 20_261_123 },
  )
  // the generator reached what it is meant to reach
  for (const what of [
    'succeeded',
    'failed',
    'skipped',
    'not matched',
    'starts again',
    'update_record succeeded',
    'update_record VALIDATION_ERROR',
    'create_record succeeded',
    'create_record DUPLICATE_VALUE',
    'delete_record succeeded',
    'update_record RECORD_DELETED',
    'find_records succeeded',
    'branch succeeded',
    'for_each succeeded',
    'for_each NOT_A_LIST',
    'for_each TOO_MANY_ITEMS',
    'stop succeeded',
    'wait skipped',
    'send_email not_sent',
    'webhook not_sent',
    'webhook EGRESS_REFUSED',
  ])
    expect(seen.get(what) ?? 0, `${what}, of ${JSON.stringify([...seen])}`).toBeGreaterThan(0)
})
