const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' })
/** A unit, its length in seconds, and how many of it there must be: thirteen days are no week. */
const STEPS: [Intl.RelativeTimeFormatUnit, number, number?][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['week', 604_800, 2],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
]

/** What is ahead reads as it was set while hardly any of it has passed: a wait of two hours is "in 2 hr.", not "in 1 hr.". */
const HARDLY = 1.02

/**
 * An instant seen from now: "5 min. ago", "in 3 days". Days are the calendar's in the reader's zone, so "tomorrow" is tomorrow.
 *
 * @param iso such as `2026-11-23T15:04:05.678Z`
 */
export function timeAgo(iso: string, now: number = Date.now()): string {
  const at = Date.parse(iso)
  const seconds = Math.round((at - now) / 1000)
  const reach = Math.abs(seconds) * (seconds > 0 ? HARDLY : 1)
  for (const [unit, size, least = 1] of STEPS) {
    if (reach < size * least) continue
    const count = unit === 'day' ? calendarDays(now, at) : roundAhead(seconds / size)
    if (count !== 0) return relative.format(count, unit)
  }
  if (Math.abs(seconds) < 5) return 'just now'
  return relative.format(seconds, 'second')
}

const roundAhead = (count: number): number => (count > 0 ? Math.round(count) : Math.trunc(count))

function calendarDays(from: number, to: number): number {
  const midnight = (ms: number) => {
    const date = new Date(ms)
    return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate())
  }
  return (midnight(to) - midnight(from)) / 86_400_000
}

const dateAndTime = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' })
const exact = new Intl.DateTimeFormat('en', { dateStyle: 'full', timeStyle: 'long' })
const day = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeZone: 'UTC' })

/** An instant in the reader's zone: "Nov 23, 2026, 3:04 PM". */
export function dateTime(iso: string): string {
  return Number.isNaN(Date.parse(iso)) ? iso : dateAndTime.format(new Date(iso))
}

/** An instant in full, for a tooltip. */
export function exactTime(iso: string): string {
  return Number.isNaN(Date.parse(iso)) ? iso : exact.format(new Date(iso))
}

/** A calendar day, which has no zone: `2026-11-23` → "Nov 23, 2026". */
export function dayWords(date: string): string {
  return Number.isNaN(Date.parse(date)) ? date : day.format(new Date(`${date.slice(0, 10)}T00:00:00Z`))
}

/** A duration in ms: 840 → "840 ms", 12_300 → "12.3 s", 5_400_000 → "1 h 30 min". */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  const minutes = Math.round(ms / 60_000)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}

const count = new Intl.NumberFormat('en')

/** A count with its thousands marked: 4812 → "4,812". */
export function number(value: number): string {
  return count.format(value)
}

const SIZES = ['kB', 'MB', 'GB', 'TB'] as const

/** A size in bytes: 840 → "840 B", 12_300 → "12 kB", 1_500_000_000 → "1.5 GB". */
export function bytes(size: number): string {
  if (size < 1000) return `${Math.round(size)} B`
  let value = size
  let unit = -1
  while (value >= 999.95 && unit < SIZES.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${value < 10 ? Math.round(value * 10) / 10 : Math.round(value)} ${SIZES[unit]}`
}
