import { expect, test } from 'vitest'
import { readUntil, untilText } from './until-date.ts'

test.each([
  { path: 'record.close_date', amount: 0, unit: 'days' },
  { path: 'record.close_date', amount: -3, unit: 'weeks' },
  { path: 'steps.create_record_1.due', amount: 12, unit: 'hours' },
] as const)('%j is read from its own text', (date) => {
  expect(readUntil(untilText(date))).toEqual(date)
})
test('what a person wrote by hand is read when it says the same', () => {
  expect(readUntil('{{ date_add( record.due , -1, "day" ) }}')).toEqual({
    path: 'record.due',
    amount: -1,
    unit: 'days',
  })
})
test.each(['2027-01-31', '{{date_add(now, record.n, "days")}}', '{{record.a}} {{record.b}}', ''])(
  '%s is left as it is',
  (text) => {
    expect(readUntil(text)).toBeNull()
  },
)
