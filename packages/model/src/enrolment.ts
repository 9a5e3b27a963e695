import { z } from 'zod'

/** How often an automation takes one record. */
export const enrolmentSchema = z.union([
  z.enum(['every_time', 'once_per_record', 'not_while_running']),
  z.strictObject({ once_per: z.strictObject({ days: z.int().min(1).max(3650) }) }),
])
export type Enrolment = z.infer<typeof enrolmentSchema>

/** Whether the events of an import start it. */
export const ON_IMPORT = ['run', 'skip'] as const
export type OnImport = (typeof ON_IMPORT)[number]

const DAY_MS = 86_400_000
const MONTHS = 'January February March April May June July August September October November December'.split(' ')

/** Whether a rule goes by earlier enrolments, which are then kept. */
export function remembers(rule: Enrolment | undefined): boolean {
  return rule === 'once_per_record' || typeof rule === 'object'
}

/**
 * Why a record that was enrolled before isn't taken again; null: it is. A day is 24 hours.
 *
 * @param lastMs when it was last enrolled, epoch ms
 * @param nowMs epoch ms
 */
export function whyNotEnrolled(rule: Enrolment | undefined, lastMs: number, nowMs: number): string | null {
  if (rule === 'once_per_record') return `Already enrolled on ${dayOf(lastMs)}: this automation takes each record once.`
  if (typeof rule !== 'object') return null
  const { days } = rule.once_per
  const again = lastMs + days * DAY_MS
  if (nowMs >= again) return null
  return `Already enrolled on ${dayOf(lastMs)}: it can be enrolled again from ${dayOf(again)}, ${new Date(again).toISOString().slice(11, 16)} UTC.`
}

/** `3 March 2026`, UTC. */
function dayOf(ms: number): string {
  const date = new Date(ms)
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`
}
