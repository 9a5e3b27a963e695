import { expect, test } from 'vitest'
import type { FoundProblem } from './check.ts'
import { worthShowing } from './quiet.ts'

const problem = (path: string, node: string | null, severity: FoundProblem['severity'] = 'error'): FoundProblem => ({
  path,
  node,
  severity,
  rest: '',
  message: path,
})
const all = [
  problem('/name', null),
  problem('/actions/0/config/url', 'step:webhook_1'),
  problem('/actions/1/config/to', 'step:send_email_1'),
  problem('/actions/0', 'step:webhook_1', 'warning'),
]
const shown = (given: Parameters<typeof worthShowing>[1]) => worthShowing(all, given).map(({ path }) => path)

test('a step that was just inserted isn’t called wrong, but its warnings are shown', () => {
  expect(shown({ fresh: 'step:webhook_1', isNew: false, asked: false })).toEqual([
    '/name',
    '/actions/1/config/to',
    '/actions/0',
  ])
})
test('a new automation isn’t asked for its name before somebody saves it', () => {
  expect(shown({ fresh: null, isNew: true, asked: false })).not.toContain('/name')
})
test('whoever wants to save sees everything', () => {
  expect(shown({ fresh: 'step:webhook_1', isNew: true, asked: true })).toHaveLength(4)
})
