import type { FieldValues } from '@kantos/model'

/** A record as the table holds it; ids are UUIDs. */
export interface RecordRow {
  id: string
  object: string
  data: FieldValues
  createdAt: Date
  updatedAt: Date
  createdBy: string | null
}
