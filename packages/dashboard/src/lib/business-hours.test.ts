import { expect, test } from 'vitest'
import { hoursWords } from './business-hours.ts'

test('days that are alike stand together', () => {
  const nine = [['09:00', '17:00']] as const
  expect(hoursWords({ days: { mon: nine, tue: nine, wed: nine, thu: nine, fri: nine } })).toBe('Mon–Fri 09:00–17:00')
  expect(hoursWords({ days: { mon: nine, tue: nine, thu: nine, sat: [['10:00', '12:00']], sun: nine } })).toBe(
    'Mon–Tue 09:00–17:00, Thu 09:00–17:00, Sat 10:00–12:00, Sun 09:00–17:00',
  )
})
test('a break at noon is said', () => {
  expect(
    hoursWords({
      days: {
        fri: [
          ['09:00', '12:00'],
          ['13:00', '15:00'],
        ],
      },
    }),
  ).toBe('Fri 09:00–12:00 and 13:00–15:00')
})
