import { type Enrolment, enrolmentSchema, ON_IMPORT, type OnImport } from '../enrolment.ts'
import type { AutomationDocument } from '../automation.ts'
import { isObject, kindOf, pointer, problem, shapeProblems } from './problems.ts'
import type { Findings } from './problems.ts'
import { hintFor } from './suggest.ts'

const RULES = ['every_time', 'once_per_record', 'not_while_running'] as const
const EXAMPLE = 'every_time, once_per_record, not_while_running, or {"once_per": {"days": 30}}'
const IMPORTED: ReadonlySet<unknown> = new Set(['record.created', 'record.updated', 'field.changed', 'record.deleted'])

/**
 * Checks what decides which records are taken, `enrolment` and `on_import`.
 *
 * @param watchable null when the trigger gives a record that stays; else why it doesn't
 */
export function checkEnrolment(
  { enrolment, on_import: onImport }: AutomationDocument,
  event: unknown,
  watchable: string | null,
  { errors }: Findings,
): void {
  if (enrolment !== undefined) {
    const before = errors.length
    if (isObject(enrolment))
      errors.push(...shapeProblems(enrolmentObject, enrolment, (keys) => pointer('/enrolment', ...keys)))
    else if (!(RULES as readonly unknown[]).includes(enrolment))
      errors.push(
        problem(
          '/enrolment',
          typeof enrolment === 'string'
            ? `there is no enrolment ${JSON.stringify(enrolment)}`
            : `enrolment can't be ${kindOf(enrolment)}`,
          hintFor(enrolment, RULES)?.startsWith('did') ? hintFor(enrolment, RULES) : EXAMPLE,
        ),
      )
    if (errors.length === before && watchable !== null)
      errors.push(problem('/enrolment', watchable, 'leave it out: every event starts a run'))
  }
  if (onImport === undefined) return
  if (!(ON_IMPORT as readonly unknown[]).includes(onImport))
    errors.push(problem('/on_import', 'on_import is "run" or "skip"'))
  else if (event !== undefined && !IMPORTED.has(event))
    errors.push(problem('/on_import', 'no import starts this trigger', 'leave it out'))
}

const enrolmentObject = enrolmentSchema.options[1]

/** The default of each is the same as nothing. */
export function withoutDefaults(raw: {
  enrolment?: unknown
  on_import?: unknown
}): Pick<AutomationDocument, 'enrolment' | 'on_import'> {
  const kept: Pick<AutomationDocument, 'enrolment' | 'on_import'> = {}
  if (raw.enrolment !== undefined && raw.enrolment !== 'every_time') kept.enrolment = raw.enrolment as Enrolment
  if (raw.on_import !== undefined && raw.on_import !== 'run') kept.on_import = raw.on_import as OnImport
  return kept
}
