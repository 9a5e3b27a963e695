import {
  ACTIONS,
  type Action,
  type BranchArm,
  type DateOffset,
  DEFAULT_AT,
  describeCron,
  fieldPathWords,
  type Group,
  isGroup,
  type ObjectAnswer,
  offsetWords,
  OPERATOR_LABELS,
  parseCron,
  type Rule,
  valueShape,
} from '@kantos/model'
import { findObject, singular } from '../../lib/objects.ts'
import { number } from '../../lib/time.ts'
import { readUntil } from '../../lib/until-date.ts'
import { strings } from '../../strings/flow.ts'
import { armsOf } from './structure.ts'

/** What words are made with: the workspace's objects and its e-mail templates. */
export interface Vocabulary {
  objects: readonly ObjectAnswer[]
  templates: readonly { id: string; name: string }[]
  /** what a step is called, by its key */
  stepName?(key: string): string | undefined
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const clip = (words: string, most = 60): string => (words.length > most ? `${words.slice(0, most - 1)}…` : words)

/** A value within a sentence: `new`, `1, 2`, `nothing`. */
export function valueWords(value: unknown): string {
  if (value === null || value === undefined || value === '') return strings.emptyValue
  if (Array.isArray(value)) return value.length === 0 ? strings.emptyValue : clip(value.map(valueWords).join(', '))
  if (typeof value === 'object') return clip(JSON.stringify(value))
  // a year or a house number stays as it is
  if (typeof value === 'number' && Math.abs(value) >= 10_000) return number(value)
  return clip(String(value))
}

function noun(reference: unknown, objects: readonly ObjectAnswer[]): string {
  const object = findObject(objects, text(reference))
  return strings.a(object === undefined ? strings.record : singular(object.name))
}

/** A field's name: `close_date` → "Close date", `previous.status` → "previous Status", else the path as it is. */
export function fieldWords(path: string, object: ObjectAnswer | undefined): string {
  return fieldPathWords(path, (slug) => object?.fields.find((field) => field.slug === slug)?.name)
}

const PLACEHOLDER = /\{\{\s*([\s\S]*?)\s*\}\}/g
const NAMED = /\b(record|previous|item)\.([a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)?)/g
const FOUND = /^\s*(?:\{\{)?\s*steps\.([a-z][a-z0-9_]*)\.records\s*(?:\}\})?\s*$/

/**
 * A template for people: `{{record.email}}` → "Email", `Welcome {{record.name}}` → "Welcome ‹Name›", in a loop
 * `{{item.first_name}}` → "item’s first name".
 */
export function templateWords(template: string, object: ObjectAnswer | undefined): string {
  return template.replace(PLACEHOLDER, (whole, expression: string) => {
    const words = expression.replace(NAMED, (path: string, root: string, slug: string) =>
      root === 'item'
        ? strings.ofItem(slug.replaceAll('_', ' '))
        : fieldWords(root === 'previous' ? path : slug, object),
    )
    return whole === template.trim() ? words : `‹${words}›`
  })
}

/** A trigger in words, without the "When": "a lead is created". Source: SPEC.md, section 13 */
export function triggerWords(trigger: Readonly<Record<string, unknown>>, objects: readonly ObjectAnswer[]): string {
  const one = noun(trigger['object'], objects)
  switch (trigger['event']) {
    case 'record.created':
      return strings.created(one)
    case 'record.updated':
      return strings.updated(one)
    case 'record.deleted':
      return strings.deleted(one)
    case 'field.changed': {
      const object = findObject(objects, text(trigger['object']))
      const part = (key: 'from' | 'to'): string | null => (key in trigger ? valueWords(trigger[key]) : null)
      const field = fieldWords(text(trigger['field']) || '…', object)
      return strings.fieldChanged(field, one) + strings.fromTo(part('from'), part('to'))
    }
    case 'schedule':
      return scheduleWords(trigger, objects)
    case 'date.reached':
      return dateWords(trigger, objects)
    case 'webhook.received':
      return strings.webhook
    case 'manual':
      return strings.manual(one)
    default:
      return strings.chooseTrigger
  }
}

/** "3 days before the Close date of a deal, at 09:00". */
function dateWords(trigger: Readonly<Record<string, unknown>>, objects: readonly ObjectAnswer[]): string {
  const object = findObject(objects, text(trigger['object']))
  const slug = text(trigger['field'])
  const field = object?.fields.find((one) => one.slug === slug)
  const when = offsetWords(trigger['offset'] as DateOffset | undefined)
  const words = strings.dateReached(
    when,
    slug === '' ? '…' : fieldWords(slug, object),
    noun(trigger['object'], objects),
  )
  const at = trigger['at'] ?? (field?.type === 'date' ? DEFAULT_AT : undefined)
  const timed = at === undefined ? words : strings.atTime(words, text(at))
  return trigger['yearly'] === true ? strings.everyYear(timed) : timed
}

function scheduleWords(trigger: Readonly<Record<string, unknown>>, objects: readonly ObjectAnswer[]): string {
  const parsed = parseCron(text(trigger['cron']))
  const words = parsed.ok ? describeCron(parsed.cron) : text(trigger['cron'])
  const object = findObject(objects, text(trigger['object']))
  return object === undefined ? words : strings.scheduleFor(words, singular(object.name))
}

/** A rule as a sentence: "Status is new". */
export function ruleWords(rule: Rule, object: ObjectAnswer | undefined): string {
  const start = `${fieldWords(rule.field, object)} ${OPERATOR_LABELS[rule.operator] ?? rule.operator}`
  switch (valueShape(rule.operator)) {
    case 'none':
      return start
    case 'range': {
      const [least, most] = Array.isArray(rule.value) ? rule.value : []
      return `${start} ${valueWords(least)} ${strings.and} ${valueWords(most)}`
    }
    default:
      return `${start} ${valueWords(rule.value)}`
  }
}

/** A group as a sentence: "Status is new and (Source is web or Score is more than 10)". */
export function groupWords(group: Group, object: ObjectAnswer | undefined): string {
  const parts = group.rules.map((item) => {
    if (!isGroup(item)) return item.field === '' ? '' : ruleWords(item, object)
    return item.rules.length > 1 ? `(${groupWords(item, object)})` : groupWords(item, object)
  })
  return parts.filter((part) => part !== '').join(` ${group.match === 'all' ? strings.and : strings.or} `)
}

/** The heading of a way of a branch: "If Status is new", "Otherwise". */
export function armWords(way: BranchArm, object: ObjectAnswer | undefined): string {
  if ('else' in way) return strings.otherwise
  const rule = way.if as Rule | Group | undefined
  const words =
    rule === undefined
      ? ''
      : isGroup(rule)
        ? groupWords(rule, object)
        : rule.field === ''
          ? ''
          : ruleWords(rule, object)
  return words === '' ? `${strings.if} …` : `${strings.if} ${words}`
}

/** An action's own name, or its type's. */
export function actionName(action: Action): string {
  return action.name?.trim() || ACTIONS[action.type].label
}

const listWords = (value: unknown, object: ObjectAnswer | undefined): string =>
  (Array.isArray(value) ? value : [value]).map((one) => templateWords(text(one), object)).join(', ')

/** What an action does, in one short line. @param object of the triggering record */
export function actionWords(
  action: Action,
  { objects, templates, stepName }: Vocabulary,
  object: ObjectAnswer | undefined,
): string {
  const { config } = action
  switch (action.type) {
    case 'send_email': {
      const template = templates.find(({ id, name }) => id === config['template_id'] || name === config['template_id'])
      const what = template?.name ?? (config['template_id'] === undefined ? text(config['subject']) : strings.template)
      return what === ''
        ? strings.chooseEmail
        : strings.sendEmail(templateWords(what, object), listWords(config['to'], object))
    }
    case 'update_record': {
      const fields = Object.keys((config['fields'] as object | undefined) ?? {})
      return fields.length === 0
        ? strings.chooseFields
        : strings.setFields(fields.map((slug) => fieldWords(slug, object)).join(', '))
    }
    case 'create_record': {
      const made = findObject(objects, text(config['object_definition_id']))
      return made === undefined ? strings.chooseObject : strings.createRecord(singular(made.name))
    }
    case 'webhook':
      return config['url']
        ? strings.request(text(config['method']) || 'POST', templateWords(text(config['url']), object))
        : strings.chooseUrl
    case 'wait':
      return waitWords(config, object)
    case 'branch':
      return strings.ways(armsOf(action).length)
    case 'delete_record':
      return config['record_id'] === undefined
        ? strings.deleteRecord
        : strings.deleteOther(templateWords(text(config['record_id']), object))
    case 'find_records': {
      const searched = findObject(objects, text(config['object']))
      return searched === undefined ? strings.chooseObject : strings.find(searched.name)
    }
    case 'for_each':
      return config['items'] ? strings.forEach(itemsWords(config['items'], object, stepName)) : strings.chooseItems
    case 'stop':
      return templateWords(text(config['reason']), object) || strings.stop
  }
}

function itemsWords(items: unknown, object: ObjectAnswer | undefined, stepName: Vocabulary['stepName']): string {
  if (typeof items !== 'string') return valueWords(items)
  const step = FOUND.exec(items)?.[1]
  return step === undefined ? templateWords(items, object) : strings.foundBy(stepName?.(step) ?? step)
}

function waitWords(config: Action['config'], object: ObjectAnswer | undefined): string {
  const words = waitEndWords(config, object)
  return config['business_hours'] === true ? strings.openOnly(words) : words
}

function waitEndWords(config: Action['config'], object: ObjectAnswer | undefined): string {
  if (config['event'] !== undefined) return waitEventWords(config, object)
  if (config['until'] !== undefined) return strings.waitUntil(untilWords(text(config['until']), object))
  const time = durationWords(config)
  return time === '' ? strings.chooseWait : strings.waitFor(time)
}

/** "3 days before Close date", or what is written as it is. */
function untilWords(until: string, object: ObjectAnswer | undefined): string {
  const date = readUntil(until)
  if (date === null) return templateWords(until, object) || '…'
  const name = templateWords(`{{${date.path}}}`, object)
  return date.amount === 0 ? name : `${offsetWords(date)} ${name}`
}

function waitEventWords(config: Action['config'], object: ObjectAnswer | undefined): string {
  const event = text(config['event']) as keyof typeof strings.waitEvent
  const part = (key: 'from' | 'to'): string | null => (key in config ? valueWords(config[key]) : null)
  const words =
    event === 'field.changed'
      ? strings.waitEvent[event](
          fieldWords(text(config['field']), object) || '…',
          strings.fromTo(part('from'), part('to')),
        )
      : (strings.waitEvent[event] ?? event)
  const most = durationWords((config['timeout'] ?? {}) as Record<string, unknown>)
  return most === '' ? words : strings.atMost(words, most)
}

/** "3 days"; nothing while there is no amount. */
function durationWords({ duration, unit }: Readonly<Record<string, unknown>>): string {
  if (duration === undefined || duration === '') return ''
  return `${String(duration)} ${text(unit ?? 'minutes').replace(/s$/, '')}${duration === 1 ? '' : 's'}`
}
