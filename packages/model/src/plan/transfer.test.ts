import { describe, expect, test } from 'vitest'
import { objectFromTemplate, STANDARD_OBJECTS } from '../object.ts'
import type { Step } from '../run.ts'
import { validateAutomation } from '../validate.ts'
import { compileAutomation, type CompiledAutomation } from './compile.ts'
import { withEdit } from './edit.ts'
import type { RunState } from './state.ts'
import { transferState } from './transfer.ts'

const objects = new Map(STANDARD_OBJECTS.map((template) => [template.slug, objectFromTemplate(template)]))

function compiled(version: number, actions: unknown[], object = 'leads'): CompiledAutomation {
  const result = validateAutomation(
    { name: 'A', trigger: { event: 'record.created', object }, actions },
    { objects, templates: [], secrets: [], now: 0 },
  )
  if (!result.ok) throw new Error(JSON.stringify(result.errors))
  return compileAutomation(
    { id: 'a', name: 'A', version, document: result.document },
    { objects, templates: new Map() },
  )
}

const task = (key: string, title = 'x') => ({
  type: 'create_record',
  key,
  config: { object_definition_id: 'tasks', data: { title } },
})
const note = (key: string, more: object = {}) => ({
  type: 'update_record',
  key,
  config: { fields: { notes: 'n' } },
  ...more,
})
const loop = (key: string, actions: unknown[]) => ({ type: 'for_each', key, items: [1, 2], actions })
const branch = (key: string, ...ways: unknown[][]) => ({
  type: 'branch',
  key,
  conditions: [
    // biome-ignore lint/suspicious/noThenProperty: the document's own word
    ...ways.slice(0, -1).map((then) => ({ if: { field: 'name', operator: 'is_empty' }, then })),
    { else: ways.at(-1) },
  ],
})
const at = (...frames: RunState['frames']): RunState => ({ v: 1, frames, outputs: {} })
const done = (key: string, type: Step['type'], output: unknown): Step =>
  ({ key, type, path: '', status: 'succeeded', output }) as Step
const problem = (from: unknown[], to: unknown[], state: RunState, steps: Step[] = []) => {
  const moved = transferState(compiled(1, from), compiled(2, to), state, steps)
  return 'problem' in moved ? moved.problem : null
}

