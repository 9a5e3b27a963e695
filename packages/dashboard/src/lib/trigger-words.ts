import { type AutomationAnswer, describeCron, describeDate, type ObjectAnswer, parseCron } from '@kantos/model'
import { findObject, singular } from './objects.ts'

type Trigger = AutomationAnswer['trigger']

/** What starts an automation, as a sentence: "When a lead is created". Source: SPEC.md, section 4 */
export function triggerWords(trigger: Trigger, objects: readonly ObjectAnswer[]): string {
  switch (trigger.event) {
    case 'record.created':
      return `When ${aRecord(trigger.object, objects)} is created`
    case 'record.updated':
      return `When ${aRecord(trigger.object, objects)} changes`
    case 'record.deleted':
      return `When ${aRecord(trigger.object, objects)} is deleted`
    case 'manual':
      return `When started by hand on ${aRecord(trigger.object, objects)}`
    case 'field.changed': {
      const field = findObject(objects, trigger.object)?.fields.find(({ slug }) => slug === trigger.field)
      const from = trigger.from === undefined ? '' : ` from ${valueWords(trigger.from)}`
      const to = trigger.to === undefined ? '' : ` to ${valueWords(trigger.to)}`
      return `When ${field?.name ?? trigger.field} of ${aRecord(trigger.object, objects)} changes${from}${to}`
    }
    case 'schedule': {
      const each = trigger.object === undefined ? '' : `, for each matching ${nameOf(trigger.object, objects)}`
      return `${scheduleWords(trigger.cron)}${zoneWords(trigger.timezone)}${each}`
    }
    case 'date.reached': {
      const field = findObject(objects, trigger.object)?.fields.find(({ slug }) => slug === trigger.field)
      const date = `the ${field?.name ?? trigger.field} of ${aRecord(trigger.object, objects)}`
      const words = describeDate(trigger, date, field?.type)
      return words.charAt(0).toUpperCase() + words.slice(1)
    }
    case 'webhook.received':
      return 'When its own URL is called'
  }
}

function scheduleWords(cron: string): string {
  const parsed = parseCron(cron)
  if (!parsed.ok) return `On the schedule ${cron}`
  const words = describeCron(parsed.cron)
  if (/^at [\d:, and]+$/i.test(words)) return `Every day ${words.charAt(0).toLowerCase()}${words.slice(1)}`
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function zoneWords(zone: string | undefined): string {
  return zone === undefined || zone === 'UTC' ? '' : ` (${zone})`
}

function nameOf(reference: string, objects: readonly ObjectAnswer[]): string {
  return singular(findObject(objects, reference)?.name ?? reference)
}

function aRecord(reference: string, objects: readonly ObjectAnswer[]): string {
  const name = nameOf(reference, objects)
  return `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`
}

function valueWords(value: unknown): string {
  if (value === null || value === '') return 'empty'
  if (Array.isArray(value)) return value.map(valueWords).join(' or ')
  return typeof value === 'string' ? `“${value}”` : String(value)
}
