import type { Run } from '@kantos/model'
import { expect, test } from 'vitest'
import { withNewest, withoutRuns, withRun, withTold } from './merge.ts'

const run = (id: string, status = 'running') => ({ id, status }) as Run
const ids = (pages: { data: Run[] }[]) => pages.map(({ data }) => data.map(({ id }) => id).join())
const pages = [
  { data: [run('run_5'), run('run_3')], next_cursor: 'x' },
  { data: [run('run_2')], next_cursor: null },
]

test('a run that is there changes in its place', () => {
  const next = withRun(pages, run('run_2', 'failed'))
  expect(ids(next)).toEqual(['run_5,run_3', 'run_2'])
  expect(next[1]!.data[0]!.status).toBe('failed')
  expect(next[0]).toBe(pages[0])
})
test('a new run comes first', () => {
  expect(ids(withRun(pages, run('run_7')))).toEqual(['run_7,run_5,run_3', 'run_2'])
})
test('a run that was told late stands where its id belongs', () => {
  expect(ids(withRun(pages, run('run_4')))).toEqual(['run_5,run_4,run_3', 'run_2'])
})
test('an old run that moved on, further down than was read, changes nothing', () => {
  expect(ids(withRun(pages, run('run_1')))).toEqual(['run_5,run_3', 'run_2'])
})
test('the first run of an empty list is shown', () => {
  expect(ids(withRun([{ data: [], next_cursor: null }], run('run_1')))).toEqual(['run_1'])
})
test('runs that left are gone from every page, and pages without them stay as they are', () => {
  const next = withoutRuns(pages, new Set(['run_2']))
  expect(ids(next)).toEqual(['run_5,run_3', ''])
  expect(next[0]).toBe(pages[0])
})
test('a newest page brings what is new and drops what it should hold, as far down as it reaches', () => {
  const newest = { data: [run('run_6'), run('run_3', 'failed')], next_cursor: 'x' }
  const next = withNewest(pages, newest)
  expect(ids(next)).toEqual(['run_6,run_3', 'run_2'])
  expect(next[0]!.data[1]!.status).toBe('failed')
})
test('a newest page that is all there is leaves nothing older', () => {
  expect(ids(withNewest(pages, { data: [run('run_5')], next_cursor: null }))).toEqual(['run_5', ''])
})
test('what a stream told is there in its order; what left is shown as it is now, and nothing that left comes in', () => {
  const told = [
    { run: run('run_7'), left: false },
    { run: run('run_7', 'succeeded'), left: false },
    { run: run('run_3', 'failed'), left: true },
    { run: run('run_6', 'failed'), left: true },
  ]
  const next = withTold(pages, told)
  expect(ids(next)).toEqual(['run_7,run_5,run_3', 'run_2'])
  expect(next[0]!.data.map(({ status }) => status)).toEqual(['succeeded', 'running', 'failed'])
})