describe('a run’s place in another version', () => {
  test('is before the step of the same key, wherever that stands in the same lists', () => {
    const from = compiled(1, [task('a'), branch('way', [note('n')], [loop('l', [task('b'), note('here')])])])
    const to = compiled(2, [
      note('new'),
      task('a'),
      branch('way', [note('n')], [note('other')], [loop('l', [note('here'), task('b')])]),
    ])
    const state = at(
      { list: 'actions', at: 1 },
      { list: 'actions/1/conditions/1/else', at: 0 },
      { list: 'actions/1/conditions/1/else/0/actions', at: 1, loop: { items: [1, 2], i: 1 } },
    )
    expect(transferState(from, to, state, [])).toEqual({
      state: at(
        { list: 'actions', at: 2 },
        { list: 'actions/2/conditions/2/else', at: 0 },
        { list: 'actions/2/conditions/2/else/0/actions', at: 0, loop: { items: [1, 2], i: 1 } },
      ),
    })
    expect(state.frames[0]).toEqual({ list: 'actions', at: 1 })
  })

  test('stays in the error path it was in, with the error', () => {
    const path = (before: unknown[]) => [...before, note('bad', { on_error: { actions: [task('t'), note('here')] } })]
    const error = { code: 'NETWORK', message: 'm', kind: 'transient', step_key: 'bad' } as const
    const state = at({ list: 'actions', at: 0 }, { list: 'actions/0/on_error', at: 1, error })
    expect(transferState(compiled(1, path([])), compiled(2, path([note('new')])), state, [])).toEqual({
      state: at({ list: 'actions', at: 1 }, { list: 'actions/1/on_error', at: 1, error }),
    })
  })

  test('can’t be found when the step is gone, another, or in other loops, branches or error paths', () => {
    const state = at({ list: 'actions', at: 0 })
    expect(problem([note('n')], [task('m')], state)).toMatch(/has no step “n” any more/)
    expect(problem([note('n')], [task('n')], state)).toMatch(/another action as “n”: create_record, not update_record/)
    expect(problem([note('n')], [loop('l', [note('n')])], state)).toMatch(/elsewhere/)
    const inLoop = at({ list: 'actions', at: 0 }, { list: 'actions/0/actions', at: 0, loop: { items: [1], i: 0 } })
    expect(problem([loop('l', [note('n')])], [loop('k', [note('n')])], inLoop)).toMatch(/elsewhere/)
  })

  test('is nowhere in a version that is about other records', () => {
    const actions = [task('t')]
    const moved = transferState(compiled(1, actions), compiled(2, actions, 'deals'), at({ list: 'actions', at: 0 }), [])
    expect(moved).toMatchObject({ why: 'Version 2 is about records of deals, and this run about records of leads.' })
  })

  test('has the outputs that the version names, as far as they were kept', () => {
    const names = [task('a'), note('b'), task('here', '{{steps.a.title}}')]
    const before = [task('a'), note('b'), task('here')]
    const state = at({ list: 'actions', at: 2 })
    const steps = [done('a', 'create_record', { title: 'kept' }), done('b', 'update_record', { changes: {} })]
    const moved = transferState(compiled(1, before), compiled(2, names), state, steps)
    expect(moved).toMatchObject({ state: { outputs: { a: { title: 'kept' } } } })
    const cut = [done('a', 'create_record', { truncated: true, size: 70_000, preview: '{' })]
    expect(problem(before, names, state, cut)).toMatch(/names the output of “a”, which this run didn’t keep whole/)
    const ofUpdate = [task('a'), note('b'), task('here', '{{steps.b.name}}')]
    expect(problem(before, ofUpdate, state, steps)).toMatch(/names the output of “b”/)
    const known = { ...state, outputs: { b: { name: 'whole' } } }
    expect(problem(before, ofUpdate, known, steps)).toBeNull()
  })
})

describe('an edited input', () => {
  const rendered = {
    value: { url: 'u', headers: { A: '••••', B: 'b' }, body: { list: ['••••'], x: 1 } },
    missing: [],
    notes: [],
    secrets: ['/headers/A', '/body/list/0'].map((pointer) => ({ pointer, parts: [] })),
  }
  const edit = (input: Record<string, unknown>) => withEdit(rendered, { key: 'k', input, by: 'user_1', at: '' })

  test('is merged key by key; lists and plain values are replaced', () => {
    expect(edit({ headers: { B: 'c' }, body: { x: null }, method: 'PUT' }).value).toEqual({
      url: 'u',
      headers: { A: '••••', B: 'c' },
      body: { list: ['••••'], x: null },
      method: 'PUT',
    })
    expect(edit({ body: 'text' }).value).toMatchObject({ body: 'text' })
    expect(rendered.value.headers.B).toBe('b')
  })

  test('takes a secret’s place only where it is written over', () => {
    const kept = (input: Record<string, unknown>) => edit(input).secrets.map(({ pointer }) => pointer)
    expect(kept({ headers: { B: 'c' } })).toEqual(['/headers/A', '/body/list/0'])
    expect(kept({ headers: { A: 'plain' } })).toEqual(['/body/list/0'])
    expect(kept({ body: { list: ['x'] } })).toEqual(['/headers/A'])
    expect(kept({ body: null, headers: 'none' })).toEqual([])
  })

  test('reaches no prototype', () => {
    const evil = JSON.parse('{"__proto__": {"polluted": true}, "body": {"__proto__": {"polluted": true}}}')
    const { value } = edit(evil)
    expect((value as { polluted?: boolean }).polluted).toBeUndefined()
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })
})
