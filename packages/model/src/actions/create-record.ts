import { z } from 'zod'
import { text } from './values.ts'

/** Create a record of an object; `steps.<key>` is the created record. */
export const createRecordConfig = z.strictObject({
  object_definition_id: text,
  data: z.record(z.string(), z.json()),
})
export type CreateRecordConfig = z.infer<typeof createRecordConfig>

export const createRecord = {
  type: 'create_record',
  label: 'Create Record',
  effect: false,
  config: createRecordConfig,
} as const
