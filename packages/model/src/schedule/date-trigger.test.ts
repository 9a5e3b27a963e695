import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type DateRule, nextReached } from './date-trigger.ts'
import { describeDate } from './describe-date.ts'

const LONG_AGO = Date.parse('1900-01-01T00:00Z')
const on = (iso: string) => new Date(Date.parse(iso)).toISOString()

function due(rule: DateRule, zone: string, value: unknown, after = LONG_AGO): string | null {
  const reached = nextReached(rule, zone, value, after)
  return reached === null ? null : new Date(reached.dueAt).toISOString()
}

describe('a date is reached', () => {
  test.each<[string, DateRule, string, string, string]>([
    ['at nine, where the trigger is', {}, 'Europe/Berlin', '2026-12-01', '2026-12-01T08:00Z'],
    ['east of UTC on the same day', { at: '00:30' }, 'Pacific/Kiritimati', '2026-12-01', '2026-11-30T10:30Z'],
    ['west of UTC on the same day', { at: '23:30' }, 'Pacific/Pago_Pago', '2026-12-01', '2026-12-02T10:30Z'],
    ['days before', { offset: { amount: -3, unit: 'days' } }, 'UTC', '2026-03-01', '2026-02-26T09:00Z'],
    ['weeks after', { offset: { amount: 2, unit: 'weeks' } }, 'UTC', '2026-12-25', '2027-01-08T09:00Z'],
    [
      'at the end of a shorter month',
      { offset: { amount: 1, unit: 'months' } },
      'UTC',
      '2026-01-31',
      '2026-02-28T09:00Z',
    ],
    ['months back over the year', { offset: { amount: -1, unit: 'months' } }, 'UTC', '2026-01-31', '2025-12-31T09:00Z'],
    ['a year after a leap day', { offset: { amount: 1, unit: 'years' } }, 'UTC', '2024-02-29', '2025-02-28T09:00Z'],
    ['four years after one', { offset: { amount: 4, unit: 'years' } }, 'UTC', '2024-02-29', '2028-02-29T09:00Z'],
    ['right after a gap', { at: '02:30' }, 'Europe/Berlin', '2026-03-29', '2026-03-29T01:00Z'],
    ['the first time of two', { at: '02:30' }, 'Europe/Berlin', '2026-10-25', '2026-10-25T00:30Z'],
    [
      'at nine also over a change of the clocks',
      { offset: { amount: 1, unit: 'days' } },
      'Europe/Berlin',
      '2026-03-28',
      '2026-03-29T07:00Z',
    ],
    [
      'hours are real ones',
      { offset: { amount: 24, unit: 'hours' } },
      'Europe/Berlin',
      '2026-03-28',
      '2026-03-29T08:00Z',
    ],
    ['at midnight where there is none', { at: '00:00' }, 'America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00Z'],
    ['a day that a zone skipped', { at: '12:00' }, 'Pacific/Apia', '2011-12-30', '2011-12-30T10:00Z'],
  ])('%s', (_, rule, zone, value, expected) => {
    expect(due(rule, zone, value)).toBe(on(expected))
  })

  test.each<[string, DateRule, string, string]>([
    ['at itself', {}, '2026-10-25T01:30:05.250Z', '2026-10-25T01:30:05.250Z'],
    ['minutes before', { offset: { amount: -30, unit: 'minutes' } }, '2026-10-25T01:30:00Z', '2026-10-25T01:00:00Z'],
    [
      'a day later at the same time on the wall',
      { offset: { amount: 1, unit: 'days' } },
      '2026-03-28T08:00:00Z',
      '2026-03-29T07:00:00Z',
    ],
    [
      'a day later, in the gap',
      { offset: { amount: 1, unit: 'days' } },
      '2026-03-28T01:30:00Z',
      '2026-03-29T01:00:00Z',
    ],
    ['at a time of its day there', { at: '08:00' }, '2026-06-30T22:30:00Z', '2026-07-01T06:00:00Z'],
    [
      'an hour before a time of its day',
      { at: '08:00', offset: { amount: -1, unit: 'hours' } },
      '2026-07-01T10:00:00Z',
      '2026-07-01T05:00:00Z',
    ],
  ])('an instant, %s', (_, rule, value, expected) => {
    expect(due(rule, 'Europe/Berlin', value)).toBe(on(expected))
  })

  test('only after the moment that is asked about', () => {
    const nine = Date.parse('2026-12-01T09:00Z')
    expect(due({}, 'UTC', '2026-12-01', nine - 1)).toBe('2026-12-01T09:00:00.000Z')
    expect(due({}, 'UTC', '2026-12-01', nine)).toBeNull()
  })

  test.each([null, undefined, '', 'soon', '2026', 20261201, '2026-13-01', {}])('never, when it is %o', (value) => {
    expect(nextReached({}, 'UTC', value, LONG_AGO)).toBeNull()
    expect(nextReached({ yearly: true }, 'UTC', value, LONG_AGO)).toBeNull()
  })

  test('an unknown zone is an error', () => {
    expect(() => nextReached({}, 'Mars/Olympus', '2026-01-01', 0)).toThrow(RangeError)
  })
})

