import { expect, test } from 'vitest'
import { countCases, type VitestReport } from './cases.ts'
import { type Outcome, summarize } from './outcome.ts'

const file = (status: string, ...cases: string[]): VitestReport['testResults'][number] => ({
  name: 'a.test.ts',
  status,
  assertionResults: cases.map((outcome, index) => ({ status: outcome, fullName: `case ${index}` })),
})
const outcome = (counts: Partial<Outcome>): Outcome => ({
  name: 'lint',
  passed: 1,
  failed: 0,
  skipped: 0,
  failures: [],
  ms: 1,
  ...counts,
})

test('cases are counted by how they ended', () => {
  const report = { testResults: [file('passed', 'passed', 'passed', 'pending'), file('failed', 'passed', 'failed')] }
  expect(countCases(report, 1)).toEqual({ passed: 3, failed: 1, skipped: 1, failures: ['a.test.ts: case 1'] })
})

test('a file that broke before its first case is one that failed', () => {
  const broken = { ...file('failed'), message: 'Cannot find module\n at x' }
  expect(countCases({ testResults: [broken, file('passed', 'passed')] }, 1)).toMatchObject({
    passed: 1,
    failed: 1,
    failures: ['a.test.ts: Cannot find module'],
  })
})

test('a run without a report, without a case, or with a bad end is never a success', () => {
  expect(countCases(null, null).failed).toBe(1)
  expect(countCases({ testResults: [] }, 0).failed).toBe(1)
  expect(countCases({ testResults: [file('passed', 'passed')] }, 1).failed).toBe(1)
  expect(countCases({ testResults: [file('passed', 'passed')] }, null).failed).toBe(1)
})

test('the last line of the summary is the one that CI reads', () => {
  const outcomes = [outcome({}), outcome({ name: 'tests: unit', passed: 41, failed: 2, failures: ['a: b', 'c: d'] })]
  expect(summarize(outcomes, ['a note']).at(-1)).toBe('42 passed, 2 failed')
})
