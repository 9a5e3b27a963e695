import { z } from 'zod'
import { text } from './values.ts'

/** Change fields of the triggering record, or of the one named. */
export const updateRecordConfig = z.strictObject({
  fields: z.record(z.string(), z.json()),
  record_id: text.optional(),
})
export type UpdateRecordConfig = z.infer<typeof updateRecordConfig>

export const updateRecord = {
  type: 'update_record',
  label: 'Update Record',
  effect: false,
  config: updateRecordConfig,
} as const
