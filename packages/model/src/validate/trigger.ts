import { normalizeValue, fieldBySlug } from '../record.ts'
import type { Problem } from '../errors.ts'
import { parseFilters } from '../filters.ts'
import { objectSlug } from '../object.ts'
import type { ObjectDefinition } from '../object.ts'
import { isTimezone, minutesOf, nextTick, OFFSET_LIMIT_MS, offsetMs, parseCron } from '../schedule/index.ts'
import { TRIGGERS, triggerSchema } from '../trigger.ts'
import type { Trigger } from '../trigger.ts'
import { unknownField } from './names.ts'
import type { Names } from './names.ts'
import { isObject, kindOf, pointer, problem, shapeProblems } from './problems.ts'
import { hintFor } from './suggest.ts'
import { isTemplated, valueProblems } from './templates.ts'

const EVENTS = Object.keys(TRIGGERS)

/** The object that a trigger names, when it is there. */
export function triggerObject(trigger: unknown, objects: Names['objects']): ObjectDefinition | null {
  if (!isObject(trigger) || typeof trigger['object'] !== 'string') return null
  return objects.get(objectSlug(trigger['object'])) ?? null
}

/**
 * Checks a trigger: its shape, its object and field, the cron and the zone, filters, and the values of `from` and `to`.
 *
 * @param now epoch ms, to tell a schedule that never fires
 * @returns the problems; none when the trigger is good
 * Source: SPEC.md, section 4; SPEC-DETAILS.md, section 4
 */
export function triggerProblems(given: unknown, names: Names, now: number): Problem[] {
  const path = '/trigger'
  if (given === undefined)
    return [problem(path, 'trigger is missing', `{"event": "record.created", "object": "obj_def_leads"}`)]
  if (!isObject(given)) return [problem(path, `trigger must be an object, not ${kindOf(given)}`)]
  const event = given['event']
  const option = triggerSchema.options.find(({ shape }) => shape.event.value === event)
  if (option === undefined) {
    const message = event === undefined ? 'event is missing' : `there is no trigger ${JSON.stringify(event)}`
    return [problem(pointer(path, 'event'), message, hintFor(event, EVENTS))]
  }
  const found = shapeProblems(option, given, (keys) => pointer(path, ...keys))
  if (typeof given['object'] === 'string')
    found.push(...objectProblems(given['object'], pointer(path, 'object'), names.objects))
  if (found.length > 0) return found
  const trigger = given as Trigger
  if (trigger.event === 'field.changed') return changeProblems(trigger, names)
  if (trigger.event === 'date.reached') return dateProblems(trigger, names)
  if (trigger.event === 'schedule') return scheduleProblems(trigger, names, now)
  if (trigger.event === 'webhook.received' && typeof trigger.auth === 'object') {
    const { type, secret } = trigger.auth
    const at = pointer(path, 'auth', 'secret')
    if (secret !== undefined && type !== 'signature')
      return [problem(at, `a secret is used with the type "signature", not with "${type}"`)]
    if (secret !== undefined && secret.replace(/^whsec_/, '').trim().length < 8)
      return [problem(at, 'the secret is too short: at least 8 characters', 'leave it out to have one made')]
  }
  return found
}

/** Whether a text names an object: `obj_def_leads`, `obj_leads` or `leads`. */
export function objectProblems(ref: string, path: string, objects: Names['objects']): Problem[] {
  const slug = objectSlug(ref)
  if (objects.has(slug)) return []
  const named = [...objects.values()].find(({ name }) => name.toLowerCase() === slug.toLowerCase())
  const hint = named === undefined ? hintFor(slug, objects.keys()) : `did you mean "${named.slug}"?`
  return [problem(path, `there is no object ${JSON.stringify(ref)}`, hint)]
}

