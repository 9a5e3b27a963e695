import type { Action } from '@kantos/model'
import { expect, test } from 'vitest'
import { knownAt } from './known-steps.ts'
import { templateNames } from './names.ts'

const step = (key: string): Action => ({ key, type: 'stop', config: {} })
const wait: Action = { key: 'answer', type: 'wait', config: { event: 'record.updated' } }
const call: Action = {
  key: 'call',
  type: 'webhook',
  config: {},
  on_error: { actions: [step('a'), step('b')] },
}
const loop: Action = {
  key: 'loop',
  type: 'for_each',
  config: { items: '', actions: [step('inside')] },
  on_error: { actions: [step('c')] },
}
const document = {
  trigger: {},
  conditions: { match: 'all' as const, rules: [] },
  actions: [wait, call, loop, step('end')],
}
const paths = (node: string): string[] => templateNames(knownAt(document, node, []), []).map(({ path }) => path)

test('what failed is known in an error path, and nowhere else', () => {
  expect(paths('step:a')).toContain('error.message')
  expect(paths('step:call')).not.toContain('error.message')
  expect(paths('step:end')).not.toContain('error.message')
})
test('an error path can name what the failed step got, and its own earlier steps', () => {
  expect(paths('step:b')).toContain('steps.call.status')
  expect(knownAt(document, 'step:b', []).steps.map(({ key }) => key)).toEqual(['answer', 'call', 'a'])
})
test('the item of a loop is not known in the error path of the loop itself', () => {
  expect(paths('step:inside')).toContain('item')
  expect(paths('step:c')).not.toContain('item')
})
test('a wait for an event tells whether its time was up', () => {
  expect(paths('step:call')).toContain('steps.answer.timed_out')
})
