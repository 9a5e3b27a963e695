import { expect, test } from 'vitest'
import { durationMs } from './duration.ts'

test.each<[unknown, unknown, number]>([
  [5, 'seconds', 5000],
  [1, 'second', 1000],
  [2, 'minutes', 120_000],
  [1.5, 'hours', 5_400_000],
  ['1.5', 'Hour', 5_400_000],
  [1, 'day', 86_400_000],
  [0.5, 'days', 43_200_000],
  [2, 'weeks', 1_209_600_000],
  [0, 'days', 0],
  [0.0001, 'seconds', 1],
  [1.1, 'seconds', 1100],
  [0.1 + 0.2, 'seconds', 300],
  [36_600, 'days', 3_162_240_000_000],
])('%j %s are %i ms', (amount, unit, ms) => {
  expect(durationMs(amount, unit)).toBe(ms)
})

test.each<[unknown, unknown]>([
  [-1, 'days'],
  [Number.NaN, 'days'],
  [Number.POSITIVE_INFINITY, 'days'],
  ['soon', 'days'],
  ['', 'days'],
  [null, 'days'],
  [[1], 'days'],
  [1, 'months'],
  [1, 'ms'],
  [1, ''],
  [1, 's'],
  [1, 'dayss'],
  [1, undefined],
  [1, 'constructor'],
  [36_601, 'days'],
])('%j %j is no duration', (amount, unit) => {
  expect(durationMs(amount, unit)).toBeNull()
})
