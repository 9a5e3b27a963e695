import { FIELD_TYPES } from '@kantos/model'
import { expect, test } from 'vitest'
import { operatorsOf } from './operators.ts'
import { type FilterRow, filtersOf, rowsOf, takesValue } from './rules.ts'

const row = (field: string, operator: FilterRow['operator'], value: unknown = null): FilterRow => ({
  field,
  operator,
  value,
})

test('lines of one field stand together, and come back as they were', () => {
  const rows = [row('deal_value', '$gte', 10), row('deal_value', '$lt', 20), row('stage', '$in', ['Won', 'Lost'])]
  const filters = filtersOf(rows)
  expect(JSON.parse(filters!)).toEqual({ deal_value: { $gte: 10, $lt: 20 }, stage: { $in: ['Won', 'Lost'] } })
  expect(rowsOf(filters)).toEqual(rows)
})

test('filled and empty are two answers to one question, and take no value', () => {
  const rows = [row('email', '$filled'), row('phone', '$empty')]
  expect(rows.map(({ operator }) => takesValue(operator))).toEqual([false, false])
  const filters = filtersOf(rows)
  expect(JSON.parse(filters!)).toEqual({ email: { $empty: false }, phone: { $empty: true } })
  expect(rowsOf(filters)).toEqual(rows)
})

test.each([[null], [undefined], [''], [[]]])('a line whose value is %j filters nothing', (value) => {
  expect(filtersOf([row('name', '$eq', value)])).toBeUndefined()
})
test.each([[0], [false]])('%j is a value', (value) => {
  expect(filtersOf([row('score', '$eq', value)])).toBe(JSON.stringify({ score: { $eq: value } }))
})

test('a bare value reads as a line that wants it', () => {
  expect(rowsOf('{"status":"new","owner":null}')).toEqual([row('status', '$eq', 'new'), row('owner', '$eq', null)])
})
test('alternatives, what isn’t JSON and no filter at all have no lines', () => {
  expect(rowsOf('{"$or":[{"status":"new"}]}')).toEqual([])
  expect(rowsOf('{"status":')).toEqual([])
  expect(rowsOf(undefined)).toEqual([])
})

test('only what has an order is compared by it, and each type can be asked whether it is filled', () => {
  const ordered = FIELD_TYPES.filter((type) => operatorsOf({ type }).includes('$gt'))
  expect([...ordered].sort()).toEqual(['currency', 'date', 'datetime', 'number'])
  for (const type of FIELD_TYPES)
    expect(operatorsOf({ type }).includes('$filled')).toBe(operatorsOf({ type }).includes('$empty'))
  expect(operatorsOf({ type: 'text' })).toContain('$contains')
  expect(operatorsOf({ type: 'text' })).not.toContain('$lt')
})
