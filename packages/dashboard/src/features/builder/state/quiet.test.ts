import { expect, test } from 'vitest'
import type { FoundProblem } from './check.ts'
import { idOf, leftEmpty, sortProblems } from './quiet.ts'

const problem = (path: string, node: string | null, given: Partial<FoundProblem> = {}): FoundProblem => ({
  path,
  node,
  severity: 'error',
  isEmpty: true,
  rest: '',
  message: path,
  ...given,
})
const url = problem('/actions/0/config/url', 'step:webhook_1')
const name = problem('/name', null)
const wrong = problem('/actions/1/config/to', 'step:send_email_1', { isEmpty: false })
const warning = problem('/actions/0', 'step:webhook_1', { severity: 'warning' })
const all = [name, url, wrong, warning]

test('what is empty is still to be filled in; what is wrong, and what is warned of, is shown', () => {
  expect(sortProblems(all, new Set())).toEqual({ shown: [wrong, warning], toFillIn: [name, url] })
})
test('what was left empty is shown', () => {
  expect(sortProblems(all, new Set([idOf(url)])).shown).toEqual([url, wrong, warning])
})
test('leaving a part is about that part alone', () => {
  expect(leftEmpty(all, 'step:webhook_1', false)).toEqual([idOf(url), idOf(warning)])
})
test('a new automation is asked for its trigger on saving, not on leaving it', () => {
  const event = problem('/trigger/event', 'trigger')
  expect(leftEmpty([event], 'trigger', true)).toEqual([])
  expect(leftEmpty([event], 'trigger', false)).toEqual([idOf(event)])
})
