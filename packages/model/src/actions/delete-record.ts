import { z } from 'zod'
import { text } from './values.ts'

/** Delete the triggering record, or the one named. */
export const deleteRecordConfig = z.strictObject({ record_id: text.optional() })
export type DeleteRecordConfig = z.infer<typeof deleteRecordConfig>

export const deleteRecord = {
  type: 'delete_record',
  label: 'Delete Record',
  effect: false,
  config: deleteRecordConfig,
} as const
