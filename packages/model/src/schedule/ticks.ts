import type { Cron } from './cron.ts'
import { zoneOf } from './timezone.ts'
import type { Zone } from './timezone.ts'
import { nextWall } from './wall.ts'

/** Changes of the offset within which a tick is looked for: more than nine years of any zone. */
const SEGMENT_LIMIT = 80
const LAST_MS = 253_402_300_799_999 // 9999-12-31T23:59:59.999Z

/**
 * The next tick of a cron with fixed hours: counted in local wall time. A time in a gap is the first instant after it, a repeated one
 * the first of the two; wall times that fall on one instant are one tick. Instants never fall back as wall times go on, so the first
 * that is later is the next.
 */
function nextFixed(cron: Cron, zone: Zone, afterMs: number): number | null {
  let wall = nextWall(cron, Math.floor((afterMs + zone.offsetAt(afterMs)) / 60_000) * 60_000 + 60_000)
  while (wall !== null) {
    const instant = zone.instantOf(wall)
    if (instant > afterMs) return instant
    wall = nextWall(cron, wall + 60_000)
  }
  return null
}

/**
 * The next tick of a cron that runs in every real hour: the next instant whose wall time it names. It goes from change to change of
 * the offset, between which instants and wall times run alike, so both of a repeated hour have theirs.
 */
function nextReal(cron: Cron, zone: Zone, afterMs: number): number | null {
  let from = afterMs + 1
  for (let i = 0; i < SEGMENT_LIMIT; i++) {
    const offset = zone.offsetAt(from)
    const wall = nextWall(cron, from + offset)
    if (wall === null) return null
    const instant = wall - offset
    const change = zone.nextChange(from)
    if (change === null || instant < change) return instant
    from = change
  }
  return null
}

/**
 * The next tick of a schedule. A local time that a DST change skips runs right after the gap; one that repeats runs once; a cron whose
 * hour is `*` or a step runs in every real hour.
 *
 * @param timezone IANA name
 * @param afterMs epoch ms; the tick is strictly later
 * @returns epoch ms, or null when none comes within nine years, or before the year 10000
 * @throws RangeError if the zone isn't known
 * Source: SPEC.md, section 4
 */
export function nextTick(cron: Cron, timezone: string, afterMs: number): number | null {
  const after = Math.floor(afterMs)
  const zone = zoneOf(timezone)
  if (!(after < LAST_MS)) return null
  const tick = cron.everyRealHour ? nextReal(cron, zone, after) : nextFixed(cron, zone, after)
  return tick === null || tick > LAST_MS ? null : tick
}

/**
 * The next ticks of a schedule, in order.
 *
 * @param fromMs epoch ms; all ticks are strictly later
 * @param n how many; fewer come back when there are no more
 * @returns epoch ms
 * @throws RangeError if the zone isn't known
 * Source: SPEC.md, section 4
 */
export function ticks(cron: Cron, timezone: string, fromMs: number, n: number): number[] {
  const found: number[] = []
  let tick = nextTick(cron, timezone, fromMs)
  while (tick !== null && found.length < n) {
    found.push(tick)
    tick = found.length < n ? nextTick(cron, timezone, tick) : null
  }
  return found
}
