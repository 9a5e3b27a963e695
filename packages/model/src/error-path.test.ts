import { describe, expect, test } from 'vitest'
import type { Action } from './automation.ts'
import { loopWarnings } from './loop-warnings.ts'
import { objectFromTemplate, STANDARD_OBJECTS } from './object.ts'
import { compileAutomation } from './plan/index.ts'
import { validateAutomation } from './validate.ts'

const objects = new Map(STANDARD_OBJECTS.map((template) => [template.slug, objectFromTemplate(template)]))
const context = { objects, templates: [], secrets: ['token'], now: Date.parse('2026-11-23T10:00:00Z') }
const check = (actions: unknown[]) =>
  validateAutomation({ name: 'A', trigger: { event: 'record.created', object: 'leads' }, actions }, context)
const problems = (actions: unknown[]) => {
  const result = check(actions)
  return result.ok ? [] : result.errors.map(({ path, message }) => `${path}: ${message}`)
}
const document = (actions: unknown[]) => {
  const result = check(actions)
  if (!result.ok) throw new Error(JSON.stringify(result.errors))
  return result.document
}

const hook = (onError: unknown, more: object = {}) => ({
  type: 'webhook',
  config: { url: 'https://x.org' },
  ...more,
  on_error: onError,
})
const note = (text: string) => ({ type: 'update_record', config: { fields: { notes: text } } })

describe('an error path', () => {
  test('is normalised like any list: lifted configs, keys counted through the whole document', () => {
    const { actions } = document([
      hook({ actions: [{ type: 'update_record', fields: { notes: '{{error.message}}' } }] }),
      { type: 'webhook', url: 'https://y.org' },
    ])
    expect(actions.map(({ key }) => key)).toEqual(['webhook_1', 'webhook_2'])
    expect(actions[0]!.on_error).toEqual({
      actions: [{ key: 'update_record_1', type: 'update_record', config: { fields: { notes: '{{error.message}}' } } }],
    })
  })

  test('is checked like any list, with pointers into it', () => {
    expect(problems([hook({ actions: [note('{{record.nope}}')] })])).toEqual([
      expect.stringMatching(/^\/actions\/0\/on_error\/actions\/0\/config\/fields\/notes: .*nope/),
    ])
    expect(problems([hook({ actions: [] })])).toEqual([
      '/actions/0/on_error/actions: an error path needs at least one action',
    ])
    expect(problems([hook({})])).toEqual(['/actions/0/on_error/actions: actions is missing'])
    expect(problems([hook({ actions: [note('x')], retry: 3 })])).toEqual([
      '/actions/0/on_error/retry: "retry" is not known here',
    ])
    expect(problems([hook('go on')])).toEqual([
      '/actions/0/on_error: on_error is "stop", "continue" or {"actions": […]}',
    ])
    expect(problems([hook([])])).toEqual(['/actions/0/on_error: on_error is "stop", "continue" or {"actions": […]}'])
  })

  test('counts as a level of nesting', () => {
    let actions: unknown[] = [note('deep')]
    for (let depth = 0; depth < 10; depth++) actions = [hook({ actions })]
    expect(problems(actions)).toEqual([])
    expect(problems([hook({ actions })])[0]).toContain('nested too deep: at most 10 levels')
  })

  test('knows error, in templates and rules, and nothing outside of it does', () => {
    const rule = (field: string) => ({
      type: 'branch',
      conditions: [{ if: { field, operator: 'equals', value: 'TIMEOUT' }, then: [note('{{error.step_key}}')] }],
    })
    expect(problems([hook({ actions: [rule('error.code')] })])).toEqual([])
    expect(problems([hook({ actions: [note('{{error.status}}')] })])[0]).toContain('error has no part "status"')
    expect(problems([hook({ actions: [rule('error.status')] })])[0]).toContain('error has no part "status"')
    expect(problems([hook('stop'), note('{{error.message}}')])[0]).toContain(
      'error is known only in the actions of an on_error',
    )
    expect(problems([hook('stop'), { ...rule('error.code'), conditions: [{ else: [] }] }])).toEqual([])
    expect(
      problems([{ type: 'branch', conditions: [{ if: { field: 'error.code', operator: 'is_empty' }, then: [] }] }])[0],
    ).toContain('error is known only in the actions of an on_error')
  })

  test('can name the failed step’s output, and what stands behind can name the path’s steps', () => {
    expect(problems([hook({ actions: [note('{{steps.call.status}}')] }, { key: 'call' })])).toEqual([])
    const make = { type: 'create_record', key: 'ticket', object_definition_id: 'tasks', data: { title: 'x' } }
    expect(problems([hook({ actions: [make] }), note('{{steps.ticket.title}}')])).toEqual([])
    expect(problems([hook({ actions: [note('{{steps.ticket.title}}'), make] })])[0]).toContain('has not run')
  })

  test('counts for what a version needs: the record, outputs, secrets, loops', () => {
    const compiled = (actions: unknown[]) =>
      compileAutomation(
        { id: 'a', name: 'A', version: 1, document: document(actions) },
        { objects, templates: new Map() },
      )
    const call = { type: 'create_record', object_definition_id: 'tasks', data: { title: 'x' } }
    expect(compiled([call]).writesRecord).toBe(false)
    const writing = compiled([{ ...call, on_error: { actions: [note('x')] } }])
    expect(writing.writesRecord).toBe(true)
    expect(writing.lists.get('actions/0/on_error')).toHaveLength(1)
    const judging = compiled([
      {
        ...call,
        on_error: {
          actions: [
            { type: 'branch', conditions: [{ if: { field: 'error.code', operator: 'is_not_empty' }, then: [call] }] },
          ],
        },
      },
    ])
    expect(judging.readsRecord).toBe(false)
    const secret = hook({ actions: [hook('stop', { config: { url: 'https://x.org/{{secrets.token}}' } })] })
    expect(problems([secret])).toEqual([])
    const looping = document([
      hook({ actions: [{ type: 'create_record', object_definition_id: 'leads', data: { name: 'again' } }] }),
    ])
    expect(loopWarnings(looping, objects, [])[0]!.path).toBe('/actions/0/on_error/actions/0')
  })

  test('reads back as it was written', () => {
    const written: Action[] = document([hook({ actions: [hook({ actions: [note('{{error.code}}')] })] })]).actions
    expect(document(written).actions).toEqual(written)
  })
})
