import { WAIT_KEYS, waitKind, type WaitConfig } from '../actions/wait.ts'
import { compileExpression } from '../expressions/index.ts'
import { parseMoment, parseNumber } from '../notation.ts'
import { normalizeValue, fieldBySlug } from '../record.ts'
import { durationMs } from '../schedule/index.ts'
import type { ActionCheck } from './actions.ts'
import { unknownField } from './names.ts'
import { pointer, problem } from './problems.ts'
import { expressionProblems, isTemplated, templateProblems, valueProblems } from './templates.ts'

type Config = Record<string, unknown>

/**
 * Checks a wait: one of its three kinds, with nothing of another; a bare `until` gets its braces.
 *
 * Source: SPEC.md, section 6; SPEC-DETAILS.md, section 6
 */
export function checkWait(check: ActionCheck, config: Config): void {
  const { errors, place } = check
  const wait = config as WaitConfig
  const kind = waitKind(wait)
  for (const [other, keys] of Object.entries(WAIT_KEYS))
    for (const key of keys)
      if (other !== kind && config[key] !== undefined) {
        if (kind !== 'duration') {
          const message = 'a wait has either duration and unit, or until, or event with a timeout'
          errors.push(problem(place.at(kind === 'until' ? 'until' : key), message))
        } else errors.push(problem(place.at(key), `${key} belongs to a wait with ${other}`))
        return
      }
  if (kind === 'event') checkEvent(check, wait)
  else if (kind === 'until') checkUntil(check, config, wait.until!)
  else checkDuration(check, config)
}

function checkDuration({ errors, place, names }: ActionCheck, { duration, unit }: Config): void {
  if (duration === undefined) {
    const hint = '{"duration": 3, "unit": "days"}, or {"until": "{{record.due_date}}"}'
    errors.push(problem(place.at(unit === undefined ? 'until' : 'duration'), 'the wait doesn’t say how long', hint))
    return
  }
  if (unit === undefined)
    errors.push(problem(place.at('unit'), 'unit is missing', 'one of: seconds, minutes, hours, days, weeks'))
  errors.push(...amountProblems(duration, unit, place.at('duration'), names))
}

function amountProblems(duration: unknown, unit: unknown, path: string, names: ActionCheck['names']) {
  if (typeof duration === 'string' && isTemplated(duration)) return templateProblems(duration, path, names)
  const amount = typeof duration === 'number' ? duration : parseNumber(typeof duration === 'string' ? duration : '')
  if (amount === undefined) return [problem(path, 'duration must be a number')]
  if (amount < 0) return [problem(path, 'duration can’t be less than 0')]
  if (unit !== undefined && durationMs(amount, unit) === null)
    return [problem(path, 'the wait is too long: at most 100 years')]
  return []
}

function checkUntil({ errors, place, names }: ActionCheck, config: Config, until: string): void {
  const path = place.at('until')
  if (isTemplated(until)) errors.push(...templateProblems(until, path, names))
  else if (parseMoment(until.trim()) === undefined) {
    const found = until.trim() === '' ? [problem(path, 'until is empty')] : expressionProblems(until, path, names)
    errors.push(...found)
    if (found.length > 0) return
    if (compileExpression(until).paths.length === 0 && !until.includes('('))
      errors.push(
        problem(path, `${JSON.stringify(until)} is not a date`, "such as 2027-01-31, or {{date_add(now, 3, 'days')}}"),
      )
    else config['until'] = `{{${until.trim()}}}`
  }
}

/** Why a run that this trigger starts has no record whose events could be waited for; null: it has one. */
export function unwatchable(event: unknown, names: ActionCheck['names']): string | null {
  if (event === 'record.deleted') return 'the record is deleted as the run starts, so nothing happens to it any more'
  if (event === 'webhook.received' || names.object === null) return 'the trigger gives no record that could be watched'
  return null
}

function checkEvent({ errors, place, names, event: trigger }: ActionCheck, wait: WaitConfig): void {
  const { event, field: slug, timeout } = wait
  const obstacle = unwatchable(trigger, names)
  if (obstacle !== null) {
    errors.push(problem(place.at('event'), obstacle, 'wait for a time instead'))
    return
  }
  if (timeout === undefined)
    errors.push(problem(place.at('timeout'), 'timeout is missing', '{"duration": 3, "unit": "days"}'))
  else errors.push(...amountProblems(timeout.duration, timeout.unit, place.at('timeout', 'duration'), names))
  if (event !== 'field.changed') {
    for (const key of ['field', 'from', 'to'] as const)
      if (wait[key] !== undefined) errors.push(problem(place.at(key), `${key} belongs to the event "field.changed"`))
    return
  }
  if (slug === undefined) {
    errors.push(problem(place.at('field'), 'field is missing', 'the field whose change is waited for'))
    return
  }
  const field = fieldBySlug(names.object!, slug)
  if (field === undefined) {
    errors.push({ path: place.at('field'), ...unknownField(slug, names.object!) })
    return
  }
  for (const side of ['from', 'to'] as const) {
    const wanted = wait[side]
    if (wanted === undefined || wanted === null) continue
    const many = Array.isArray(wanted)
    for (const [index, value] of (many ? wanted : [wanted]).entries()) {
      const path = many ? pointer(place.at(side), index) : place.at(side)
      if (isTemplated(value)) {
        errors.push(...valueProblems(value, path, names))
        continue
      }
      const fits = normalizeValue(field, field.type === 'multi_select' && typeof value === 'string' ? [value] : value)
      if ('error' in fits) errors.push(problem(path, `${field.name} can't be this: ${fits.error}`, fits.hint))
    }
  }
}
