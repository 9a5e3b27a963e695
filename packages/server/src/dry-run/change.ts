import {
  applyValues,
  fieldName,
  type FieldValues,
  normalizeValues,
  type ObjectDefinition,
  type Trigger,
} from '@kantos/model'
import type { RecordRow } from '../records/row.ts'
import { refusal } from '../records/write.ts'
import type { Setting } from './setting.ts'

/** A change about to be played: what the fields are said to have been, and what they become. */
interface Wanted {
  from: FieldValues
  to: FieldValues
}

/**
 * Plays an invented change on a record in memory, through the write path: `{stage: "Won"}`, or `{stage: {from, to}}`.
 *
 * @returns the record afterwards
 * @throws ApiError BAD_REQUEST (unknown field), VALIDATION_ERROR (a value that doesn't fit), with paths below `/changes`
 */
export async function playChange(
  setting: Setting,
  object: ObjectDefinition,
  row: RecordRow,
  changes: FieldValues,
): Promise<RecordRow> {
  return play(setting, object, row, wantedOf(row, changes))
}

/**
 * Plays the change that a field.changed trigger waits for, when the request tells none.
 *
 * @returns the record afterwards
 */
export async function playTriggerChange(
  setting: Setting,
  object: ObjectDefinition,
  row: RecordRow,
  trigger: Extract<Trigger, { event: 'field.changed' }>,
): Promise<RecordRow> {
  const { field } = trigger
  const now = row.data[field] ?? null
  const to = trigger.to === undefined ? now : firstOf(trigger.to)
  let from = trigger.from === undefined ? null : firstOf(trigger.from)
  if (trigger.from === undefined && JSON.stringify(now) !== JSON.stringify(to)) from = now
  setting.notes.push(
    `No change was given, so ${fieldName(object, field)} was taken to change from ${say(from)} to ${say(to)}.`,
  )
  return play(setting, object, row, { from: { [field]: from }, to: { [field]: to } })
}

function wantedOf(row: RecordRow, changes: FieldValues): Wanted {
  const from: FieldValues = {}
  const to: FieldValues = {}
  for (const slug of Object.keys(changes)) {
    const given = changes[slug]
    if (!isMove(given)) to[slug] = given
    else {
      to[slug] = 'to' in given ? given.to : (row.data[slug] ?? null)
      if ('from' in given) from[slug] = given.from
    }
  }
  return { from, to }
}

function isMove(given: unknown): given is { from?: unknown; to?: unknown } {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return false
  const keys = Object.keys(given)
  return keys.length > 0 && keys.every((key) => key === 'from' || key === 'to')
}

async function play(
  { writes, workspaceId, workspace, cause }: Setting,
  object: ObjectDefinition,
  row: RecordRow,
  { from, to }: Wanted,
): Promise<RecordRow> {
  // what a field was needn't be what it may be, so a required one may have been empty
  const before = normalizeValues(object, withoutEmpty(from), 'update')
  if (before.unknown.length + before.errors.length > 0)
    throw refusal({ ok: false, code: 'VALIDATION_ERROR', ...before }, object, '/changes')
  if (Object.keys(from).length > 0) {
    const emptied = Object.fromEntries(Object.keys(from).map((slug) => [slug, null]))
    const data = applyValues(applyValues(row.data, emptied), before.values)
    writes.assume(workspaceId, row.id, { ...row, data })
  }
  const result = await writes.update(workspace.catalogue, row.id, to, cause)
  if (!result.ok) throw refusal(result, object, '/changes')
  return result.row
}

function withoutEmpty(values: FieldValues): FieldValues {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== ''))
}

function firstOf(wanted: unknown): unknown {
  return Array.isArray(wanted) ? (wanted[0] ?? null) : wanted
}

function say(value: unknown): string {
  return value === null || value === undefined ? 'empty' : JSON.stringify(value)
}
