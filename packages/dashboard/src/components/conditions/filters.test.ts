import { expect, test } from 'vitest'
import { filtersOf, linesOf } from './filters.ts'

test.each([
  [{ status: 'new' }],
  [{ status: null }],
  [{ deal_value: { $gte: 10, $lt: 20 }, stage: 'Won' }],
  [{ stage: { $in: ['Won', 'Lost'] } }],
])('%j reads as a list and is written back the same', (filters) => {
  expect(filtersOf(linesOf(filters)!)).toEqual(filters)
})
test('a filter with alternatives is no list', () => {
  expect(linesOf({ $or: [{ status: 'new' }] })).toBeNull()
})
test('no filter is an empty list, and an empty list is no filter', () => {
  expect(linesOf(undefined)).toEqual([])
  expect(filtersOf([])).toBeUndefined()
})
test('a line whose field isn’t chosen yet filters nothing', () => {
  expect(filtersOf([{ field: '', operator: '$eq', value: 'x' }])).toBeUndefined()
})
