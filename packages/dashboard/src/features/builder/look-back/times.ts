/** Days in the reader's zone, `YYYY-MM-DD`, both included; `to` empty: until now. */
export interface LookBackTimes {
  from: string
  to: string
}

const two = (value: number): string => String(value).padStart(2, '0')
const dayOf = (at: Date): string => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`

/** The last days until now. */
export function lastDays(days: number, now: Date): LookBackTimes {
  return { from: dayOf(new Date(now.getFullYear(), now.getMonth(), now.getDate() - days)), to: '' }
}

/** The same as instants: from the beginning of the first day to the end of the last one. */
export function lookBackBody({ from, to }: LookBackTimes): { from?: string; to?: string } {
  return {
    ...(from === '' ? {} : { from: startOf(from, 0) }),
    ...(to === '' ? {} : { to: startOf(to, 1) }),
  }
}

function startOf(day: string, later: number): string {
  const [year, month, date] = day.split('-').map(Number)
  return new Date(year!, month! - 1, date! + later).toISOString()
}

/** Every day of a time span (UTC), with how many runs there were; the rest of a day at its beginning only if there were any. */
export function everyDay(
  from: string,
  to: string,
  found: readonly { date: string; runs: number }[],
): { date: string; runs: number }[] {
  const runs = new Map(found.map(({ date, runs: count }) => [date, count]))
  const days: { date: string; runs: number }[] = []
  const last = Date.parse(to) - 1
  for (let at = Date.parse(`${from.slice(0, 10)}T00:00:00Z`); at <= last; at += 86_400_000) {
    const date = new Date(at).toISOString().slice(0, 10)
    days.push({ date, runs: runs.get(date) ?? 0 })
  }
  const isRest = Date.parse(from) % 86_400_000 !== 0
  return isRest && days.length > 1 && days[0]!.runs === 0 ? days.slice(1) : days
}
