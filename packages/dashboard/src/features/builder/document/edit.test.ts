import type { Action } from '@kantos/model'
import { describe, expect, test } from 'vitest'
import { eachAction } from '../../../components/flow/structure.ts'
import { freeKey, insertAt, keysOf, moveBy, moveTo, removeKeys, updateAction, withFreshKeys } from './edit.ts'

const step = (key: string, config: Record<string, unknown> = {}): Action => ({ key, type: 'stop', config })
const branch = (key: string, then: Action[], otherwise: Action[]): Action => ({
  key,
  type: 'branch',
  config: { conditions: [{ if: { field: 'status', operator: 'is_empty' }, then }, { else: otherwise }] },
})
const loop = (key: string, actions: Action[]): Action => ({
  key,
  type: 'for_each',
  config: { items: '{{steps.find_1.records}}', actions },
})
const order = (actions: readonly Action[]): string =>
  [...eachAction(actions)]
    .map(({ action, slot }) => `${slot.owner ?? ''}${slot.arm}.${slot.index}=${action.key}`)
    .join(' ')

const tree = [step('a'), branch('b', [step('c'), step('d')], []), loop('e', [step('f')])]

describe('inserting', () => {
  test('an action goes into the way of a branch that was named', () => {
    expect(order(insertAt(tree, { owner: 'b', arm: 1, index: 0 }, [step('x')]))).toBe(
      '0.0=a 0.1=b b0.0=c b0.1=d b1.0=x 0.2=e e0.0=f',
    )
  })
  test('what stands beside the change stays the same object', () => {
    const changed = insertAt(tree, { owner: 'b', arm: 0, index: 1 }, [step('x')])
    expect(changed[0]).toBe(tree[0])
    expect(changed[2]).toBe(tree[2])
    expect(changed[1]).not.toBe(tree[1])
  })
})

describe('removing', () => {
  test('a removed branch takes what is below it along', () => {
    expect(order(removeKeys(tree, new Set(['b'])))).toBe('0.0=a 0.1=e e0.0=f')
  })
  test('an action inside a loop is found', () => {
    expect(order(removeKeys(tree, new Set(['f'])))).toBe('0.0=a 0.1=b b0.0=c b0.1=d 0.2=e')
  })
})

describe('moving', () => {
  test.each([
    ['a', { owner: null, arm: 0, index: 3 }, '0.0=b b0.0=c b0.1=d 0.1=e e0.0=f 0.2=a'],
    ['d', { owner: 'b', arm: 0, index: 0 }, '0.0=a 0.1=b b0.0=d b0.1=c 0.2=e e0.0=f'],
    ['c', { owner: 'e', arm: 0, index: 1 }, '0.0=a 0.1=b b0.0=d 0.2=e e0.0=f e0.1=c'],
    ['e', { owner: 'b', arm: 1, index: 0 }, '0.0=a 0.1=b b0.0=c b0.1=d b1.0=e e0.0=f'],
  ])('%s goes where it is put', (key, slot, wanted) => {
    expect(order(moveTo(tree, key, slot))).toBe(wanted)
  })
  test('a branch can not go into itself, however deep', () => {
    const deep = [branch('p', [branch('q', [step('r')], [])], [])]
    expect(moveTo(deep, 'p', { owner: 'p', arm: 1, index: 0 })).toBe(deep)
    expect(moveTo(deep, 'p', { owner: 'q', arm: 0, index: 0 })).toBe(deep)
  })
  test('the places beside an action are where it already is', () => {
    expect(moveTo(tree, 'b', { owner: null, arm: 0, index: 1 })).toBe(tree)
    expect(moveTo(tree, 'b', { owner: null, arm: 0, index: 2 })).toBe(tree)
  })
  test('up and down stay within the list', () => {
    expect(order(moveBy(tree, 'b', -1))).toBe('0.0=b b0.0=c b0.1=d 0.1=a 0.2=e e0.0=f')
    expect(order(moveBy(tree, 'c', 1))).toBe('0.0=a 0.1=b b0.0=d b0.1=c 0.2=e e0.0=f')
    expect(moveBy(tree, 'a', -1)).toBe(tree)
    expect(moveBy(tree, 'e', 1)).toBe(tree)
  })
})

describe('keys', () => {
  test('a key is the first free number of its type', () => {
    expect(freeKey('stop', new Set(['stop_1', 'stop_3']))).toBe('stop_2')
  })
  test('copies get keys of their own, and name each other by them', () => {
    const items = [
      { ...step('find_1'), type: 'find_records' as const },
      step('s', { reason: 'steps.find_1 has {{steps.find_1.count + steps.other.n}}' }),
      loop('e', [step('f')]),
    ]
    const copies = withFreshKeys(items, new Set(['find_1', 'f']))
    expect([...keysOf(copies)]).toEqual(['find_records_1', 's', 'e', 'stop_1'])
    expect(copies[1]!.config['reason']).toBe('steps.find_1 has {{steps.find_records_1.count + steps.other.n}}')
    expect(copies[2]!.config['items']).toBe('{{steps.find_records_1.records}}')
  })
  test('copies share nothing with what they were made from', () => {
    const copies = withFreshKeys(tree, new Set())
    expect(copies).toEqual(tree)
    expect(copies[0]!.config).not.toBe(tree[0]!.config)
  })
})

describe('an error path', () => {
  const failing: Action[] = [{ ...step('g'), on_error: { actions: [step('h', { reason: '{{error.message}}' })] } }]
  const whole = [...tree, ...failing]
  test('takes steps like any other list, also on a branch and a loop', () => {
    expect(order(insertAt(whole, { owner: 'g', arm: -1, index: 1 }, [step('x')]))).toMatch(/ 0\.3=g g-1\.0=h g-1\.1=x$/)
    const both = updateAction(whole, 'e', (action) => ({ ...action, on_error: { actions: [] } }))
    expect(order(insertAt(both, { owner: 'e', arm: -1, index: 0 }, [step('x')]))).toContain('e0.0=f e-1.0=x')
  })
  test('a step is dragged into it and out of it', () => {
    const into = moveTo(whole, 'a', { owner: 'g', arm: -1, index: 0 })
    expect(order(into)).toContain('g-1.0=a g-1.1=h')
    expect(order(moveTo(into, 'h', { owner: null, arm: 0, index: 0 }))).toMatch(/^0.0=h .*g-1.0=a$/)
  })
  test('copies of its steps have keys of their own', () => {
    expect([...keysOf(withFreshKeys(failing, keysOf(whole)))]).toEqual(['stop_1', 'stop_2'])
  })
})

test('an action deep in the tree is changed alone', () => {
  const changed = updateAction(tree, 'd', (action) => ({ ...action, name: 'Here' }))
  expect(
    [...eachAction(changed)].filter(({ action }) => action.name === 'Here').map(({ action }) => action.key),
  ).toEqual(['d'])
  expect(changed[2]).toBe(tree[2])
})
