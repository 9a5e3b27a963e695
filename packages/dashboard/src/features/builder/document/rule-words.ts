import type { Enrolment, ObjectAnswer } from '@kantos/model'
import { groupWords } from '../../../components/flow/words.ts'
import { sentence } from '../../../lib/sentence.ts'
import { strings } from '../../../strings/builder.ts'
import type { Draft } from './draft.ts'

const words = strings.rules

/** Which of the four ways an enrolment is. */
export type EnrolmentKind = keyof typeof words.enrolments

export function enrolmentKind(rule: Enrolment | undefined): EnrolmentKind {
  return typeof rule === 'object' ? 'once_per' : (rule ?? 'every_time')
}

/** How often an automation takes a record, in words. */
export function enrolmentWords(rule: Enrolment | undefined): string {
  return typeof rule === 'object' ? words.oncePer(rule.once_per.days) : words.enrolments[rule ?? 'every_time']
}

/** How an automation runs beside its trigger and its steps, in one sentence. */
export function rulesWords(draft: Draft, object: ObjectAnswer | undefined): string {
  const { enrolment, on_import: onImport, serial, exit } = draft
  const until = exit === undefined ? '' : groupWords(exit, object)
  const parts = [
    enrolmentWords(enrolment),
    onImport === 'skip' ? words.noImports : '',
    serial === true ? words.oneAtATime : '',
    until === '' ? '' : words.exits(until),
  ]
  return sentence(parts.filter((part) => part !== '').join('; '))
}

const RECORD_EVENTS: ReadonlySet<unknown> = new Set([
  'record.created',
  'record.updated',
  'field.changed',
  'record.deleted',
])

/** Whether imports can start it. */
export function isOfRecords({ trigger }: Draft): boolean {
  return RECORD_EVENTS.has(trigger['event'])
}

/** Whether its runs have a record that stays, so that they can be counted and ended by it. */
export function hasRecord({ trigger }: Draft): boolean {
  const { event, object } = trigger
  if (event === 'webhook.received' || event === 'record.deleted') return false
  return event !== 'schedule' || object !== undefined
}
