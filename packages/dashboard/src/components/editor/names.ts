import { ACTIONS, type FieldAnswer, type FieldType, type ObjectAnswer, SYSTEM_FIELDS, USER_PARTS } from '@kantos/model'
import { findObject } from '../../lib/objects.ts'
import { strings } from '../../strings/editor.ts'
import type { Known, KnownStep } from './known-steps.ts'

/** Something that a template or a rule can name. */
export interface NameEntry {
  /** as it is written: `record.email`, `steps.find_records_1.count` */
  path: string
  /** for people: "Email" */
  label: string
  type: FieldType | 'any'
  /** the heading it stands under */
  section: string
  field?: FieldAnswer
  /** a record's path may be continued by hand: `webhook.body.` */
  open?: boolean
}

const SYSTEM_LABELS: ReadonlyMap<string, string> = new Map(Object.entries(strings.system))

/** The fields of a record under a prefix, with those that every record has; along references one step. */
function recordNames(
  prefix: string,
  object: ObjectAnswer,
  section: string,
  objects: readonly ObjectAnswer[],
  deep: boolean,
): NameEntry[] {
  const start = prefix === '' ? '' : `${prefix}.`
  const own = object.fields.map(
    (field): NameEntry => ({ path: start + field.slug, label: field.name, type: field.type, section, field }),
  )
  const system = [...SYSTEM_FIELDS].map(
    ([slug, type]): NameEntry => ({ path: start + slug, label: SYSTEM_LABELS.get(slug) ?? slug, type, section }),
  )
  const along = deep ? object.fields.flatMap((field) => referenceNames(start, field, objects)) : []
  return [...own, ...system, ...along]
}

function referenceNames(start: string, field: FieldAnswer, objects: readonly ObjectAnswer[]): NameEntry[] {
  if (field.type === 'user')
    return (['name', 'email'] as const).map((part) => ({
      path: `${start}${field.slug}.${part}`,
      label: `${field.name} › ${strings.userParts[part]}`,
      type: USER_PARTS.get(part)!,
      section: strings.sections.person(field.name),
    }))
  const target = field.type === 'reference' ? findObject(objects, field.options?.object ?? '') : undefined
  if (target === undefined) return []
  return target.fields.map((inner) => ({
    path: `${start}${field.slug}.${inner.slug}`,
    label: `${field.name} › ${inner.name}`,
    type: inner.type,
    section: strings.sections.along(field.name),
    field: inner,
  }))
}

function stepNames(step: KnownStep, objects: readonly ObjectAnswer[]): NameEntry[] {
  const prefix = `steps.${step.key}`
  const section = strings.sections.step(step.name ?? ACTIONS[step.type].label, step.key)
  const entry = (part: string, label: string, type: FieldType | 'any' = 'any', open = false): NameEntry => ({
    path: `${prefix}.${part}`,
    label,
    type,
    section,
    ...(open ? { open } : {}),
  })
  switch (step.type) {
    case 'find_records': {
      const first =
        step.object === undefined ? [] : recordNames(`${prefix}.first`, step.object, section, objects, false)
      return [entry('records', strings.outputs.records), entry('count', strings.outputs.count, 'number'), ...first]
    }
    case 'create_record':
    case 'update_record':
      return step.object === undefined
        ? [entry('id', strings.system.id, 'text')]
        : recordNames(prefix, step.object, section, objects, false)
    case 'webhook':
      return [
        entry('status', strings.outputs.status, 'number'),
        entry('body', strings.outputs.body, 'any', true),
        entry('headers', strings.outputs.headers, 'any', true),
      ]
    case 'send_email':
      return [entry('message_id', strings.outputs.messageId, 'text'), entry('to', strings.outputs.to)]
    case 'for_each':
      return [entry('count', strings.outputs.count, 'number')]
    case 'wait':
      return step.waitsForEvent
        ? [
            entry('timed_out', strings.outputs.timedOut, 'boolean'),
            entry('event', strings.outputs.waitEvent, 'text'),
            entry('changes', strings.outputs.changes, 'any', true),
          ]
        : []
    default:
      return []
  }
}

const WEBHOOK: readonly NameEntry[] = (['body', 'headers', 'query'] as const).map((part) => ({
  path: `webhook.${part}`,
  label: strings.webhook[part],
  type: 'any',
  section: strings.sections.webhook,
  open: true,
}))

const AROUND: readonly NameEntry[] = Object.entries(strings.around).map(([path, label]) => ({
  path,
  label,
  type: path === 'now' || path === 'event.at' ? 'datetime' : path === 'today' ? 'date' : 'text',
  section: strings.sections.around,
}))

const ERROR: readonly NameEntry[] = Object.entries(strings.error).map(([path, label]) => ({
  path,
  label,
  type: 'text',
  section: strings.sections.error,
}))

/** Everything that a template can name at a place, best first. Source: SPEC.md, section 7 */
export function templateNames(known: Known, objects: readonly ObjectAnswer[]): NameEntry[] {
  const { object, steps, item } = known
  const found: NameEntry[] = known.error === true ? [...ERROR] : []
  if (item !== null) {
    found.push({ path: 'item', label: strings.item, type: 'any', section: strings.sections.item, open: true })
    found.push({ path: 'index', label: strings.index, type: 'number', section: strings.sections.item })
    if (item.object !== undefined) found.push(...recordNames('item', item.object, strings.sections.item, objects, true))
  }
  if (object !== undefined) found.push(...recordNames('record', object, strings.sections.record, objects, true))
  if (known.webhook) found.push(...WEBHOOK)
  for (const step of steps.toReversed()) found.push(...stepNames(step, objects))
  if (object !== undefined) {
    found.push(...recordNames('previous', object, strings.sections.previous, objects, false))
    found.push({ path: 'changes', label: strings.changes, type: 'any', section: strings.sections.previous, open: true })
  }
  return [...found, ...AROUND]
}

/** Everything that a rule can look at. Inside branches also steps and the loop's item. Source: SPEC.md, section 5 */
export function ruleFields(known: Known, objects: readonly ObjectAnswer[], inside: boolean): NameEntry[] {
  const { object, steps, item } = known
  const found: NameEntry[] = []
  if (object !== undefined) found.push(...recordNames('', object, strings.sections.record, objects, true))
  if (inside && item !== null) {
    if (item.object !== undefined)
      found.push(...recordNames('item', item.object, strings.sections.item, objects, false))
    found.push({ path: 'index', label: strings.index, type: 'number', section: strings.sections.item })
  }
  if (inside && known.error === true) found.push(...ERROR)
  if (inside) for (const step of steps.toReversed()) found.push(...stepNames(step, objects))
  if (object !== undefined) found.push(...recordNames('previous', object, strings.sections.previous, objects, false))
  if (known.webhook) found.push(...WEBHOOK)
  return found
}
