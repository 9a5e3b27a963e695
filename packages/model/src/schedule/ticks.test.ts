import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isTimezone, nextTick, parseCron, ticks } from './index.ts'
import type { Cron } from './index.ts'

function cronOf(text: string): Cron {
  const parsed = parseCron(text)
  if (!parsed.ok) throw new Error(`${text}: ${parsed.error}`)
  return parsed.cron
}

const MINUTE = 60_000
const isoOf = (tick: number): string => new Date(tick).toISOString().replace(':00.000Z', 'Z')

describe('ticks that the rules name', () => {
  test.each<[string, string, string, string[]]>([
    ['0 9 * * *', 'Europe/Berlin', '2026-03-28T08:00Z', ['2026-03-29T07:00Z', '2026-03-30T07:00Z']],
    ['30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', ['2026-03-29T01:00Z', '2026-03-30T00:30Z']],
    ['15,45 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z', ['2026-03-29T01:00Z', '2026-03-30T00:15Z']],
    [
      '0,30 2,3 * * *',
      'Europe/Berlin',
      '2026-03-28T12:00Z',
      ['2026-03-29T01:00Z', '2026-03-29T01:30Z', '2026-03-30T00:00Z'],
    ],
    ['30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', ['2026-10-25T00:30Z', '2026-10-26T01:30Z']],
    ['30 2 * * *', 'Europe/Berlin', '2026-10-25T00:30Z', ['2026-10-26T01:30Z']],
    ['45 2 * * *', 'Europe/Berlin', '2026-10-25T01:35Z', ['2026-10-26T01:45Z', '2026-10-27T01:45Z']],
    [
      '30 * * * *',
      'Europe/Berlin',
      '2026-10-25T00:00Z',
      ['2026-10-25T00:30Z', '2026-10-25T01:30Z', '2026-10-25T02:30Z'],
    ],
    ['30 * * * *', 'Europe/Berlin', '2026-03-29T00:00Z', ['2026-03-29T00:30Z', '2026-03-29T01:30Z']],
    ['30 2 * * *', 'America/New_York', '2026-03-07T12:00Z', ['2026-03-08T07:00Z', '2026-03-09T06:30Z']],
    ['30 1 * * *', 'America/New_York', '2026-10-31T12:00Z', ['2026-11-01T05:30Z', '2026-11-02T06:30Z']],
    ['15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00Z', ['2026-10-03T15:30Z', '2026-10-04T15:15Z']],
    ['0 0 * * *', 'America/Sao_Paulo', '2018-11-03T12:00Z', ['2018-11-04T03:00Z', '2018-11-05T02:00Z']],
    ['0 9 * * *', 'Pacific/Apia', '2011-12-29T20:00Z', ['2011-12-30T10:00Z', '2011-12-30T19:00Z']],
    ['0 0 29 2 *', 'UTC', '2097-01-01T00:00Z', ['2104-02-29T00:00Z', '2108-02-29T00:00Z']],
    ['0 0 13 * fri', 'UTC', '2026-02-01T00:00Z', ['2026-02-06T00:00Z', '2026-02-13T00:00Z', '2026-02-20T00:00Z']],
    ['0 0 1 1 *', 'Asia/Kathmandu', '1985-06-01T00:00Z', ['1985-12-31T18:30Z', '1986-12-31T18:15Z']],
  ])('%s in %s after %s', (text, timezone, from, expected) => {
    expect(ticks(cronOf(text), timezone, Date.parse(from), expected.length).map(isoOf)).toEqual(expected)
  })

  test('a tick is strictly later than the moment asked about', () => {
    const cron = cronOf('0 9 * * *')
    const nine = Date.parse('2026-06-01T09:00Z')
    expect(nextTick(cron, 'UTC', nine)).toBe(nine + 86_400_000)
    expect(nextTick(cron, 'UTC', nine - 1)).toBe(nine)
    expect(nextTick(cron, 'UTC', nine - 0.5)).toBe(nine)
  })

  test('beyond the end of time there is no tick', () => {
    expect(nextTick(cronOf('0 9 * * *'), 'UTC', Date.parse('9999-12-31T09:00Z'))).toBeNull()
    expect(nextTick(cronOf('0 * * * *'), 'Europe/Berlin', 8.64e15)).toBeNull()
    expect(nextTick(cronOf('0 9 * * *'), 'Europe/Berlin', Number.NaN)).toBeNull()
    expect(ticks(cronOf('0 9 * * *'), 'UTC', 0, 0)).toEqual([])
  })
})

test('zones have names, offsets don’t count', () => {
  expect(['Europe/Berlin', 'UTC', 'Asia/Calcutta', 'Etc/GMT+3', 'America/Argentina/Ushuaia'].every(isTimezone)).toBe(
    true,
  )
  expect(
    ['', '+02:00', 'Mars/Olympus', 'Berlin', 'Z', 'Europe/Berlin ', '../etc/passwd', 'constructor'].some(isTimezone),
  ).toBe(false)
  expect(() => nextTick(cronOf('0 9 * * *'), 'Mars/Olympus', 0)).toThrow(RangeError)
})

/** Three days around changes of the offset; one zone without any. */
const WINDOWS: [string, string][] = [
  ['Europe/Berlin', '2026-03-28'],
  ['Europe/Berlin', '2026-10-24'],
  ['Europe/Dublin', '2026-10-24'],
  ['America/New_York', '2026-03-07'],
  ['America/New_York', '2026-10-31'],
  ['Australia/Lord_Howe', '2026-10-02'],
  ['Australia/Lord_Howe', '2026-04-03'],
  ['America/Sao_Paulo', '2018-11-02'],
  ['America/Sao_Paulo', '2018-02-16'],
  ['Pacific/Apia', '2011-12-28'],
  ['Africa/Casablanca', '2026-02-14'],
  ['Africa/Casablanca', '2026-03-21'],
  ['Asia/Kathmandu', '1985-12-30'],
  ['Asia/Kolkata', '2026-12-30'],
  ['UTC', '2026-02-27'],
]

