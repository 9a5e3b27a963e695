import { describe, expect, test } from 'vitest'
import { describeCron, parseCron } from './index.ts'
import type { Cron } from './index.ts'

function cronOf(text: string): Cron {
  const parsed = parseCron(text)
  if (!parsed.ok) throw new Error(parsed.error)
  return parsed.cron
}

describe('five fields', () => {
  test.each<[string, keyof Cron, number[]]>([
    ['5 * * * *', 'minutes', [5]],
    ['30,0,30 * * * *', 'minutes', [0, 30]],
    ['*/20 * * * *', 'minutes', [0, 20, 40]],
    ['10-13 * * * *', 'minutes', [10, 11, 12, 13]],
    ['50-59/4,1 * * * *', 'minutes', [1, 50, 54, 58]],
    ['50/5 * * * *', 'minutes', [50, 55]],
    ['* 8-18/5 * * *', 'hours', [8, 13, 18]],
    ['* * 1,15 * *', 'days', [1, 15]],
    ['* * * jan,DEC *', 'months', [1, 12]],
    ['* * * Mar-May *', 'months', [3, 4, 5]],
    ['* * * * mon-fri', 'weekdays', [1, 2, 3, 4, 5]],
    ['* * * * 7', 'weekdays', [0]],
    ['* * * * 0,7', 'weekdays', [0]],
    ['* * * * 5-7', 'weekdays', [0, 5, 6]],
    ['* * * * sat-sun', 'weekdays', [0, 6]],
    ['* * * * sun-tue', 'weekdays', [0, 1, 2]],
    ['* * * * */2', 'weekdays', [0, 2, 4, 6]],
    ['* * * * 5/1', 'weekdays', [5, 6]],
    ['* * * * *', 'weekdays', [0, 1, 2, 3, 4, 5, 6]],
    ['* * ? * ?', 'weekdays', [0, 1, 2, 3, 4, 5, 6]],
    ['  0   9 * *\t1 ', 'hours', [9]],
  ])('%j: %s are %j', (text, field, values) => {
    expect(cronOf(text)[field]).toEqual(values)
  })

  test.each([
    ['@hourly', '0 * * * *'],
    ['@daily', '0 0 * * *'],
    [' @Midnight ', '0 0 * * *'],
    ['@weekly', '0 0 * * 0'],
    ['@monthly', '0 0 1 * *'],
    ['@yearly', '0 0 1 1 *'],
    ['@annually', '0 0 1 1 *'],
  ])('%s is %s', (macro, line) => {
    expect({ ...cronOf(macro), source: '' }).toEqual({ ...cronOf(line), source: '' })
  })

  test.each([
    ['0 * * * *', true],
    ['0 */2 * * *', true],
    ['0 0-23 * * *', true],
    ['0 8-18/2 * * *', true],
    ['0 2 * * *', false],
    ['* 2 * * *', false],
    ['0 1,2,3 * * *', false],
  ])('%s runs in every real hour: %s', (text, real) => {
    expect(cronOf(text).everyRealHour).toBe(real)
  })
})

describe('a line that isn’t one says where', () => {
  test.each<[string, RegExp, number | undefined]>([
    ['', /5 fields/, undefined],
    ['* * * *', /5 fields/, undefined],
    ['0 * * * * *', /seconds/, 11],
    ['60 * * * *', /minute is 0 to 59/, 1],
    ['* 24 * * *', /hour is 0 to 23/, 3],
    ['* * 0 * *', /day of the month/, 5],
    ['* * * 13 *', /month/, 7],
    ['* * * * 8', /day of the week/, 9],
    ['* * * foo *', /jan to dec/, 7],
    ['* * * * -1', /day of the week/, 9],
    ['1,,2 * * * *', /empty item/, 3],
    ['1, * * * *', /empty item/, 3],
    ['*/0 * * * *', /step/, 3],
    ['*/x * * * *', /step/, 3],
    ['5-1 * * * *', /backwards/, 1],
    ['1,9-3 * * * *', /backwards/, 3],
    ['1.5 * * * *', /minute/, 1],
    ['* * L * *', /day of the month/, 5],
    ['* * * * 1#2', /day of the week/, 9],
    ['@reboot', /@daily/, 1],
    ['@every 5m', /@daily/, 1],
    ['* * 30 2 *', /never runs/, 5],
    ['0 0 31 4,6,9,11 *', /never runs/, 5],
    [`${'1,'.repeat(300)}1 * * * *`, /500 characters/, undefined],
  ])('%j', (text, error, column) => {
    const parsed = parseCron(text)
    expect(parsed.ok).toBe(false)
    if (parsed.ok) return
    expect(parsed.error).toMatch(error)
    expect(parsed.column).toBe(column)
  })

  test('a rare day is no error, and neither is a day that a weekday makes up for', () => {
    expect(parseCron('0 0 29 2 *').ok).toBe(true)
    expect(parseCron('0 0 31 1,2 *').ok).toBe(true)
    expect(parseCron('0 0 30 2 mon').ok).toBe(true)
  })
})

test.each([
  ['* * * * *', 'Every minute'],
  ['*/15 * * * *', 'Every 15 minutes'],
  ['0 * * * *', 'Every hour'],
  ['30 * * * *', 'At minute 30 of every hour'],
  ['0 */2 * * *', 'Every 2 hours'],
  ['15 */2 * * *', 'At minute 15 of every 2 hours'],
  ['0 9 * * 1-5', 'At 09:00 from Monday to Friday'],
  ['0 9,17 * * sat,sun', 'At 09:00 and 17:00 on Saturday and Sunday'],
  ['*/10 9-17 * * *', 'Every 10 minutes of hours 9 to 17'],
  ['0 0 1 * *', 'At 00:00 on day 1 of the month'],
  ['0 0 1,2,15 1,6 *', 'At 00:00 on days 1, 2 and 15 of the month in January and June'],
  ['0 0 13 * fri', 'At 00:00 on day 13 of the month or Friday'],
  ['0 0 1 * 0-6', 'At 00:00'],
])('%s reads: %s', (text, words) => {
  expect(describeCron(cronOf(text))).toBe(words)
})
