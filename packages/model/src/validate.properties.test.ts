import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ACTION_TYPES } from './actions/index.ts'
import { OPERATORS } from './conditions/index.ts'
import { objectFromTemplate, STANDARD_OBJECTS } from './object.ts'
import { compileAutomation } from './plan/compile.ts'
import { validateAutomation } from './validate.ts'
import type { ValidationContext } from './validate.ts'

const objects = new Map(STANDARD_OBJECTS.map((template) => [template.slug, objectFromTemplate(template)]))
const context: ValidationContext = {
  objects,
  templates: [{ id: `tmpl_${'0'.repeat(32)}`, name: 'Welcome' }],
  secrets: ['token'],
  now: 0,
}

const WORDS = 'record leads status new Welcome a@x.org https://x.org {{record.name}} {{steps.a.b}} {{item}} steps.a.b'
const word = fc.constantFrom(
  ...WORDS.split(' '),
  '{{ now',
  '* * * * *',
  'webhook.body.x',
  'company.name',
  '__proto__',
  'constructor',
  '',
  '-created_at',
  '{{}}',
)
const hostile = fc.constantFrom<unknown>({ toString: 0 }, [{ toString: 0 }], { valueOf: 1, toString: null })
const junk = fc.oneof(word, fc.jsonValue({ maxDepth: 3 }), hostile)
const some = (keys: readonly string[], value: fc.Arbitrary<unknown>) =>
  fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: keys.length })

const rule = fc.record(
  { field: junk, operator: fc.oneof(fc.constantFrom(...OPERATORS), junk), value: junk },
  { requiredKeys: [] },
)
const { group, action } = fc.letrec<{ group: unknown; action: unknown; arm: unknown; config: unknown }>((tie) => ({
  group: fc.oneof(
    { depthSize: 'small' },
    junk,
    fc.record({
      match: fc.constantFrom('all', 'any', 'x'),
      rules: fc.array(fc.oneof(rule, tie('group')), { maxLength: 3 }),
    }),
  ),
  arm: fc.oneof(
    junk,
    fc.record(
      { if: fc.oneof(rule, tie('group')), then: fc.array(tie('action'), { maxLength: 2 }) },
      { requiredKeys: [] },
    ),
    fc.record({ else: fc.array(tie('action'), { maxLength: 2 }) }),
  ),
  config: fc.oneof(
    { depthSize: 'small' },
    junk,
    some(['template_id', 'template', 'to', 'subject', 'body', 'variables', 'url', 'headers', 'method', 'retry'], junk),
    some(
      ['duration', 'unit', 'until', 'object', 'filters', 'sort', 'limit', 'items', 'max', 'fields', 'record_id'],
      junk,
    ),
    fc.record({ object_definition_id: junk, data: fc.oneof(junk, some(['name', 'status', 'score', 'nope'], junk)) }),
    fc.record({ fields: some(['name', 'status', 'score', 'created_at'], junk) }),
    fc.record({ conditions: fc.array(tie('arm'), { maxLength: 3 }) }),
    fc.record({ items: junk, actions: fc.array(tie('action'), { maxLength: 2 }) }),
  ),
  action: fc.oneof(
    { depthSize: 'small' },
    junk,
    fc.record(
      {
        type: fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...ACTION_TYPES) }, { weight: 1, arbitrary: hostile }),
        config: tie('config'),
        key: fc.oneof(fc.constant('a'), junk),
      },
      { requiredKeys: ['type'] },
    ),
  ),
}))
const trigger = fc.oneof(
  junk,
  some(['event', 'object', 'field', 'from', 'to', 'cron', 'timezone', 'filters', 'auth'], junk),
  fc.constantFrom(
    { event: 'record.created', object: 'leads' },
    { event: 'webhook.received' },
    { event: 'field.changed', object: 'deals', field: 'stage', to: 'Won' },
  ),
)
const document = fc.oneof(
  junk,
  fc.record(
    {
      name: fc.constantFrom('A', ''),
      trigger,
      conditions: group,
      actions: fc.oneof(junk, fc.array(action, { maxLength: 4 })),
    },
    { requiredKeys: [] },
  ),
)

/** Mostly good, so that much of it is accepted. */
const likely = fc.letrec<{ action: unknown; document: unknown }>((tie) => ({
  action: fc.oneof(
    { maxDepth: 3, depthSize: 'medium' },
    fc.constantFrom<unknown>(
      { type: 'stop' },
      { type: 'send_email', template: 'Welcome', to: '{{record.email}}' },
      { type: 'wait', until: "date_add(now, 3, 'days')" },
      { type: 'webhook', url: 'https://x.org/{{secrets.token}}', body: { a: ['{{record.name}}'] } },
      { type: 'update_record', config: { fields: { score: '{{record.score + 1}}' } }, on_error: 'continue' },
    ),
    fc.record({
      type: fc.constant('branch'),
      conditions: fc.tuple(fc.record({ else: fc.array(tie('action'), { maxLength: 3 }) })),
    }),
    fc.record({
      type: fc.constant('for_each'),
      items: fc.constantFrom('[1, 2]', '{{record.name}}'),
      actions: fc.array(tie('action'), { maxLength: 3 }),
    }),
  ),
  document: fc.record(
    {
      name: fc.constant('A'),
      trigger: fc.constant({ event: 'record.created', object: 'leads' }),
      conditions: fc.oneof(
        fc.constant({ match: 'any', rules: [{ field: 'status', operator: 'equals', value: 'new' }] }),
        group,
      ),
      actions: fc.array(tie('action'), { minLength: 1, maxLength: 4 }),
      serial: fc.boolean(),
    },
    { requiredKeys: ['name', 'trigger', 'actions'] },
  ),
})).document

/** What a JSON pointer points at; missing parts are undefined. */
function follow(raw: unknown, pointer: string): boolean {
  let at: unknown = raw
  const keys = pointer.split('/').slice(1)
  for (const [index, key] of keys.entries()) {
    if (typeof at !== 'object' || at === null) return false
    const name = key.replaceAll('~1', '/').replaceAll('~0', '~')
    // the last part may be what is missing
    if (!Object.hasOwn(at, name)) return index === keys.length - 1
    at = (at as Record<string, unknown>)[name]
  }
  return true
}

test('any JSON is judged without an exception, and each problem points into what was written', () => {
  fc.assert(
    fc.property(document, (raw) => {
      const before = JSON.stringify(raw)
      const result = validateAutomation(raw, context)
      expect(JSON.stringify(raw)).toBe(before)
      for (const { path, message } of result.ok ? result.warnings : result.errors) {
        expect(message).not.toBe('')
        if (!follow(raw, path)) throw new Error(`${path} points nowhere: ${message}`)
      }
    }),
    { numRuns: 3000 },
  )
})

test('what was accepted once is accepted again, stays as it is, and compiles', () => {
  let accepted = 0
  fc.assert(
    fc.property(likely, (raw) => {
      const first = validateAutomation(raw, context)
      if (!first.ok) return
      accepted += 1
      const stored = { name: first.name, description: first.description, ...first.document }
      const second = validateAutomation(JSON.parse(JSON.stringify(stored)), context)
      expect(second.ok && second.document).toEqual(first.document)
      const automation = { id: 'x', name: first.name, version: 1, document: first.document }
      expect(compileAutomation(automation, { objects, templates: new Map() }).lists.get('actions')).toHaveLength(
        first.document.actions.length,
      )
    }),
    { numRuns: 1000 },
  )
  expect(accepted).toBeGreaterThan(100)
})
