import type { AutomationAnswer, Silence } from '@kantos/model'
import { duration, number, timeAgo } from '../lib/time.ts'

const usually = (perDay: number): string => {
  const times = Math.round(perDay)
  if (times < 1) return 'usually runs every few days'
  return times === 1 ? 'usually runs once a day' : `usually runs ${number(times)} times a day`
}

/** The words for an automation that doesn't do what it should. */
export const silenceStrings = {
  /** @param now epoch ms */
  silent: ({ per_day, since }: Omit<Silence, 'last_run_id'>, now: number = Date.now()) =>
    `Silent: ${usually(per_day)}, nothing for ${duration(now - Date.parse(since))}.`,
  overdue: (tick: string, now: number = Date.now()) =>
    `Its schedule was due ${timeAgo(tick, now)}, and nobody took it up. Is a worker running?`,
  lastRun: 'Its last run',
} as const

/**
 * What an automation doesn't do although it should, each in a sentence; empty when all is well.
 *
 * @param now epoch ms
 * Source: docs/health.md
 */
export function silenceWords(
  { silent, overdue }: Pick<AutomationAnswer, 'silent' | 'overdue'>,
  now?: number,
): string[] {
  return [
    ...(overdue === undefined ? [] : [silenceStrings.overdue(overdue.tick, now)]),
    ...(silent === undefined ? [] : [silenceStrings.silent(silent, now)]),
  ]
}
