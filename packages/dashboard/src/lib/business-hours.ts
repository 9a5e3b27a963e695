import { type BusinessHours, WEEKDAYS } from '@kantos/model'

const NAMES = { mon: 'Mon', tue: 'Tue', wed: 'Wed', thu: 'Thu', fri: 'Fri', sat: 'Sat', sun: 'Sun' } as const
const WEEK = [...WEEKDAYS.slice(1), WEEKDAYS[0]]

/** A calendar in words: "Mon–Fri 09:00–17:00, Sat 10:00–12:00". Days that are alike stand together. */
export function hoursWords({ days }: Pick<BusinessHours, 'days'>): string {
  const spans: { from: string; to: string; hours: string }[] = []
  let last = ''
  for (const day of WEEK) {
    const hours = (days[day] ?? []).map(([from, to]) => `${from}–${to}`).join(' and ')
    const before = spans.at(-1)
    if (hours !== '' && hours === last && before !== undefined) before.to = NAMES[day]
    else if (hours !== '') spans.push({ from: NAMES[day], to: NAMES[day], hours })
    last = hours
  }
  return spans.map(({ from, to, hours }) => `${from === to ? from : `${from}–${to}`} ${hours}`).join(', ')
}

/** A moment on the calendar's clock: "Mon, Nov 23, 2026, 09:00". @param at epoch ms */
export function zonedTime(at: number, timeZone: string): string {
  return new Intl.DateTimeFormat('en', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
    timeZone,
  }).format(at)
}
