import type { Action, Run, Step } from '@kantos/model'
import { expect, test } from 'vitest'
import { outcomesOf } from './outcomes.ts'

const step = (path: string, more: Partial<Step> = {}): Step => ({
  key: path,
  type: 'stop',
  path,
  status: 'succeeded',
  attempt: 1,
  attempts: [],
  input: null,
  output: null,
  started_at: '',
  finished_at: '',
  duration_ms: 0,
  ...more,
})
const run = (steps: Step[], passed = true) =>
  ({ conditions: { passed, match: 'all', rules: [] }, steps }) as unknown as Run
const stop = (key: string): Action => ({ key, type: 'stop', config: {} })
const branch: Action = {
  key: 'b',
  type: 'branch',
  config: { conditions: [{ if: { field: 'x', operator: 'is_empty' }, then: [stop('c')] }, { else: [] }] },
}
const labels = (given: Run, actions: Action[]) =>
  Object.fromEntries([...outcomesOf(given, actions)].map(([id, { label }]) => [id, label]))

test('a run whose conditions failed reached nothing', () => {
  expect(labels(run([], false), [stop('a')])).toEqual({ conditions: 'Not met', 'step:a': 'Not reached' })
})
test('the way that a branch took is told from the others', () => {
  const steps = [
    step('actions/0', { type: 'branch', output: { taken: 'conditions/0/then' } }),
    step('actions/0/conditions/0/then/0'),
  ]
  expect(labels(run(steps), [branch])).toEqual({
    conditions: 'Passed',
    'step:b': 'Succeeded',
    'arm:b:0': 'Taken',
    'arm:b:1': 'Not taken',
    'step:c': 'Succeeded',
  })
})
test('an empty way that was taken is known from the branch alone', () => {
  expect(labels(run([step('actions/0', { output: { taken: 'conditions/1/else' } })]), [branch])['arm:b:1']).toBe(
    'Taken',
  )
})
test('what a dry run sends isn’t called not sent', () => {
  const tried = { ...run([step('actions/0', { status: 'not_sent' })]), mode: 'dry_run' } as Run
  expect(outcomesOf(tried, [stop('a')]).get('step:a')).toEqual({ tone: 'good', label: 'Would be sent' })
  expect(outcomesOf({ ...tried, mode: 'test' }, [stop('a')]).get('step:a')?.label).toBe('Not sent')
})
test('of a loop’s passes the worst is shown, with how many there were', () => {
  const loop: Action = { key: 'l', type: 'for_each', config: { items: '', actions: [stop('i')] } }
  const passes = [0, 1, 2].map((index) =>
    step('actions/0/actions/0', { index, status: index === 1 ? 'failed' : 'succeeded' }),
  )
  expect(outcomesOf(run([step('actions/0'), ...passes]), [loop]).get('step:i')).toEqual({
    tone: 'bad',
    label: 'Failed',
    detail: '3 times',
  })
})
test('of a run that failed, the step it came no further than is known', () => {
  const failed = {
    ...run([step('actions/0', { key: 'a' }), step('actions/1', { key: 'b', status: 'failed' })]),
    status: 'failed',
  }
  const outcomes = outcomesOf({ ...failed, error: null } as Run, [stop('a'), stop('b')])
  expect([outcomes.get('step:a')?.isLast, outcomes.get('step:b')?.isLast]).toEqual([undefined, true])
})