describe('every year', () => {
  const yearly = { yearly: true } as const

  test('a birthday comes again, each time with its own date', () => {
    const after = Date.parse('2026-05-01T09:00Z')
    expect(nextReached(yearly, 'UTC', '1980-05-01', after)).toEqual({
      dueAt: Date.parse('2027-05-01T09:00Z'),
      date: '2027-05-01',
    })
    expect(nextReached(yearly, 'UTC', '1980-05-01', after - 1)?.date).toBe('2026-05-01')
  })

  test('a leap day is the 28th in other years', () => {
    const days: string[] = []
    for (let after = Date.parse('2024-01-01T00:00Z'); days.length < 5; ) {
      const reached = nextReached(yearly, 'UTC', '2000-02-29', after)!
      days.push(reached.date)
      after = reached.dueAt
    }
    expect(days).toEqual(['2024-02-29', '2025-02-28', '2026-02-28', '2027-02-28', '2028-02-29'])
  })

  test('not before its own year', () => {
    expect(due(yearly, 'UTC', '2030-05-01', Date.parse('2026-01-01T00:00Z'))).toBe('2030-05-01T09:00:00.000Z')
  })

  test('an offset may lie in another year', () => {
    const rule = { yearly: true, offset: { amount: -2, unit: 'weeks' } } as const
    expect(due(rule, 'UTC', '1990-01-05', Date.parse('2026-01-01T00:00Z'))).toBe('2026-12-22T09:00:00.000Z')
  })

  test('it ends with the year 9999', () => {
    expect(due(yearly, 'UTC', '2000-12-31', Date.parse('9999-12-31T10:00Z'))).toBeNull()
  })
})

// The rules again, by walking: day by day on a calendar of strings, and minute by minute on the clock of a zone.

const formats = new Map<string, Intl.DateTimeFormat>()

/** What the clock on the wall shows: `2026-03-29 01:59`. */
function shown(zone: string, ms: number): string {
  let format = formats.get(zone)
  if (format === undefined) {
    const parts = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' } as const
    format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, hourCycle: 'h23', ...parts })
    formats.set(zone, format)
  }
  return format.format(ms)
}

const DAY = 86_400_000
const dayOf = (day: string, n: number) => new Date(Date.parse(`${day}T00:00Z`) + n * DAY).toISOString().slice(0, 10)

/** A day some calendar units later, one day at a time. */
function walkDays(day: string, amount: number, unit: string): string {
  if (unit === 'weeks') return dayOf(day, amount * 7)
  if (unit === 'days') return dayOf(day, amount)
  const months = unit === 'years' ? amount * 12 : amount
  const [year, month, date] = day.split('-').map(Number) as [number, number, number]
  const at = year * 12 + month - 1 + months
  const wanted = `${String(Math.floor(at / 12)).padStart(4, '0')}-${String((((at % 12) + 12) % 12) + 1).padStart(2, '0')}`
  let found = `${wanted}-01`
  while (Number(found.slice(8)) < date && dayOf(found, 1).startsWith(wanted)) found = dayOf(found, 1)
  return found
}

