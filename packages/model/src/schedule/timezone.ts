import { Temporal } from 'temporal-polyfill'
import type { WallMs } from './wall.ts'

const UTC_NAMES = new Set(['UTC', 'Etc/UTC', 'GMT', 'Etc/GMT'])
const known = new Map<string, boolean>()
const KNOWN_LIMIT = 2000

/** Whether a text names a zone of the IANA database (`Europe/Berlin`, `UTC`); offsets such as `+02:00` don't. Source: SPEC.md, section 4 */
export function isTimezone(text: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+\-/]{0,63}$/.test(text)) return false
  let valid = known.get(text)
  if (valid === undefined) {
    try {
      valid = new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone.length > 0
    } catch {
      valid = false
    }
    if (known.size < KNOWN_LIMIT) known.set(text, valid)
  }
  return valid
}

/** A zone that is stored; UTC when none is, or one that isn't known. */
export function timezoneOr(text: string | null | undefined, other = 'UTC'): string {
  return typeof text === 'string' && isTimezone(text) ? text : other
}

/** A zone's rules, as far as ticks need them. */
export interface Zone {
  /** what is to be added to an instant (epoch ms) to get its wall time, ms */
  offsetAt(epochMs: number): number
  /** the next change of the offset strictly after an instant, epoch ms; null when none is known */
  nextChange(epochMs: number): number | null
  /** the instant of a wall time: in a gap the first one after it, of a repeated time the first */
  instantOf(wall: WallMs): number
}

const utc: Zone = { offsetAt: () => 0, nextChange: () => null, instantOf: (wall) => wall }

/**
 * The rules of a zone.
 *
 * @throws RangeError if the zone isn't known (`isTimezone`)
 */
export function zoneOf(timezone: string): Zone {
  if (!isTimezone(timezone)) throw new RangeError(`Unknown time zone: ${timezone}`)
  if (UTC_NAMES.has(timezone)) return utc
  const at = (epochMs: number) => Temporal.Instant.fromEpochMilliseconds(epochMs).toZonedDateTimeISO(timezone)
  const offsetAt = (epochMs: number): number => at(epochMs).offsetNanoseconds / 1e6
  const nextChange = (epochMs: number): number | null =>
    at(epochMs).getTimeZoneTransition('next')?.epochMilliseconds ?? null
  return {
    offsetAt,
    nextChange,
    instantOf(wall) {
      const shown = Temporal.Instant.fromEpochMilliseconds(wall).toZonedDateTimeISO('UTC').toPlainDateTime()
      const first = shown.toZonedDateTime(timezone, { disambiguation: 'earlier' })
      if (first.toPlainDateTime().equals(shown)) return first.epochMilliseconds
      return nextChange(first.epochMilliseconds) ?? first.epochMilliseconds
    },
  }
}
