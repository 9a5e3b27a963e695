import { nextTick, parseCron } from '@kantos/model'

/** The first tick after a moment, epoch ms; null when there is none. */
export function nextTickAfter(trigger: { cron: string; timezone?: string }, afterMs: number): number | null {
  const parsed = parseCron(trigger.cron)
  return parsed.ok ? nextTick(parsed.cron, trigger.timezone ?? 'UTC', afterMs) : null
}
