import type { BusinessHours, OpeningHours, Weekday } from '@kantos/model'

export type Days = BusinessHours['days']

/** The days of a week as people read it. */
export const WEEK: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
const FIRST: OpeningHours = ['09:00', '17:00']

/** The hours with a day opened, or closed. */
export function withOpen(days: Days, day: Weekday, isOpen: boolean): Days {
  return withHours(days, day, isOpen ? (days[day]?.length ? days[day] : [FIRST]) : [])
}

/** The hours with others on a day; a day without any is closed. */
export function withHours(days: Days, day: Weekday, hours: readonly OpeningHours[]): Days {
  const { [day]: _, ...others } = days
  return hours.length === 0 ? others : { ...others, [day]: hours }
}

/** The hours with one more stretch on a day, an hour after the last: 09:00 to 12:00 is followed by 13:00 to 17:00. */
export function withMore(days: Days, day: Weekday): Days {
  const hours = days[day] ?? []
  const last = hours.at(-1)
  if (last === undefined) return withHours(days, day, [FIRST])
  const from = Math.min(Number(last[1].slice(0, 2)) + 1, 23)
  const to = Math.min(Math.max(from + 1, 17), 24)
  const time = (hour: number): string => `${String(hour).padStart(2, '0')}:00`
  return withHours(days, day, [...hours, [time(from), time(to)]])
}

/** All open days with the hours of Monday. */
export function likeMonday(days: Days): Days {
  const { mon } = days
  if (mon === undefined) return days
  return Object.fromEntries(WEEK.filter((day) => days[day] !== undefined).map((day) => [day, mon]))
}

/** Whether two calendars say the same, in whatever order their days stand. */
export function sameDays(a: Days, b: Days): boolean {
  return WEEK.every((day) => JSON.stringify(a[day] ?? []) === JSON.stringify(b[day] ?? []))
}

/** A closing time as an input takes it and gives it: the end of the day is 00:00 there. */
export const toInput = (time: string): string => (time === '24:00' ? '00:00' : time)
export const closingOf = (input: string): string => (input === '00:00' ? '24:00' : input)
