import { type FieldValues, type ObjectDefinition, publicId, uuidOf } from '@kantos/model'
import { findRecords } from '../records/query.ts'
import { refusal } from '../records/write.ts'
import type { RecordRow } from '../records/row.ts'
import type { Setting } from './setting.ts'
import { notFound, refuse } from './tried.ts'

/**
 * The record to try it on: invented, chosen, or the newest one. It is in the writes' memory then.
 *
 * @param chosen its public id
 * @throws ApiError NOT_FOUND, VALIDATION_ERROR (another object's, values that don't fit, none there), BAD_REQUEST (unknown field)
 */
export async function readSample(
  setting: Setting,
  object: ObjectDefinition,
  chosen = setting.request.record_id,
): Promise<RecordRow> {
  const { client, workspaceId, writes, request } = setting
  if (request.record !== undefined) return inventRecord(setting, object, request.record)
  if (chosen !== undefined) {
    const id = uuidOf('record', chosen)
    if (id === null) notFound('There is no such record.')
    const row = await take(setting, id)
    if (row === null) notFound('There is no such record.')
    if (row.object !== object.slug)
      refuse('/record_id', `The record is of ${row.object}; the automation is about ${object.slug}.`)
    return row
  }
  const overlay = writes.overlay(workspaceId, object.slug)
  const [newest] = await findRecords(client, workspaceId, object, { limit: 1, overlay })
  if (newest === undefined)
    refuse('/record_id', `There is no record of ${object.name} yet.`, 'invent one: "record": {…}')
  setting.notes.push(
    `No record was chosen, so the newest of ${object.name} was taken: ${publicId('record', newest.id)}.`,
  )
  return (await take(setting, newest.id))!
}

/** Reads a record for writing, as the writes have it. */
export async function take({ writes, workspaceId }: Setting, id: string): Promise<RecordRow | null> {
  await writes.read([{ workspaceId, id }], true)
  return writes.get(workspaceId, id) ?? null
}

/** Values as they are, or a whole record as the API gives it. */
function valuesOf(given: FieldValues, object: ObjectDefinition): { values: FieldValues; at: string } {
  const inner = given['field_values']
  const whole = typeof inner === 'object' && inner !== null && !Array.isArray(inner)
  if (!whole || object.fields.some(({ slug }) => slug === 'field_values')) return { values: given, at: '/record' }
  return { values: inner as FieldValues, at: '/record/field_values' }
}

async function inventRecord(setting: Setting, object: ObjectDefinition, given: FieldValues): Promise<RecordRow> {
  const { writes, workspace, cause } = setting
  const { values, at } = valuesOf(given, object)
  const result = await writes.create(workspace.catalogue, object, values, cause)
  if (!result.ok) throw refusal(result, object, at)
  return result.row
}
