const MONTHS = 'January February March April May June July August September October November December'.split(' ')
const WEEKDAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ')
const MAX_ZONES_KEPT = 64

/** A point in time as a clock on the wall of some zone shows it. */
interface WallClock {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly millisecond: number
  /** 0 = Sunday */
  readonly weekday: number
  /** minutes east of UTC */
  readonly offset: number
  readonly zone: string
}

type Write = (clock: WallClock) => string

const pad = (value: number, width: number): string => String(value).padStart(width, '0')
const hour12 = (clock: WallClock): number => clock.hour % 12 || 12
const monthName = (clock: WallClock): string => MONTHS[clock.month - 1]!
const weekdayName = (clock: WallClock): string => WEEKDAYS[clock.weekday]!

function offsetText(clock: WallClock, separator: string, zulu: boolean): string {
  if (zulu && clock.offset === 0) return 'Z'
  const minutes = Math.abs(clock.offset)
  return `${clock.offset < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60), 2)}${separator}${pad(minutes % 60, 2)}`
}

/** The Unicode date tokens that are understood; names are English. */
const TOKENS: ReadonlyMap<string, Write> = new Map<string, Write>([
  ['y', (clock) => String(clock.year)],
  ['yy', (clock) => pad(clock.year % 100, 2)],
  ['yyyy', (clock) => pad(clock.year, 4)],
  ['Q', (clock) => String(Math.ceil(clock.month / 3))],
  ['QQQ', (clock) => `Q${Math.ceil(clock.month / 3)}`],
  ['M', (clock) => String(clock.month)],
  ['MM', (clock) => pad(clock.month, 2)],
  ['MMM', (clock) => monthName(clock).slice(0, 3)],
  ['MMMM', monthName],
  ['d', (clock) => String(clock.day)],
  ['dd', (clock) => pad(clock.day, 2)],
  ['E', (clock) => weekdayName(clock).slice(0, 3)],
  ['EE', (clock) => weekdayName(clock).slice(0, 3)],
  ['EEE', (clock) => weekdayName(clock).slice(0, 3)],
  ['EEEE', weekdayName],
  ['a', (clock) => (clock.hour < 12 ? 'AM' : 'PM')],
  ['h', (clock) => String(hour12(clock))],
  ['hh', (clock) => pad(hour12(clock), 2)],
  ['H', (clock) => String(clock.hour)],
  ['HH', (clock) => pad(clock.hour, 2)],
  ['m', (clock) => String(clock.minute)],
  ['mm', (clock) => pad(clock.minute, 2)],
  ['s', (clock) => String(clock.second)],
  ['ss', (clock) => pad(clock.second, 2)],
  ['S', (clock) => pad(clock.millisecond, 3).slice(0, 1)],
  ['SS', (clock) => pad(clock.millisecond, 3).slice(0, 2)],
  ['SSS', (clock) => pad(clock.millisecond, 3)],
  ['Z', (clock) => offsetText(clock, '', false)],
  ['xx', (clock) => offsetText(clock, '', false)],
  ['xxx', (clock) => offsetText(clock, ':', false)],
  ['XX', (clock) => offsetText(clock, '', true)],
  ['XXX', (clock) => offsetText(clock, ':', true)],
  ['VV', (clock) => clock.zone],
])

const PART = /'(?:[^']|'')*'|([a-zA-Z])\1*|[^a-zA-Z']+|'/g
const HABITS: ReadonlyMap<string, string> = new Map([
  ['YYYY', 'yyyy'],
  ['YY', 'yy'],
  ['D', 'd'],
  ['DD', 'dd'],
  ['dddd', 'EEEE'],
  ['ddd', 'EEE'],
  ['A', 'a'],
])

/**
 * What is wrong with a date format, or null.
 *
 * @param format Unicode tokens such as `yyyy-MM-dd HH:mm`; text stands in single quotes
 */
export function formatProblem(format: string): string | null {
  for (const [part, letter] of format.matchAll(PART)) {
    if (part === "'") return 'the quoted text in the date format is never closed'
    if (letter === undefined || TOKENS.has(part)) continue
    const instead = HABITS.get(part)
    return `${part} is not a date token${instead === undefined ? '; put text in single quotes' : `; write ${instead}`}`
  }
  return null
}

/**
 * Writes an instant with Unicode date tokens.
 *
 * @param ms milliseconds since 1970 UTC
 * @param format a format without problems
 * @param zone an IANA zone that is known
 * Source: SPEC-DETAILS.md, section 7
 */
export function formatDate(ms: number, format: string, zone: string): string {
  const clock = wallClock(ms, zone)
  return format.replace(PART, (part, letter: string | undefined) => {
    if (letter !== undefined) return TOKENS.get(part)?.(clock) ?? ''
    if (!part.startsWith("'")) return part
    return part === "''" ? "'" : part.slice(1, -1).replaceAll("''", "'")
  })
}

const clocks = new Map<string, Intl.DateTimeFormat>()

function zoneClock(zone: string): Intl.DateTimeFormat | null {
  const kept = clocks.get(zone)
  if (kept !== undefined) return kept
  try {
    const numeric = { year: 'numeric', month: 'numeric', day: 'numeric' } as const
    const time = { hour: 'numeric', minute: 'numeric', second: 'numeric', hourCycle: 'h23', era: 'short' } as const
    const clock = new Intl.DateTimeFormat('en-US', { timeZone: zone, calendar: 'iso8601', ...numeric, ...time })
    if (clocks.size >= MAX_ZONES_KEPT) clocks.clear()
    clocks.set(zone, clock)
    return clock
  } catch {
    return null
  }
}

/** Whether a name is a time zone, such as Europe/Vienna or UTC. */
export function isZone(zone: string): boolean {
  return zone === 'UTC' || (zone !== '' && zoneClock(zone) !== null)
}

function wallClock(ms: number, zone: string): WallClock {
  const wall = zone === 'UTC' ? ms : wallMs(ms, zone)
  const date = new Date(wall)
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    millisecond: date.getUTCMilliseconds(),
    weekday: date.getUTCDay(),
    offset: Math.round((wall - ms) / 60_000),
    zone,
  }
}

/** The wall clock's reading as if it were UTC. */
function wallMs(ms: number, zone: string): number {
  const read = new Map<string, string>()
  for (const part of zoneClock(zone)?.formatToParts(ms) ?? []) read.set(part.type, part.value)
  const number = (type: string): number => Number(read.get(type) ?? 0)
  const year = read.get('era')?.startsWith('B') ? 1 - number('year') : number('year')
  const day = new Date(0).setUTCFullYear(year, number('month') - 1, number('day'))
  const time = (number('hour') * 60 + number('minute')) * 60_000 + number('second') * 1000
  return day + time + (((ms % 1000) + 1000) % 1000)
}
