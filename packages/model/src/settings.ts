import { z } from 'zod'
import {
  type BusinessHours,
  businessHoursProblem,
  isTimezone,
  OFFICE_HOURS,
  timezoneOr,
  WEEKDAYS,
} from './schedule/index.ts'

/** Stands where something is that isn't shown. */
const HIDDEN = '••••'

const days = (least: number) => z.int().min(least).max(3650)

const timezone = z.string().max(64).refine(isTimezone, 'must be an IANA time zone, such as Europe/Berlin')

const retention = z.strictObject({
  done_days: days(1).describe('runs that succeeded, were cancelled or blocked'),
  skipped_days: days(1).describe('runs whose conditions did not hold'),
  failed_days: days(1),
  events_days: days(1).describe('the history of records'),
  audit_days: days(30),
  emails_days: days(1).describe('e-mails kept in the outbox; of each workspace the newest 10,000'),
})
const loopLimits = z.strictObject({
  max_depth: z.int().min(1).max(100).describe('a chain deeper than this is blocked'),
  max_per_record: z.int().min(1).max(1000).describe('runs of one automation on one record in one chain'),
  max_per_chain: z.int().min(1).max(1_000_000).describe('runs in one chain'),
})
const failureAlerts = z.strictObject({
  enabled: z.boolean().describe('whether somebody is told when runs fail, an automation is paused, or falls silent'),
  emails: z
    .array(
      z
        .string()
        .trim()
        .max(254)
        .regex(/^[^\s@<>,;]+@[^\s@<>,;]+$/, 'must be an e-mail address'),
    )
    .max(20)
    .describe('who gets alerts; empty: the owners'),
  webhook: z
    .string()
    .trim()
    .max(2000)
    .regex(/^https?:\/\/[^\s/]/i, 'must be an http or https address')
    .nullable()
    .describe('gets alerts as signed POST requests, besides the e-mails'),
})
const autoPause = z.strictObject({
  enabled: z.boolean(),
  after: z
    .int()
    .min(2)
    .max(1000)
    .describe('failed runs without a success between them after which an automation is deactivated'),
})
const silenceWatch = z.strictObject({
  enabled: z.boolean(),
  after_hours: z
    .int()
    .min(2)
    .max(24 * 30)
    .describe('how long an automation that usually runs every day may be silent; its usual pauses come on top'),
})

const HOLIDAY_LIMIT = 1000
const openingHours = z.array(z.tuple([z.string().max(5), z.string().max(5)])).max(10)
const businessHoursShape = z.strictObject({
  timezone: timezone.nullable().describe('null: the default time zone'),
  days: z
    .strictObject(Object.fromEntries(WEEKDAYS.map((day) => [day, openingHours.optional()])))
    .describe(
      'opening hours by day, such as {"mon": [["09:00", "12:30"], ["13:30", "17:00"]]}; a day that is missing is closed',
    ) as unknown as z.ZodType<BusinessHours['days']>,
  holidays: z.array(z.string().max(10)).max(HOLIDAY_LIMIT).describe('closed days, YYYY-MM-DD'),
})
const businessHoursPatch = businessHoursShape.partial().superRefine((hours, context) => {
  const found = businessHoursProblem(hours)
  if (found !== null) context.addIssue({ code: 'custom', ...found })
})

/** The settings of a workspace. Source: SPEC.md, sections 9 and 10 */
export const settings = z
  .object({
    default_timezone: timezone.describe('of schedules and business hours that name none'),
    business_hours: businessHoursShape,
    retention,
    loop_limits: loopLimits,
    failure_alerts: failureAlerts,
    auto_pause: autoPause,
    silence_watch: silenceWatch,
  })
  .meta({ id: 'Settings' })
export type Settings = z.infer<typeof settings>

/** A change of settings; each part may be given in part. */
export const settingsPatch = z.strictObject({
  default_timezone: timezone.optional(),
  business_hours: businessHoursPatch.optional(),
  retention: retention.partial().optional(),
  loop_limits: loopLimits.partial().optional(),
  failure_alerts: failureAlerts.partial().optional(),
  auto_pause: autoPause.partial().optional(),
  silence_watch: silenceWatch.partial().optional(),
})
export type SettingsPatch = z.infer<typeof settingsPatch>

export const DEFAULT_SETTINGS: Settings = {
  default_timezone: 'UTC',
  business_hours: { ...OFFICE_HOURS, holidays: [], timezone: null },
  retention: { done_days: 30, skipped_days: 30, failed_days: 90, events_days: 90, audit_days: 365, emails_days: 30 },
  loop_limits: { max_depth: 20, max_per_record: 5, max_per_chain: 10_000 },
  failure_alerts: { enabled: true, emails: [], webhook: null },
  auto_pause: { enabled: true, after: 20 },
  silence_watch: { enabled: true, after_hours: 24 },
}

/**
 * Settings with a change laid over them.
 *
 * @param patch what changes; null or a missing part leaves the base as it is
 */
export function mergeSettings(base: Settings, patch: SettingsPatch | null | undefined): Settings {
  return {
    default_timezone: patch?.default_timezone ?? base.default_timezone,
    business_hours: { ...base.business_hours, ...patch?.business_hours },
    retention: { ...base.retention, ...patch?.retention },
    loop_limits: { ...base.loop_limits, ...patch?.loop_limits },
    failure_alerts: { ...base.failure_alerts, ...patch?.failure_alerts },
    auto_pause: { ...base.auto_pause, ...patch?.auto_pause },
    silence_watch: { ...base.silence_watch, ...patch?.silence_watch },
  }
}

/** The settings as they hold: what is stored (`workspaces.settings`) over the defaults. */
export function settingsOf(stored: unknown): Settings {
  return mergeSettings(DEFAULT_SETTINGS, stored as SettingsPatch | null)
}

/** The settings without what only those see who may change them: the address of a chat's webhook is a secret by itself. */
export function hideAddresses(settings: Settings): Settings {
  const { failure_alerts: alerts } = settings
  return alerts.webhook === null ? settings : { ...settings, failure_alerts: { ...alerts, webhook: HIDDEN } }
}

/** The calendar that waits go by: the workspace's business hours, in its own time zone unless they name another. */
export function businessHoursOf({ business_hours: hours, default_timezone }: Settings): BusinessHours {
  return { ...hours, timezone: timezoneOr(hours.timezone ?? default_timezone) }
}