function changeProblems(trigger: Extract<Trigger, { event: 'field.changed' }>, names: Names): Problem[] {
  const object = names.object!
  const field = fieldBySlug(object, trigger.field)
  if (field === undefined) return [{ path: '/trigger/field', ...unknownField(trigger.field, object) }]
  return (['from', 'to'] as const).flatMap((side) => {
    const wanted = trigger[side]
    if (wanted === undefined || wanted === null) return []
    const many = Array.isArray(wanted)
    return (many ? wanted : [wanted]).flatMap((value, index) => {
      const path = many ? pointer('/trigger', side, index) : `/trigger/${side}`
      const shaped = field.type === 'multi_select' && typeof value === 'string' ? [value] : value
      const fits = normalizeValue(field, shaped)
      return 'error' in fits ? [problem(path, `${field.name} can't be this: ${fits.error}`, fits.hint)] : []
    })
  })
}

function scheduleProblems(trigger: Extract<Trigger, { event: 'schedule' }>, names: Names, now: number): Problem[] {
  const found: Problem[] = []
  const parsed = parseCron(trigger.cron)
  if (!parsed.ok) found.push(cronProblem(parsed))
  const ofZone = zoneProblems(trigger.timezone)
  found.push(...ofZone)
  if (parsed.ok && ofZone.length === 0 && nextTick(parsed.cron, trigger.timezone ?? 'UTC', now) === null)
    found.push(problem('/trigger/cron', 'the schedule never fires', 'check the day and the month'))
  if (trigger.filters === undefined) return found
  if (trigger.object === undefined)
    found.push(problem('/trigger/filters', 'filters need an object', 'add the object whose records they pick'))
  else found.push(...filterProblems(trigger.filters, names.object!, '/trigger/filters', { ...names, object: null }))
  return found
}

function zoneProblems(timezone: string | undefined): Problem[] {
  if (timezone === undefined || isTimezone(timezone)) return []
  const message = `there is no time zone ${JSON.stringify(timezone)}`
  return [problem('/trigger/timezone', message, 'such as Europe/Berlin or UTC')]
}

function dateProblems(trigger: Extract<Trigger, { event: 'date.reached' }>, names: Names): Problem[] {
  const found = zoneProblems(trigger.timezone)
  const object = names.object!
  const field = fieldBySlug(object, trigger.field)
  const isDate = (type: string) => type === 'date' || type === 'datetime'
  if (field === undefined) found.push({ path: '/trigger/field', ...unknownField(trigger.field, object) })
  else if (!isDate(field.type)) {
    const dates = object.fields.filter(({ type }) => isDate(type)).map(({ slug }) => slug)
    const hint = dates.length === 0 ? `add a date field to ${object.name} first` : `one of: ${dates.join(', ')}`
    found.push(problem('/trigger/field', `${field.name} is a ${field.type} field, not a date`, hint))
  }
  if (trigger.at !== undefined && (minutesOf(trigger.at) ?? 1440) === 1440)
    found.push(problem('/trigger/at', `${JSON.stringify(trigger.at)} is no time of day`, 'such as 09:00'))
  if (trigger.offset !== undefined && Math.abs(offsetMs(trigger.offset)) > OFFSET_LIMIT_MS)
    found.push(problem('/trigger/offset/amount', 'an offset is at most 100 years'))
  return found
}

function cronProblem({ error, column }: { error: string; column?: number }): Problem {
  const where = column === undefined || error.includes('column') ? '' : `, at column ${column}`
  return problem('/trigger/cron', `${error}${where}`, 'five fields: minute hour day month weekday, such as 0 9 * * 1-5')
}

/** The problems of a REST filter object, templates in its values included. */
export function filterProblems(filters: unknown, object: ObjectDefinition, path: string, names: Names): Problem[] {
  const parsed = parseFilters(object, filters, { templates: true })
  const shape = parsed.ok ? [] : parsed.problems.map((found) => problem(path + found.path, found.message, found.hint))
  return isTemplated(filters) ? [...shape, ...valueProblems(filters, path, names)] : shape
}