/** The first real minute at which the wall shows a time, or the first after it when it is skipped. */
function walkMinutes(zone: string, day: string, at: string): number {
  const wanted = `${day} ${at}`
  for (let ms = Date.parse(`${day}T00:00Z`) - 15 * 3_600_000; ; ms += 60_000) if (shown(zone, ms) >= wanted) return ms
}

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Kiritimati',
  'America/St_Johns',
  'Africa/Casablanca',
]
const anyDay = fc
  .integer({ min: Date.parse('2019-12-20T00:00Z') / DAY, max: Date.parse('2030-01-10T00:00Z') / DAY })
  .map((n) => new Date(n * DAY).toISOString().slice(0, 10))
/** Days around which something happens: changes of the clocks, leap days, ends of months. */
const oddDay = fc.constantFrom(
  '2026-03-29',
  '2026-10-25',
  '2026-03-08',
  '2026-11-01',
  '2026-10-04',
  '2026-04-05',
  '2024-02-29',
  '2025-01-31',
  '2026-12-31',
  '2026-02-15',
  '2026-03-22',
)
const anyTime = fc.oneof(
  fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
    .map((t) => t.map((n) => String(n).padStart(2, '0')).join(':')),
  fc.constantFrom('02:00', '02:30', '01:30', '01:45', '03:00', '00:00'),
)
const anyOffset = fc.record({
  amount: fc.integer({ min: -40, max: 40 }),
  unit: fc.constantFrom(
    'minutes' as const,
    'hours' as const,
    'days' as const,
    'weeks' as const,
    'months' as const,
    'years' as const,
  ),
})

test('what is worked out is what a walk over days and minutes finds', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(fc.oneof(anyDay, oddDay), anyTime, anyOffset, fc.constantFrom(...ZONES), (day, at, offset, zone) => {
      const real = offset.unit === 'hours' || offset.unit === 'minutes'
      const target = real ? day : walkDays(day, offset.amount, offset.unit)
      const later = real ? offset.amount * (offset.unit === 'hours' ? 3_600_000 : 60_000) : 0
      expect(nextReached({ at, offset }, zone, day, LONG_AGO)?.dueAt).toBe(walkMinutes(zone, target, at) + later)
    }),
    { numRuns: 400 },
  )
})

test('years of a yearly date follow one another without a gap', () => {
  fc.assert(
    fc.property(fc.oneof(anyDay, oddDay), anyTime, anyOffset, fc.constantFrom(...ZONES), (day, at, offset, zone) => {
      const rule = { at, offset, yearly: true }
      const dates: number[] = []
      for (let after = LONG_AGO; dates.length < 12; ) {
        const reached = nextReached(rule, zone, day, after)!
        dates.push(Number(reached.date.slice(0, 4)))
        // from any moment before it, the same one is found
        expect(nextReached(rule, zone, day, reached.dueAt - 1)).toEqual(reached)
        after = reached.dueAt
      }
      expect(dates).toEqual(dates.map((_, i) => Number(day.slice(0, 4)) + i))
    }),
    { numRuns: 100 },
  )
})

test.each<[Parameters<typeof describeDate>[0], string | undefined, string]>([
  [{ offset: { amount: -3, unit: 'days' } }, 'date', "3 days before a deal's close date, at 09:00"],
  [
    { offset: { amount: 1, unit: 'months' }, at: '08:30', timezone: 'Europe/Berlin' },
    'date',
    "1 month after a deal's close date, at 08:30 (Europe/Berlin)",
  ],
  [{ yearly: true }, 'date', "on a deal's close date, at 09:00, every year"],
  [{}, 'datetime', "at a deal's close date"],
  [{ offset: { amount: -1, unit: 'hours' } }, 'datetime', "1 hour before a deal's close date"],
])('%o of a %s field in words', (rule, type, words) => {
  expect(describeDate(rule, "a deal's close date", type)).toBe(words)
})
