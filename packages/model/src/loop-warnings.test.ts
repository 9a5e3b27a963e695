import { expect, test } from 'vitest'
import type { AutomationDocument } from './automation.ts'
import { loopWarnings } from './loop-warnings.ts'
import { objectFromTemplate, STANDARD_OBJECTS } from './object.ts'
import { validateAutomation } from './validate.ts'

const objects = new Map(STANDARD_OBJECTS.map((template) => [template.slug, objectFromTemplate(template)]))
type Json = Record<string, any>

function documentOf(trigger: Json, actions: Json[], rules: Json[] = []): AutomationDocument {
  const raw = { name: 'A', trigger, conditions: { match: 'all', rules }, actions }
  const result = validateAutomation(raw, { objects, templates: [], secrets: [], now: 0 })
  if (!result.ok) throw new Error(JSON.stringify(result.errors))
  return result.document
}
const update = (fields: Json, record_id?: string): Json => ({
  type: 'update_record',
  config: record_id === undefined ? { fields } : { fields, record_id },
})
const updated = { event: 'record.updated', object: 'obj_def_leads' }
const created = { event: 'record.created', object: 'leads' }
const statusChanged = { event: 'field.changed', object: 'leads', field: 'status' }
const warn = (document: AutomationDocument, others: { name: string; document: AutomationDocument }[] = []) =>
  loopWarnings(
    document,
    objects,
    others.map((other, n) => ({ id: `auto_${n}`, ...other })),
  )

const cases: [title: string, trigger: Json, action: Json, rules: Json[], warns: boolean][] = [
  ['updating the record of record.updated', updated, update({ score: 1 }), [], true],
  [
    'moving the date that it follows',
    { event: 'date.reached', object: 'deals', field: 'close_date' },
    update({ close_date: '{{date_add(today, 30, "days")}}' }),
    [],
    true,
  ],
  [
    'another field of the record whose date it follows',
    { event: 'date.reached', object: 'deals', field: 'close_date' },
    update({ name: 'Due' }),
    [],
    false,
  ],
  ['updating it by its id', updated, update({ score: 1 }, '{{record.id}}'), [], true],
  [
    'guarded by its previous value',
    updated,
    update({ score: 1 }),
    [{ field: 'previous.score', operator: 'is_empty' }],
    false,
  ],
  [
    'guarded by a change of another field',
    updated,
    update({ score: 1 }),
    [{ field: 'status', operator: 'changed' }],
    false,
  ],
  [
    'guarded by a value that it changes',
    updated,
    update({ status: 'contacted' }),
    [{ field: 'status', operator: 'equals', value: 'new' }],
    false,
  ],
  [
    'a rule that still holds afterwards',
    updated,
    update({ score: 1 }),
    [{ field: 'status', operator: 'equals', value: 'new' }],
    true,
  ],
  ['writing the watched field', statusChanged, update({ status: 'contacted' }), [], true],
  ['writing another field', statusChanged, update({ score: 1 }), [], false],
  ['writing a value that isn’t watched', { ...statusChanged, to: 'new' }, update({ status: 'contacted' }), [], false],
  [
    'writing the value that is watched',
    { ...statusChanged, to: ['new', 'contacted'] },
    update({ status: 'contacted' }),
    [],
    true,
  ],
  ['updating after a creation', created, update({ score: 1 }), [], false],
  [
    'creating what it listens to',
    created,
    { type: 'create_record', config: { object_definition_id: 'obj_leads', data: { name: 'B' } } },
    [],
    true,
  ],
  [
    'creating something else',
    created,
    { type: 'create_record', config: { object_definition_id: 'tasks', data: { title: 'B' } } },
    [],
    false,
  ],
  [
    'deleting after a deletion',
    { event: 'record.deleted', object: 'leads' },
    { type: 'delete_record', config: { record_id: '{{record.id}}' } },
    [],
    true,
  ],
  ['deleting on an update', updated, { type: 'delete_record', config: {} }, [], false],
  ['a write on a schedule', { event: 'schedule', cron: '0 9 * * *', object: 'leads' }, update({ score: 1 }), [], false],
]

test.each(cases)('%s', (_title, trigger, action, rules, warns) => {
  const found = warn(documentOf(trigger, [action], rules))
  expect(found.map(({ path }) => path)).toEqual(warns ? ['/actions/0'] : [])
})

test('says which other automation is started, and that it comes back', () => {
  const document = documentOf(created, [
    { type: 'create_record', object_definition_id: 'tasks', data: { title: 'Call' } },
  ])
  const onTask = { event: 'record.created', object: 'tasks' }
  const quiet = documentOf(onTask, [{ type: 'stop' }])
  const back = documentOf(onTask, [{ type: 'create_record', object_definition_id: 'leads', data: { name: 'B' } }])
  expect(warn(document, [{ name: 'Quiet', document: quiet }])[0]!.message).toBe(
    'this creates a record of Tasks, which starts the automation "Quiet"',
  )
  expect(warn(document, [{ name: 'Back', document: back }])[0]).toMatchObject({
    message: 'this creates a record of Tasks, which starts the automation "Back", and that one starts this automation',
    hint: expect.stringContaining('condition'),
  })
})

test('finds writes inside branches and loops, and through found records', () => {
  const document = documentOf(updated, [
    { type: 'find_records', key: 'f', object: 'leads' },
    { type: 'branch', conditions: [{ else: [update({ score: 2 }, '{{steps.f.first.id}}')] }] },
    { type: 'for_each', items: [1], actions: [update({ score: 3 })] },
    { type: 'for_each', items: '{{steps.f.records}}', actions: [update({ score: 3 }, '{{item.id}}')] },
  ])
  expect(warn(document).map(({ path }) => path)).toEqual([
    '/actions/1/config/conditions/0/else/0',
    '/actions/2/config/actions/0',
    '/actions/3/config/actions/0',
  ])
})

test('paths are those of the document as it was written', () => {
  const raw = {
    name: 'A',
    trigger: updated,
    actions: [{ type: 'branch', conditions: [{ else: [update({ score: 1 })] }] }],
  }
  const result = validateAutomation(raw, { objects, templates: [], secrets: [], now: 0 })
  if (!result.ok) throw new Error('not valid')
  expect(loopWarnings(result.document, objects, [], result.places)[0]!.path).toBe('/actions/0/conditions/0/else/0')
})

test('what an action starts without coming back is said once, however many they are', () => {
  const document = documentOf(created, [
    { type: 'create_record', object_definition_id: 'tasks', data: { title: 'Call' } },
  ])
  const quiet = documentOf({ event: 'record.created', object: 'tasks' }, [{ type: 'stop' }])
  const warnOf = (...names: string[]) =>
    warn(
      document,
      names.map((name) => ({ name, document: quiet })),
    ).map(({ message }) => message)
  expect(warnOf('A', 'B')).toEqual(['this creates a record of Tasks, which starts the automations "A" and "B"'])
  expect(warnOf('A', 'B', 'C', 'D', 'E')).toEqual([
    'this creates a record of Tasks, which starts the automations "A", "B", "C" and 2 more',
  ])
})

test('follows a reference to the object it points at', () => {
  const document = documentOf({ event: 'record.updated', object: 'contacts' }, [
    update({ size: '10' }, '{{record.company}}'),
  ])
  const listener = documentOf({ event: 'record.updated', object: 'companies' }, [{ type: 'stop' }])
  expect(warn(document, [{ name: 'Companies', document: listener }]).map(({ message }) => message)).toEqual([
    'this changes Size of a record of Companies, which starts the automation "Companies"',
  ])
})
