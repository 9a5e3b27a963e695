import { expect, test } from 'vitest'
import { countOf, filterOf, isRecordId, readSearch } from './filter.ts'

test('an address is read, and what makes no sense in it is left out', () => {
  expect(
    readSearch({
      status: 'failed,nope,blocked',
      mode: 'dry_run',
      time: 'day',
      from: 'x',
      automation: 'auto_1',
      page: 3,
    }),
  ).toEqual({
    status: 'failed,blocked',
    time: 'day',
    automation: 'auto_1',
  })
})
test('a span begins at a whole minute, so that all pages of a list agree', () => {
  const noon = Date.parse('2026-11-23T12:00:30.500Z')
  expect(filterOf({ time: 'hour' }, noon)).toEqual({ from: '2026-11-23T11:00:00.000Z' })
  expect(filterOf({ time: 'hour' }, noon + 20_000)).toEqual(filterOf({ time: 'hour' }, noon))
})
test('own times and the rest go along as they are', () => {
  expect(filterOf({ time: 'own', from: '2026-11-01', to: '2026-11-02', mode: 'test', record: 'rec_1' }, 0)).toEqual({
    from: '2026-11-01',
    to: '2026-11-02',
    mode: 'test',
    record_id: 'rec_1',
  })
})
test('only a whole record id is one', () => {
  expect(isRecordId(`rec_${'0'.repeat(32)}`)).toBe(true)
  expect(isRecordId('rec_12')).toBe(false)
})
test('filters are counted as a person counts them', () => {
  expect(countOf({})).toBe(0)
  expect(countOf({ status: 'failed,blocked', time: 'own', from: '2026-11-01', to: '2026-11-02' })).toBe(2)
})