interface Minute {
  at: number
  /** what the clock on the wall shows, as `Date.UTC` counts */
  wall: number
}

/** Every real minute of three days, with its wall time as Intl tells it. */
function walk(timezone: string, day: string): Minute[] {
  const format = new Intl.DateTimeFormat('en', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  })
  const start = Date.parse(`${day}T00:00Z`)
  return Array.from({ length: 3 * 1440 }, (_, i) => {
    const at = start + i * MINUTE
    const [month, date, year, hour, minute] = format.format(at).split(/\D+/).map(Number)
    return { at, wall: Date.UTC(year!, month! - 1, date, hour, minute) }
  })
}

const walks = WINDOWS.map(([timezone, day]) => ({ timezone, minutes: walk(timezone, day) }))

interface Line {
  minutes: number[] | '*'
  hours: number[] | '*' | '*/2' | '*/3'
  days: number[] | '*'
  weekdays: number[] | '*'
}

const textOf = ({ minutes, hours, days, weekdays }: Line): string => `${minutes} ${hours} ${days} * ${weekdays}`

function names(line: Line, wall: number): boolean {
  const date = new Date(wall)
  const hour = date.getUTCHours()
  const inHour =
    typeof line.hours === 'string'
      ? line.hours === '*' || hour % Number(line.hours.slice(2)) === 0
      : line.hours.includes(hour)
  if (!inHour || (line.minutes !== '*' && !line.minutes.includes(date.getUTCMinutes()))) return false
  const byDay = line.days === '*' || line.days.includes(date.getUTCDate())
  const byWeekday = line.weekdays === '*' || line.weekdays.includes(date.getUTCDay())
  return line.days !== '*' && line.weekdays !== '*' ? byDay || byWeekday : byDay && byWeekday
}

/** The rules again, minute by minute: every real minute, or every wall minute and where it went. */
function oracle(line: Line, minutes: readonly Minute[]): number[] {
  if (typeof line.hours === 'string') return minutes.filter(({ wall }) => names(line, wall)).map(({ at }) => at)
  const found = new Set<number>()
  const shown = new Set<number>()
  minutes.forEach(({ at, wall }, i) => {
    const before = minutes[i - 1]?.wall ?? wall - MINUTE
    for (let skipped = before + MINUTE; skipped < wall; skipped += MINUTE) if (names(line, skipped)) found.add(at)
    if (!shown.has(wall) && names(line, wall)) found.add(at)
    shown.add(wall)
  })
  return [...found]
}

function ticksWithin(line: Line, timezone: string, minutes: readonly Minute[]): number[] {
  const cron = cronOf(textOf(line))
  const end = minutes.at(-1)!.at
  const found: number[] = []
  let tick = nextTick(cron, timezone, minutes[0]!.at - 1)
  while (tick !== null && tick <= end) {
    found.push(tick)
    tick = nextTick(cron, timezone, tick)
  }
  return found
}

const some = (min: number, max: number): fc.Arbitrary<number[]> =>
  fc.uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength: 3 })
const open = (days: fc.Arbitrary<number[]>): fc.Arbitrary<number[] | '*'> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant<'*'>('*') }, { weight: 1, arbitrary: days })
const anyLine: fc.Arbitrary<Line> = fc.record({
  minutes: fc.oneof(some(0, 59), fc.constant<number[]>([0]), fc.constant<number[]>([0, 15, 30, 45])),
  hours: fc.oneof<fc.Arbitrary<Line['hours']>[]>(some(0, 23), some(0, 4), fc.constantFrom('*', '*/2', '*/3')),
  days: open(some(1, 31)),
  weekdays: open(some(0, 6)),
})

describe('ticks are those that a walk over every minute finds', () => {
  test.each(walks)('$timezone', ({ timezone, minutes }) => {
    const everyMinute: Line = { minutes: '*', hours: [0, 1, 2, 3], days: '*', weekdays: '*' }
    const hourly: Line = { minutes: [0, 30], hours: '*', days: '*', weekdays: '*' }
    for (const line of [everyMinute, hourly])
      expect(ticksWithin(line, timezone, minutes)).toEqual(oracle(line, minutes))
    fc.assert(
      fc.property(anyLine, (line) => {
        expect(ticksWithin(line, timezone, minutes)).toEqual(oracle(line, minutes))
      }),
      { numRuns: 120 },
    )
  })

  test('the windows hold gaps and repetitions', () => {
    const jumps = walks.map(
      ({ minutes }) => minutes.filter(({ wall }, i) => i > 0 && wall - minutes[i - 1]!.wall !== MINUTE).length,
    )
    expect(jumps.filter((count) => count > 0).length).toBe(13)
  })
})

test('from any moment, the next tick is the first of the list that is later', () => {
  const list = ticks(cronOf('*/30 1,2,3 * * *'), 'Europe/Berlin', Date.parse('2026-10-23T00:00Z'), 40)
  fc.assert(
    fc.property(fc.integer({ min: list[0]!, max: list.at(-1)! - 1 }), (moment) => {
      expect(nextTick(cronOf('*/30 1,2,3 * * *'), 'Europe/Berlin', moment)).toBe(list.find((tick) => tick > moment))
    }),
  )
})
