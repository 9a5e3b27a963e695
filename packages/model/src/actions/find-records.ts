import { z } from 'zod'
import { text } from './values.ts'

export const sortSchema = z.union([
  text,
  z.strictObject({ field: z.string(), order: z.enum(['asc', 'desc']).optional() }),
])

/** Look records up; `steps.<key>.records | count | first`. `filters` is the REST filter object. */
export const findRecordsConfig = z.strictObject({
  object: text,
  filters: z.record(z.string(), z.json()).optional(),
  sort: sortSchema.optional(),
  limit: z.number().int().min(1).max(1000).optional(),
})
export type FindRecordsConfig = z.infer<typeof findRecordsConfig>

export const findRecords = {
  type: 'find_records',
  label: 'Find Records',
  effect: false,
  config: findRecordsConfig,
} as const
