import { nextTick, parseCron, timezoneOr } from '@kantos/model'

/** A schedule with its time zone: its own, else the workspace's (`settings.default_timezone`, null: none is set). */
export function inZone<T extends { timezone?: string }>(trigger: T, zone: string | null): T & { timezone: string } {
  return { ...trigger, timezone: trigger.timezone ?? timezoneOr(zone) }
}

/** The first tick after a moment, epoch ms; null when there is none. */
export function nextTickAfter(trigger: { cron: string; timezone?: string }, afterMs: number): number | null {
  const parsed = parseCron(trigger.cron)
  return parsed.ok ? nextTick(parsed.cron, trigger.timezone ?? 'UTC', afterMs) : null
}
