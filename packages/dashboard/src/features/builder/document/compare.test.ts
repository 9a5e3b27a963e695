import type { Action } from '@kantos/model'
import { expect, test } from 'vitest'
import { compareDrafts } from './compare.ts'
import type { Draft } from './draft.ts'

const step = (key: string, config: Record<string, unknown> = {}): Action => ({ key, type: 'stop', config })
const draft = (actions: Action[], more: Partial<Draft> = {}): Draft => ({
  name: 'A',
  description: '',
  trigger: { event: 'record.created', object: 'obj_def_leads' },
  conditions: { match: 'all', rules: [] },
  actions,
  ...more,
})

test('a draft does not differ from itself', () => {
  expect(compareDrafts(draft([step('a')]), draft([step('a')]))).toEqual([])
})
test('a changed value is named with its path, before and after', () => {
  expect(
    compareDrafts(draft([step('a', { reason: 'x' })]), draft([step('a', { reason: 'y' })], { name: 'B' })),
  ).toEqual([
    { part: 'name', kind: 'changed', before: 'A', after: 'B' },
    { part: 'a', name: 'Stop', kind: 'changed', path: 'config.reason', before: 'x', after: 'y' },
  ])
})
test('added and removed steps are told apart from changed ones', () => {
  expect(compareDrafts(draft([step('a')]), draft([step('b')]))).toEqual([
    { part: 'b', name: 'Stop', kind: 'added' },
    { part: 'a', name: 'Stop', kind: 'removed' },
  ])
})
test('a step that went into a loop moved, and nothing else was changed by it', () => {
  const loop = (actions: Action[]): Action => ({ key: 'e', type: 'for_each', config: { items: '{{x}}', actions } })
  expect(compareDrafts(draft([step('a'), loop([])]), draft([loop([step('a')])]))).toEqual([
    { part: 'a', name: 'Stop', kind: 'moved' },
  ])
})
test('of steps in another order as few as can be count as moved', () => {
  const steps = (keys: string) => draft([...keys].map((key) => step(key)))
  const moved = (a: string, b: string) =>
    compareDrafts(steps(a), steps(b))
      .map(({ part }) => part)
      .join('')
  expect(moved('abcd', 'bcda')).toBe('a')
  expect(moved('abcd', 'dabc')).toBe('d')
  expect(moved('ab', 'ba')).toHaveLength(1)
  expect(moved('abcd', 'abcd')).toBe('')
})
