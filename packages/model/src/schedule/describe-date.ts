import type { DateOffset, DateRule } from './date-trigger.ts'

/** When a date field's day begins to count, unless the trigger says otherwise. */
export const DEFAULT_AT = '09:00'

/** `3 days before`, `1 hour after`, `on`. */
export function offsetWords(offset: DateOffset | undefined): string {
  if (offset === undefined || offset.amount === 0) return 'on'
  const count = Math.abs(offset.amount)
  const unit = count === 1 ? offset.unit.slice(0, -1) : offset.unit
  return `${count} ${unit} ${offset.amount < 0 ? 'before' : 'after'}`
}

/**
 * A date trigger in words: `3 days before a deal's close date, at 09:00`.
 *
 * @param date what is reached: `a deal's close date`
 * @param type the field's; a date field has a time of day also when the rule names none
 */
export function describeDate(rule: DateRule & { timezone?: string }, date: string, type?: string): string {
  const at = rule.at ?? (type === 'datetime' ? undefined : DEFAULT_AT)
  const zone = rule.timezone === undefined || rule.timezone === 'UTC' ? '' : ` (${rule.timezone})`
  const when = offsetWords(rule.offset)
  const words = at === undefined && when === 'on' ? `at ${date}` : `${when} ${date}`
  return `${words}${at === undefined ? '' : `, at ${at}`}${zone}${rule.yearly === true ? ', every year' : ''}`
}
