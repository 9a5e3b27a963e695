import { objectId, type ObjectDefinition, publicId, type RecordAnswer, readValues } from '@kantos/model'
import type { RecordRow } from './row.ts'

/** A record as the API gives it: all fields of its object, null when empty. Source: SPEC.md, section 2 */
export function presentRecord(row: RecordRow, object: ObjectDefinition): RecordAnswer {
  return {
    id: publicId('record', row.id),
    object_id: objectId(row.object),
    field_values: readValues(object, row.data),
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
    created_by: row.createdBy,
  }
}
