import type { Step } from '@kantos/model'
import { expect, test } from 'vitest'
import { barsOf } from './timeline.ts'

const step = (start: number, end: number | null, type: Step['type'] = 'webhook') =>
  ({
    type,
    status: 'succeeded',
    started_at: new Date(start).toISOString(),
    finished_at: end === null ? null : new Date(end).toISOString(),
  }) as Step

test('bars follow each other and fill the line', () => {
  expect(barsOf([step(0, 100), step(100, 400)], 0)).toEqual([
    { left: 0, width: 25 },
    { left: 25, width: 75 },
  ])
})
test('a wait of days leaves the work beside it visible', () => {
  const bars = barsOf([step(0, 100), step(100, 86_400_000, 'wait'), step(86_400_000, 86_400_100)], 0)
  expect(bars[1]!.width).toBeCloseTo(40)
  expect(bars[0]!.width).toBeCloseTo(30)
})
test('a step under way reaches to now', () => {
  const [, last] = barsOf([step(0, 100), step(100, null)], 300)
  expect(last!.left).toBeCloseTo(33.33)
  expect(last!.left + last!.width).toBeCloseTo(100)
})
test('steps that took no time have bars within the line', () => {
  for (const { left, width } of barsOf([step(5, 5), step(5, 5)], 5)) {
    expect(left).toBe(0)
    expect(width).toBe(0)
  }
})
