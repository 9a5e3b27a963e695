import { expect, test } from 'vitest'
import type { FoundProblem } from './check.ts'
import { saidTogether } from './same.ts'

const warning = (node: string, message: string): FoundProblem => ({
  path: `/actions/${node}`,
  message,
  node,
  rest: '',
  severity: 'warning',
  isEmpty: false,
})

test('what is said of several steps is one warning', () => {
  const said = [warning('a', 'this starts B'), warning('b', 'this starts C'), warning('c', 'this starts B')]
  expect(saidTogether(said).map((group) => group.map(({ node }) => node))).toEqual([['a', 'c'], ['b']])
})
