import { expect, test } from 'vitest'
import { recordStrings } from './records.ts'

const { submit, noneFits } = recordStrings.import

test('the button of an import says what will happen, also when only a part of the rows was looked at', () => {
  const given = (good: number, total: number, areAllChecked = true, isEstimate = false) =>
    submit({ good, total, areAllChecked, isEstimate })
  expect([given(1, 1), given(4, 4), given(1, 4), given(0, 4)]).toEqual([
    'Import 1 row',
    'Import 4 rows',
    'Import 1 of 4 rows',
    'Nothing to import',
  ])
  expect([given(20_000, 20_000, false), given(19_997, 20_000, false)]).toEqual([
    'Import 20,000 rows',
    'Import up to 19,997 rows',
  ])
  expect([given(48_200, 48_200, false, true), given(48_197, 48_200, false, true)]).toEqual([
    'Import all rows',
    'Import the other rows',
  ])
  expect([noneFits(1), noneFits(4)]).toEqual(['The only row will be refused.', 'All 4 rows will be refused.'])
})
