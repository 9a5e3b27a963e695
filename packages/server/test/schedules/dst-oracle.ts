import { nextTick, parseCron } from '@kantos/model'
import { createRandom, type Random } from '../chaos/random.ts'

const MINUTE = 60_000
const STRIDE = 15

/** Zones with the first of their five years: those that gave up daylight saving are looked at while they had it. */
export const ZONES: readonly [timezone: string, year: number][] = [
  ['America/New_York', 2024],
  ['Europe/Berlin', 2024],
  ['Europe/London', 2024],
  ['Australia/Lord_Howe', 2024],
  ['America/Sao_Paulo', 2015],
  ['Pacific/Apia', 2016],
  ['Africa/Casablanca', 2024],
  ['Asia/Kolkata', 2024],
  ['Asia/Kathmandu', 2024],
  ['UTC', 2024],
]

/** Every real minute of some years in a zone: what its wall shows then, as Intl tells it. */
export interface Walk {
  timezone: string
  startMs: number
  /** the wall's minutes since 1970 */
  walls: Int32Array
  /** minutes at which the wall jumps */
  jumps: number
}

/** A cron line as lists; `hours` as text is one that runs in every real hour that it names. */
export interface Line {
  minutes: number[]
  hours: number[] | '*' | '*/2' | '*/6'
  days: number[] | '*'
  months: number[] | '*'
  weekdays: number[] | '*'
}

export function walkOf(timezone: string, year: number, years: number): Walk {
  const format = new Intl.DateTimeFormat('en', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  })
  const startMs = Date.UTC(year, 0, 1)
  const count = (Date.UTC(year + years, 0, 1) - startMs) / MINUTE
  const wallAt = (i: number): number => {
    const [month, day, inYear, hour, minute] = format
      .format(startMs + i * MINUTE)
      .split(/\D+/)
      .map(Number)
    return Date.UTC(inYear!, month! - 1, day, hour, minute) / MINUTE
  }
  const walls = new Int32Array(count)
  let jumps = 0
  let here = wallAt(0)
  for (let i = 0; i < count; i += STRIDE) {
    const next = wallAt(i + STRIDE)
    const even = next - here === STRIDE
    if (!even) jumps += 1
    for (let j = 0; j < STRIDE && i + j < count; j++) walls[i + j] = even ? here + j : wallAt(i + j)
    here = next
  }
  return { timezone, startMs, walls, jumps }
}

export function randomLine(random: Random): Line {
  const some = (most: number, min: number, max: number) =>
    [
      ...new Set(
        Array.from({ length: 1 + Math.floor(random.next() * most) }, () => Math.floor(random.between(min, max + 1))),
      ),
    ].toSorted((a, b) => a - b)
  const draw = random.next()
  return {
    minutes: some(3, 0, 59),
    // most of the changes are between midnight and four
    hours: draw < 0.55 ? some(3, 0, 4) : draw < 0.8 ? some(2, 0, 23) : random.pick(['*', '*/2', '*/6'] as const),
    days: random.next() < 0.7 ? '*' : some(3, 1, 31),
    months: random.next() < 0.8 ? '*' : some(4, 1, 12),
    weekdays: random.next() < 0.7 ? '*' : some(3, 0, 6),
  }
}

export const textOf = ({ minutes, hours, days, months, weekdays }: Line): string =>
  `${minutes} ${hours} ${days} ${months} ${weekdays}`

/** Whether a line names a minute of the wall. */
function namer(line: Line): (wall: number) => boolean {
  const { hours, days, months, weekdays } = line
  const inDay = new Uint8Array(1440)
  for (let hour = 0; hour < 24; hour++) {
    const runs = typeof hours === 'string' ? hour % Number(hours.slice(2) || 1) === 0 : hours.includes(hour)
    if (runs) for (const minute of line.minutes) inDay[hour * 60 + minute] = 1
  }
  const named = new Map<number, boolean>()
  const isDay = (day: number): boolean => {
    const date = new Date(day * 86_400_000)
    if (months !== '*' && !months.includes(date.getUTCMonth() + 1)) return false
    const byDay = days === '*' || days.includes(date.getUTCDate())
    const byWeekday = weekdays === '*' || weekdays.includes(date.getUTCDay())
    return days !== '*' && weekdays !== '*' ? byDay || byWeekday : byDay && byWeekday
  }
  return (wall) => {
    if (inDay[wall % 1440] !== 1) return false
    const day = Math.floor(wall / 1440)
    let known = named.get(day)
    if (known === undefined) {
      known = isDay(day)
      named.set(day, known)
    }
    return known
  }
}

/**
 * The ticks of a line, minute by minute: in every real minute that the wall names, or, where the hour is fixed, once for each
 * minute of the wall: the first time it is shown, and at the end of the gap when it never is.
 *
 * @returns epoch ms, in order
 * Source: SPEC.md, section 4
 */
export function walkedTicks(line: Line, { startMs, walls }: Walk): number[] {
  const names = namer(line)
  const everyHour = typeof line.hours === 'string'
  const found: number[] = []
  let latest = walls[0]! - 1
  for (let i = 0; i < walls.length; i++) {
    const wall = walls[i]!
    let ticks = false
    if (everyHour) ticks = names(wall)
    else if (wall > latest) {
      for (let shown = latest + 1; shown <= wall && !ticks; shown++) ticks = names(shown)
      latest = wall
    }
    if (ticks) found.push(startMs + i * MINUTE)
  }
  return found
}

/** The same as the product says. */
export function productTicks(line: Line, { timezone, startMs, walls }: Walk): number[] {
  const parsed = parseCron(textOf(line))
  if (!parsed.ok) throw new Error(`${textOf(line)}: ${parsed.error}`)
  const endMs = startMs + walls.length * MINUTE
  const found: number[] = []
  for (let tick = nextTick(parsed.cron, timezone, startMs - 1); tick !== null && tick < endMs; ) {
    found.push(tick)
    tick = nextTick(parsed.cron, timezone, tick)
  }
  return found
}

/** Lines drawn from a seed, the same for every zone. */
export function randomLines(count: number, seed = 1): Line[] {
  const random = createRandom(seed)
  return Array.from({ length: count }, () => randomLine(random))
}
