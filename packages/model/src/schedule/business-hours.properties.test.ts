import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addBusinessTime, type BusinessHours, nextOpening, WEEKDAYS } from './index.ts'

const MINUTE = 60_000
const DAY = 86_400_000
const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Pacific/Apia']

const clock = (minutes: number) =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
const day = fc
  .uniqueArray(fc.integer({ min: 0, max: 48 }), { minLength: 2, maxLength: 4 })
  .map((marks) => marks.toSorted((a, b) => a - b).map((mark) => clock(mark * 30)))
  .map((marks) =>
    marks.length < 4
      ? [[marks[0]!, marks[1]!]]
      : [
          [marks[0]!, marks[1]!],
          [marks[2]!, marks[3]!],
        ],
  )
const calendar = fc.record({
  timezone: fc.constantFrom(...ZONES),
  days: fc.dictionary(fc.constantFrom(...WEEKDAYS), day, { minKeys: 1, noNullPrototype: true }),
  holidays: fc.subarray(['2026-03-30', '2026-10-26', '2026-11-02', '2026-12-25']),
}) as fc.Arbitrary<BusinessHours>
// around the changes of the clock, and elsewhere
const moment = fc
  .tuple(
    fc.constantFrom('2026-03-08', '2026-03-29', '2026-04-04', '2026-10-04', '2026-10-25', '2026-11-01', '2026-06-10'),
    fc.integer({ min: -2 * 1440, max: 2 * 1440 }),
  )
  .map(([around, minutes]) => Date.parse(`${around}T00:00:00Z`) + minutes * MINUTE)

/** Whether the minute that begins at an instant is open, read off the clock on the wall. */
function oracle(hours: BusinessHours): (ms: number) => boolean {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: hours.timezone,
    dateStyle: 'short',
    timeStyle: 'short',
    hourCycle: 'h23',
  })
  return (ms) => {
    const [date, time] = format.format(ms).split(', ') as [string, string]
    const weekday = WEEKDAYS[new Date(`${date}T00:00:00Z`).getUTCDay()]!
    if (hours.holidays.includes(date)) return false
    return (hours.days[weekday] ?? []).some(([from, to]) => from <= time && time < to)
  }
}

test('open time is counted as a walk through the minutes counts it', () => {
  fc.assert(
    fc.property(calendar, moment, fc.integer({ min: 1, max: 600 }), (hours, from, minutes) => {
      const isOpen = oracle(hours)
      let at = from
      let left = minutes
      while (left > 0 && at < from + 40 * DAY) {
        if (isOpen(at)) left -= 1
        at += MINUTE
      }
      fc.pre(left === 0)
      expect(addBusinessTime(hours, from, minutes * MINUTE, 'minutes')).toBe(at)
    }),
    { numRuns: 60 },
  )
})

test('a moment outside the hours moves to the next open minute, one within or at their end stays', () => {
  fc.assert(
    fc.property(calendar, moment, (hours, from) => {
      const isOpen = oracle(hours)
      let at = from
      if (!isOpen(from - MINUTE)) while (!isOpen(at) && at < from + 40 * DAY) at += MINUTE
      fc.pre(at < from + 40 * DAY)
      expect(nextOpening(hours, from)).toBe(at)
    }),
    { numRuns: 100 },
  )
})

test.each([
  ['the end of a day is a closing time', 'UTC', { thu: [['01:00', '24:00']] }, '2026-03-06T00:00:00Z', null],
  [
    'an hour that is repeated after closing stays closed',
    'Europe/Berlin',
    { sun: [['00:00', '02:00']] },
    '2026-10-25T00:01:00Z',
    '2026-10-31T23:00:00Z',
  ],
  [
    'nor is its second beginning a closing time',
    'Europe/Berlin',
    { sun: [['00:00', '02:00']] },
    '2026-10-25T01:00:00Z',
    '2026-10-31T23:00:00Z',
  ],
])('%s', (_, timezone, days, at, opens) => {
  const hours = { timezone, days, holidays: [] } as unknown as BusinessHours
  expect(nextOpening(hours, Date.parse(at))).toBe(Date.parse(opens ?? at))
  expect(addBusinessTime(hours, Date.parse(at), 0, 'minutes')).toBe(Date.parse(opens ?? at))
})

test('days are counted on the wall, and a wait is never early', () => {
  fc.assert(
    fc.property(calendar, moment, fc.integer({ min: 0, max: 9 }), (hours, from, days) => {
      const end = addBusinessTime(hours, from, days * DAY, 'days')!
      expect(end).toBeGreaterThanOrEqual(from)
      expect(end).toBeGreaterThanOrEqual(from + days * DAY - 60 * MINUTE)
      expect(nextOpening(hours, end)).toBe(end)
    }),
    { numRuns: 200 },
  )
})

test.each([
  ['two hours on a Friday at four', '2026-11-20T15:00:00Z', 2, 'hours', '2026-11-23T09:00:00Z'],
  ['an hour that ends with the day', '2026-11-20T15:00:00Z', 1, 'hours', '2026-11-20T16:00:00Z'],
  ['a day from Friday', '2026-11-20T15:00:00Z', 1, 'day', '2026-11-23T08:00:00Z'],
  ['three days over the change of the clocks', '2026-10-23T13:00:00Z', 3, 'days', '2026-10-26T14:00:00Z'],
  ['nothing, at night', '2026-11-18T22:00:00Z', 0, 'minutes', '2026-11-19T08:00:00Z'],
  ['a week to a holiday', '2026-12-18T10:00:00Z', 1, 'week', '2026-12-28T08:00:00Z'],
])('%s', (_, from, amount, unit, end) => {
  const office = [['09:00', '17:00']] as const
  const days = { mon: office, tue: office, wed: office, thu: office, fri: office }
  const hours: BusinessHours = { timezone: 'Europe/Berlin', days, holidays: ['2026-12-25'] }
  const ms = { minutes: MINUTE, hours: 60 * MINUTE, day: DAY, days: DAY, week: 7 * DAY }[unit]! * amount
  expect(new Date(addBusinessTime(hours, Date.parse(from), ms, unit)!).toISOString()).toBe(new Date(end).toISOString())
})

test('a calendar without an opening has none', () => {
  const hours: BusinessHours = { timezone: 'UTC', days: {}, holidays: [] }
  expect(nextOpening(hours, 0)).toBeNull()
  expect(addBusinessTime(hours, 0, DAY, 'hours')).toBeNull()
})
