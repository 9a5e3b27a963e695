import type { Overview } from '@kantos/model'
import { overviewStrings } from '../../strings/overview.ts'

const words = overviewStrings.looks
/** Work that waits longer for its turn is behind. */
const BEHIND_SECONDS = 60

/** What isn't as it should be, in words; empty when all is well. */
export function worriesOf(overview: Overview): string[] {
  const { last_24_hours: day, silent, overdue, paused, backlog, on_hold: isHeld } = overview
  const behind = Math.max(backlog.oldest_due_seconds, backlog.oldest_event_seconds)
  return [
    ...(day.failed > 0 ? [words.failures(day.failed)] : []),
    ...(paused.length > 0 ? [words.paused(paused.length)] : []),
    ...(silent.length > 0 ? [words.silent(silent.length)] : []),
    ...(overdue.length > 0 ? [words.overdue(overdue.length)] : []),
    // on hold everything waits, and a line on top of the page says so
    ...(behind > BEHIND_SECONDS && !isHeld ? [words.behind(behind)] : []),
  ]
}
