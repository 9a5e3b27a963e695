import { expect, test } from 'vitest'
import { closingOf, likeMonday, sameDays, toInput, withHours, withMore, withOpen } from './hours.ts'

test('a day that is opened begins with office hours, and is gone when it is closed', () => {
  const open = withOpen({}, 'sat', true)
  expect(open).toEqual({ sat: [['09:00', '17:00']] })
  expect(withOpen(open, 'sat', false)).toEqual({})
  expect(withHours(open, 'sat', [])).toEqual({})
})

test('more hours on a day leave an hour for lunch', () => {
  expect(withMore({ mon: [['09:00', '12:00']] }, 'mon')).toEqual({
    mon: [
      ['09:00', '12:00'],
      ['13:00', '17:00'],
    ],
  })
})

test('open days take the hours of Monday, closed ones stay closed', () => {
  const days = likeMonday({ mon: [['08:00', '16:00']], fri: [['09:00', '12:00']] })
  expect(days).toEqual({ mon: [['08:00', '16:00']], fri: [['08:00', '16:00']] })
  expect(sameDays(days, { fri: [['08:00', '16:00']], mon: [['08:00', '16:00']], sun: [] })).toBe(true)
})

test('the end of the day is midnight in an input', () => {
  expect(toInput('24:00')).toBe('00:00')
  expect(closingOf('00:00')).toBe('24:00')
  expect(closingOf('17:30')).toBe('17:30')
})
