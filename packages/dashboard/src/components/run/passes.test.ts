import { expect, test } from 'vitest'
import { passesOf } from './passes.ts'

const step = (path: string, index?: number) =>
  ({ type: 'webhook', path, output: null, ...(index === undefined ? {} : { index }) }) as const
const loop = (path: string, count: number, index?: number) =>
  ({ ...step(path, index), type: 'for_each', output: { count } }) as const
/** each group as `depth: pass [places]` */
const said = (steps: Parameters<typeof passesOf>[0]) =>
  passesOf(steps).map(
    ({ pass, depth, places }) =>
      `${depth}: ${pass === null ? '–' : `${pass.number}/${pass.of ?? '?'}`} [${places.join(' ')}]`,
  )

test('without a loop all steps are one group', () => {
  expect(said([])).toEqual([])
  expect(said([step('actions/0'), step('actions/1/conditions/0/then/0'), step('actions/1/on_error/0')])).toEqual([
    '0: – [0 1 2]',
  ])
})

test('each pass of a loop is a group, with the branches and error paths in it, and what follows is outside', () => {
  expect(
    said([
      step('actions/0'),
      loop('actions/1', 2),
      step('actions/1/actions/0', 0),
      step('actions/1/actions/0/conditions/0/then/0', 0),
      step('actions/1/actions/0', 1),
      step('actions/1/actions/0/on_error/0', 1),
      step('actions/2'),
    ]),
  ).toEqual(['0: – [0 1]', '1: 1/2 [2 3]', '1: 2/2 [4 5]', '0: – [6]'])
})

test('a loop that ran for nothing, and one that failed, have no passes', () => {
  expect(said([loop('actions/0', 0), { ...loop('actions/1', 0), output: null }, step('actions/1/on_error/0')])).toEqual(
    ['0: – [0 1 2]'],
  )
})

test('a loop in a loop begins anew in each pass of the outer one, which goes on after it', () => {
  expect(
    said([
      loop('actions/0', 2),
      loop('actions/0/actions/0', 1, 0),
      step('actions/0/actions/0/actions/0', 0),
      step('actions/0/actions/1', 0),
      loop('actions/0/actions/0', 1, 1),
      step('actions/0/actions/0/actions/0', 0),
      step('actions/0/actions/1', 1),
    ]),
  ).toEqual(['0: – [0]', '1: 1/2 [1]', '2: 1/1 [2]', '1: – [3]', '1: 2/2 [4]', '2: 1/1 [5]', '1: – [6]'])
})

test('a run that goes on in the midst of a loop, as a retry, doesn’t know how many passes there are', () => {
  expect(said([step('actions/0/actions/1', 3), step('actions/0/actions/0', 4)])).toEqual(['1: 4/? [0]', '1: 5/? [1]'])
})
