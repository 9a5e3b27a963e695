import type { Action } from '@kantos/model'
import { describe, expect, test } from 'vitest'
import { type FlowBox, layoutFlow } from './layout.ts'
import { actionsByRunPath, nodeOfPointer } from './structure.ts'

const step = (key: string): Action => ({ key, type: 'stop', config: {} })
const document = (actions: Action[]) => ({ trigger: {}, conditions: { match: 'all' as const, rules: [] }, actions })
const branch = (key: string, ...ways: Action[][]): Action => ({
  key,
  type: 'branch',
  config: { conditions: ways.map((then) => ({ if: { field: 'x', operator: 'is_empty' }, then })) },
})
const loop = (key: string, actions: Action[]): Action => ({ key, type: 'for_each', config: { items: '', actions } })

const failing = (action: Action, actions: Action[]): Action => ({ ...action, on_error: { actions } })

const overlaps = (a: FlowBox, b: FlowBox): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height

describe('the layout', () => {
  const nested = document([
    step('a'),
    branch('b', [step('c'), branch('d', [step('e')], [])], [loop('f', [step('g'), step('h')])], []),
    step('i'),
    failing(step('j'), [failing(step('k'), [step('l')]), branch('m', [], [])]),
    failing(loop('n', [step('o')]), [step('p')]),
  ])
  test('no two boxes lie on each other, but for a frame and what is in it', () => {
    const boxes = layoutFlow(nested).boxes.filter(({ kind }) => kind !== 'frame')
    const clashes = boxes.flatMap((a, i) =>
      boxes
        .slice(i + 1)
        .filter((b) => overlaps(a, b))
        .map((b) => `${a.id} ${b.id}`),
    )
    expect(clashes).toEqual([])
  })
  test('everything lies within the width, and ways stand side by side', () => {
    const { boxes, left, right } = layoutFlow(nested)
    expect(boxes.every(({ x, width }) => x >= -left && x + width <= right)).toBe(true)
    const arms = boxes.filter(({ id }) => id.startsWith('arm:b:'))
    expect(new Set(arms.map(({ y }) => y)).size).toBe(1)
    expect(arms.map(({ x }) => x)).toEqual(arms.map(({ x }) => x).sort((a, b) => a - b))
  })
  test('a frame holds the whole body of its loop', () => {
    const { boxes } = layoutFlow(nested)
    const at = (id: string) => boxes.find((box) => box.id === id)!
    const frame = at('frame:f')
    for (const id of ['step:f', 'step:g', 'step:h', 'insert:f:0:2']) {
      const box = at(id)
      expect([id, box.x >= frame.x && box.x + box.width <= frame.x + frame.width]).toEqual([id, true])
      expect([id, box.y >= frame.y && box.y + box.height <= frame.y + frame.height]).toEqual([id, true])
    }
  })
  test('every line goes down, from a box that is there to one that is there', () => {
    const { boxes, lines } = layoutFlow(nested)
    const ids = new Set(boxes.map(({ id }) => id))
    expect(
      lines.filter(({ source, target, from, to }) => !ids.has(source) || !ids.has(target) || to.y <= from.y),
    ).toEqual([])
  })
  test('an error path stands to the right of all that its step holds, and meets it below', () => {
    const { boxes } = layoutFlow(nested)
    const at = (id: string) => boxes.find((box) => box.id === id)!
    for (const [step, whole] of [
      ['j', 'step:j'],
      ['n', 'frame:n'],
    ]) {
      const around = at(whole!)
      const head = at(`arm:${step}:-1`)
      expect(head.x).toBeGreaterThan(around.x + around.width)
      expect(at(`join:${step}:error`).y).toBeGreaterThan(Math.max(around.y + around.height, head.y + head.height))
    }
  })
  test('each list has one place to insert more than it has actions', () => {
    const inserts = layoutFlow(nested).boxes.filter(({ kind }) => kind === 'insert')
    expect(inserts.length).toBe(6 + 3 + 2 + 1 + 2 + 3 + 1 + (3 + 2 + 1 + 1) + (2 + 2))
    expect(layoutFlow(nested, { inserts: false }).boxes.some(({ kind }) => kind === 'insert')).toBe(false)
  })
})

describe('pointers', () => {
  const flow = document([step('a'), branch('b', [step('c')], []), failing(step('d'), [step('e')])])
  test.each([
    ['/trigger/object', 'trigger', '/object'],
    ['/conditions/rules/0', 'conditions', '/rules/0'],
    ['/actions/0/config/reason', 'step:a', '/config/reason'],
    ['/actions/1/config/conditions/0/if/value', 'arm:b:0', '/value'],
    ['/actions/1/config/conditions/0/then/0/config/reason', 'step:c', '/config/reason'],
    ['/actions/1/config/conditions', 'step:b', '/config/conditions'],
    ['/actions/2/on_error/actions/0/config/reason', 'step:e', '/config/reason'],
    ['/actions/2/on_error/actions', 'arm:d:-1', '/on_error/actions'],
  ])('%s lies in %s', (pointer, node, rest) => {
    expect(nodeOfPointer(flow, pointer)).toEqual({ node, rest })
  })
  test('a pointer into nothing that is drawn lies nowhere', () => {
    expect(nodeOfPointer(flow, '/name')).toBeNull()
    expect(nodeOfPointer(flow, '/actions/7')).toBeNull()
  })
  test('the paths of a run find their actions', () => {
    expect([...actionsByRunPath(flow.actions)].map(([path, { key }]) => `${path} ${key}`)).toEqual([
      'actions/0 a',
      'actions/1 b',
      'actions/1/conditions/0/then/0 c',
      'actions/2 d',
      'actions/2/on_error/0 e',
    ])
  })
})
