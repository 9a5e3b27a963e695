import type { Rule, Group } from '../conditions/index.ts'
import { isGroup, OPERATOR_LABELS } from '../conditions/index.ts'
import type { Enrolment } from '../enrolment.ts'
import { objectSlug } from '../object-slug.ts'
import type { DateOffset } from '../schedule/date-trigger.ts'
import { offsetWords } from '../schedule/describe-date.ts'
import type { Trigger } from '../trigger.ts'

const LONGEST = 120
const VALUELESS = new Set(['is_empty', 'is_not_empty', 'changed', 'not_changed', 'increased', 'decreased'])

/** A value on one line: text as it is, lists with commas, nothing as `empty`; long ones are cut. */
export function valueWords(value: unknown): string {
  if (value === undefined || value === null || value === '') return 'empty'
  const text =
    typeof value === 'string'
      ? value
      : Array.isArray(value) && value.every((item) => typeof item !== 'object' || item === null)
        ? value.map(valueWords).join(', ')
        : JSON.stringify(value)
  const line = text.replaceAll(/\s+/g, ' ').trim()
  const letters = [...line]
  return letters.length > LONGEST ? `${letters.slice(0, LONGEST - 1).join('')}…` : line
}

/** `amount is more than 100`, `any of (status is new, score is empty)`: a rule or group as a person reads it. */
export function conditionWords(item: Rule | Group): string {
  if (isGroup(item)) return `${item.match} of (${item.rules.map(conditionWords).join(', ')})`
  const { field, operator, value } = item
  const label = OPERATOR_LABELS[operator] ?? String(operator)
  if (VALUELESS.has(operator)) return `${field} ${label}`
  if (operator === 'between' && Array.isArray(value)) return `${field} ${label} ${value.map(valueWords).join(' and ')}`
  return `${field} ${label} ${valueWords(value)}`
}

/** What starts an automation, on one line: `stage changes to Won in deals`. */
export function triggerWords(trigger: Trigger): string {
  const { event, object, ...rest } = trigger as Trigger & Record<string, unknown>
  const where = typeof object === 'string' ? ` in ${objectSlug(object)}` : ''
  const more = (...known: string[]) =>
    Object.entries(rest)
      .filter(([key, value]) => !known.includes(key) && value !== undefined)
      .map(([key, value]) => `, ${key.replaceAll('_', ' ')} ${valueWords(value)}`)
      .join('')
  switch (event as string) {
    case 'record.created':
      return `a record is created${where}${more()}`
    case 'record.updated':
      return `a record is changed${where}${more()}`
    case 'record.deleted':
      return `a record is deleted${where}${more()}`
    case 'field.changed': {
      const from = rest.from === undefined ? '' : ` from ${valueWords(rest.from)}`
      const to = rest.to === undefined ? '' : ` to ${valueWords(rest.to)}`
      return `${String(rest.field)} changes${from}${to}${where}${more('field', 'from', 'to')}`
    }
    case 'schedule':
      return `at ${valueWords(rest.cron)}${where}${more('cron')}`
    case 'date.reached':
      return `${dateWords(rest)}${where}${more('field', 'offset', 'yearly')}${rest.yearly === true ? ', every year' : ''}`
    case 'webhook.received':
      return `its URL is called${where}${more()}`
    case 'manual':
      return `somebody starts it${where}${more()}`
    default:
      return valueWords(trigger)
  }
}

function dateWords({ field, offset }: Record<string, unknown>): string {
  const when = offsetWords(offset as DateOffset | undefined)
  return when === 'on' ? `${valueWords(field)} is reached` : `it is ${when} ${valueWords(field)}`
}

/** `once in 30 days`. */
export function enrolmentWords(enrolment: Enrolment | undefined): string {
  if (typeof enrolment === 'object') {
    const { days } = enrolment.once_per
    return days === 1 ? 'once a day' : `once in ${days} days`
  }
  return (enrolment ?? 'every_time').replaceAll('_', ' ')
}
