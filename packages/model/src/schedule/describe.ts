import type { Cron } from './cron.ts'

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const TIMES_LIMIT = 6

const two = (value: number): string => String(value).padStart(2, '0')

function listed(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}

/** Values with runs of three and more as ranges: 1, 2, 3, 5 → "1 to 3 and 5". */
function ranges(values: readonly number[], word: (value: number) => string): string {
  const words: string[] = []
  for (let i = 0; i < values.length; ) {
    let last = i
    while (values[last + 1] === values[last]! + 1) last++
    if (last - i >= 2) words.push(`${word(values[i]!)} to ${word(values[last]!)}`)
    else for (let j = i; j <= last; j++) words.push(word(values[j]!))
    i = last + 1
  }
  return listed(words)
}

/** The step of values that go evenly through a whole circle (0, 15, 30, 45 of 60 → 15), else null. */
function stepOf(values: readonly number[], size: number): number | null {
  const step = size / values.length
  return values.length > 1 && Number.isInteger(step) && values.every((value, i) => value === i * step) ? step : null
}

function timeOfDay({ minutes, hours }: Cron): string {
  const everyHour = hours.length === 24
  const hourStep = stepOf(hours, 24)
  const minuteStep = minutes.length === 60 ? 1 : stepOf(minutes, 60)
  if (everyHour && minuteStep !== null) return minuteStep === 1 ? 'Every minute' : `Every ${minuteStep} minutes`
  if (!everyHour && minutes.length * hours.length <= TIMES_LIMIT && hourStep === null) {
    return `At ${listed(hours.flatMap((hour) => minutes.map((minute) => `${two(hour)}:${two(minute)}`)))}`
  }
  const hourly = everyHour
    ? 'every hour'
    : hourStep === null
      ? `hours ${ranges(hours, String)}`
      : `every ${hourStep} hours`
  if (minutes.length === 1 && minutes[0] === 0 && (everyHour || hourStep !== null)) return `E${hourly.slice(1)}`
  if (minuteStep !== null) return `Every ${minuteStep === 1 ? 'minute' : `${minuteStep} minutes`} of ${hourly}`
  const nouns = minutes.length === 1 ? 'minute' : 'minutes'
  return `At ${nouns} ${ranges(minutes, String)} of ${hourly}`
}

function weekdayWords(weekdays: readonly number[]): string {
  const fromMonday = [...weekdays].map((day) => (day === 0 ? 7 : day)).sort((a, b) => a - b)
  return ranges(fromMonday, (day) => WEEKDAYS[day % 7]!)
}

/**
 * A cron in words, as a screen shows it: `At 09:00 from Monday to Friday`. It is in the schedule's own zone.
 * Source: SPEC.md, sections 4 and 13
 */
export function describeCron(cron: Cron): string {
  const days: string[] = []
  if (cron.daysGiven && cron.days.length < 31) {
    days.push(`day${cron.days.length === 1 ? '' : 's'} ${ranges(cron.days, String)} of the month`)
  }
  if (cron.weekdaysGiven && cron.weekdays.length < 7) days.push(weekdayWords(cron.weekdays))
  const eitherIsAll = cron.daysGiven && cron.weekdaysGiven && days.length < 2
  const isOneRange = days.length === 1 && /^\w+day to \w+day$/.test(days[0]!)
  const on = days.length === 0 || eitherIsAll ? '' : ` ${isOneRange ? 'from' : 'on'} ${days.join(' or ')}`
  const inMonths = cron.months.length === 12 ? '' : ` in ${ranges(cron.months, (month) => MONTHS[month - 1]!)}`
  return `${timeOfDay(cron)}${on}${inMonths}`
}
