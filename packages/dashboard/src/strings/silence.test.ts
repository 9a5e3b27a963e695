import { expect, test } from 'vitest'
import { silenceWords } from './silence.ts'

const NOW = Date.parse('2026-11-29T12:00:00.000Z')
const silent = { since: '2026-11-28T10:00:00.000Z', per_day: 40, last_run_id: null }

test('an automation that runs says nothing of itself', () => {
  expect(silenceWords({}, NOW)).toEqual([])
})

test.each([
  [1234.4, 'Silent: usually runs 1,234 times a day, nothing for 26 h.'],
  [40, 'Silent: usually runs 40 times a day, nothing for 26 h.'],
  [1.2, 'Silent: usually runs once a day, nothing for 26 h.'],
  [0.4, 'Silent: usually runs every few days, nothing for 26 h.'],
])('one that usually runs %d times a day and fell silent says so', (perDay, words) => {
  expect(silenceWords({ silent: { ...silent, per_day: perDay } }, NOW)).toEqual([words])
})

test('one whose schedule was missed says so first', () => {
  expect(silenceWords({ silent, overdue: { tick: '2026-11-29T11:40:00.000Z' } }, NOW)).toEqual([
    'Its schedule was due 20 min. ago, and nobody took it up. Is a worker running?',
    'Silent: usually runs 40 times a day, nothing for 26 h.',
  ])
})
