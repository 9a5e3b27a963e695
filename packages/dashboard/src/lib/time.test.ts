import { expect, test } from 'vitest'
import { dateTime, dayWords, duration, exactTime, number, timeAgo } from './time.ts'

const NOW = Date.parse('2026-11-23T12:00:00Z')

test.each([
  ['2026-11-23T11:59:57Z', 'just now'],
  ['2026-11-23T12:00:04Z', 'just now'],
  ['2026-11-23T11:59:30Z', '30 sec. ago'],
  ['2026-11-23T11:59:00Z', '1 min. ago'],
  ['2026-11-23T11:00:01Z', '59 min. ago'],
  ['2026-11-23T09:00:00Z', '3 hr. ago'],
  ['2026-11-22T12:00:00Z', 'yesterday'],
  ['2026-11-24T12:00:00Z', 'tomorrow'],
  ['2026-11-26T13:00:00Z', 'in 3 days'],
  ['2026-11-09T12:00:00Z', '2 wk. ago'],
  ['2026-11-25T11:59:10Z', 'in 2 days'],
  ['2026-11-30T11:59:10Z', 'in 7 days'],
  ['2026-12-06T11:00:00Z', 'in 13 days'],
  ['2026-11-23T13:59:20Z', 'in 2 hr.'],
  ['2026-11-23T12:59:30Z', 'in 1 hr.'],
  ['2026-11-23T12:29:50Z', 'in 30 min.'],
  ['2026-11-23T12:00:45Z', 'in 45 sec.'],
  ['2026-11-21T13:00:00Z', '2 days ago'],
  ['2024-11-20T12:00:00Z', '2 yr. ago'],
])('at noon of November 23rd, %s reads as %j', (iso, words) => {
  expect(timeAgo(iso, NOW)).toBe(words)
})

test.each([
  [0, '0 ms'],
  [840.4, '840 ms'],
  [1000, '1.0 s'],
  [12_300, '12.3 s'],
  [60_000, '1 min'],
  [3_600_000, '1 h'],
  [5_400_000, '1 h 30 min'],
  [47 * 3_600_000, '47 h'],
  [50 * 3_600_000, '2 d 2 h'],
])('%d ms read as %j', (ms, words) => {
  expect(duration(ms)).toBe(words)
})

test('a calendar day is the same day in every zone, with or without a time', () => {
  expect(dayWords('2026-11-23')).toBe('Nov 23, 2026')
  expect(dayWords('2026-11-23T23:59:59Z')).toBe('Nov 23, 2026')
})
test('what isn’t a time is shown as it is', () => {
  for (const words of [dateTime, exactTime, dayWords]) expect(words('next week')).toBe('next week')
})
test('thousands are marked', () => {
  expect([number(0), number(999), number(4812), number(1_000_000)]).toEqual(['0', '999', '4,812', '1,000,000'])
})
