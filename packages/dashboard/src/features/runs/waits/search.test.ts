import { expect, test } from 'vitest'
import { readWaitSearch, waitFilterOf } from './search.ts'

test('what makes no sense in an address is left out', () => {
  expect(readWaitSearch({ automation: 'auto_1', kind: 'event', due: 'day' })).toEqual({
    automation: 'auto_1',
    kind: 'event',
    due: 'day',
  })
  expect(readWaitSearch({ automation: 7, kind: 'sleep', due: 'toString' })).toEqual({})
})

test('what is due within an hour is counted from the minute that began', () => {
  const now = Date.parse('2026-11-23T15:04:05.678Z')
  expect(waitFilterOf({ due: 'hour' }, now)).toEqual({ due_before: '2026-11-23T16:04:00.000Z' })
  expect(waitFilterOf({ automation: 'auto_1', kind: 'retry' }, now)).toEqual({
    automation_id: 'auto_1',
    kind: 'retry',
  })
})
