export {
  addBusinessTime,
  businessHoursProblem,
  minutesOf,
  nextOpening,
  OFFICE_HOURS,
  WEEKDAYS,
} from './business-hours.ts'
export type { BusinessHours, OpeningHours, Weekday } from './business-hours.ts'
export { parseCron } from './cron.ts'
export type { Cron, ParsedCron } from './cron.ts'
export { nextReached, OFFSET_LIMIT_MS, offsetMs } from './date-trigger.ts'
export type { DateOffset, DateRule, DateTrigger, ReachedDate } from './date-trigger.ts'
export { DEFAULT_AT, describeDate, offsetWords } from './describe-date.ts'
export { describeCron } from './describe.ts'
export { DURATION_LIMIT_MS, DURATION_UNITS, durationMs } from './duration.ts'
export type { DurationUnit } from './duration.ts'
export { nextTick, ticks } from './ticks.ts'
export { isTimezone, timezoneOr } from './timezone.ts'
