import { z } from 'zod'
import { route } from './route.ts'

const objectRef = z.string().min(1).max(100)
const recordParams = z.strictObject({ id: z.string().min(1).max(100) })
const importParams = z.strictObject({ id: z.string().min(1).max(100) })
const fieldValues = z.record(z.string(), z.unknown())
const whole = (max: number) => z.coerce.number().int().min(1).max(max)

/** A record as the API gives it: all fields of its object, null when empty. Source: SPEC.md, section 2 */
export const recordAnswer = z.object({
  id: z.string(),
  object_id: z.string(),
  field_values: fieldValues,
  created_at: z.string(),
  updated_at: z.string(),
  created_by: z.string().nullable(),
})
export type RecordAnswer = z.infer<typeof recordAnswer>

/** Pages of a list. `total_capped`: there are at least `total` records, and no more were counted. Source: SPEC.md, section 12 */
export const paginationAnswer = z.object({
  total: z.number(),
  page: z.number(),
  per_page: z.number(),
  total_pages: z.number(),
  total_capped: z.literal(true).optional(),
})
export type Pagination = z.infer<typeof paginationAnswer>

/** `filters` is the JSON text of a filter object; `q` is looked for in the text-like fields. */
export const queryRecordsRoute = route({
  method: 'get',
  path: '/crm/records/query',
  summary: 'Find records of an object',
  tag: 'records',
  policy: 'viewer',
  query: z.strictObject({
    object_id: objectRef,
    filters: z.string().max(100_000).optional(),
    q: z.string().max(200).optional(),
    sort: z.string().max(100).optional(),
    order: z.enum(['asc', 'desc']).optional(),
    page: whole(10_000_000).optional(),
    per_page: whole(1_000_000).optional(),
  }),
  status: 200,
  response: z.object({ data: z.array(recordAnswer), pagination: paginationAnswer }),
})

export const getRecordRoute = route({
  method: 'get',
  path: '/crm/record/{id}',
  summary: 'Get a record',
  tag: 'records',
  policy: 'viewer',
  params: recordParams,
  status: 200,
  response: recordAnswer,
})

/** An intake key is answered the id alone. */
export const createRecordRoute = route({
  method: 'post',
  path: '/crm/record',
  summary: 'Create a record',
  tag: 'records',
  policy: 'editor',
  intake: true,
  body: z.strictObject({ object_id: objectRef, field_values: fieldValues }),
  status: 201,
  response: z.union([recordAnswer, z.object({ id: z.string() })]),
})

export const updateRecordRoute = route({
  method: 'patch',
  path: '/crm/record/{id}',
  summary: 'Change fields of a record; null empties one',
  tag: 'records',
  policy: 'editor',
  params: recordParams,
  body: z.strictObject({ field_values: fieldValues }),
  status: 200,
  response: recordAnswer,
})

export const deleteRecordRoute = route({
  method: 'delete',
  path: '/crm/record/{id}',
  summary: 'Delete a record',
  tag: 'records',
  policy: 'editor',
  params: recordParams,
  status: 204,
  response: null,
})

/** Each entry is the values, or `{field_values: values}`. */
export const createRecordsRoute = route({
  method: 'post',
  path: '/crm/records/batch',
  summary: 'Create up to 1,000 records, all or none',
  tag: 'records',
  policy: 'editor',
  body: z.strictObject({ object_id: objectRef, records: z.array(fieldValues).min(1).max(1000) }),
  status: 201,
  response: z.object({ data: z.array(recordAnswer) }),
})

const importQuery = z.strictObject({
  object_id: objectRef,
  mapping: z.string().max(100_000).optional(),
  delimiter: z.enum([',', ';', '\t', 'tab']).optional(),
})

/** A row of a CSV file that made no record; `line` counts from 1, the header being line 1. */
export const importError = z.object({ line: z.number(), message: z.string(), field: z.string().optional() })
export type ImportError = z.infer<typeof importError>

export const IMPORT_STATUSES = ['queued', 'running', 'done', 'failed', 'cancelled'] as const

export const importAnswer = z.object({
  id: z.string(),
  object_id: z.string(),
  status: z.enum(IMPORT_STATUSES),
  total: z.number().nullable(),
  processed: z.number(),
  created: z.number(),
  failed: z.number(),
  errors: z.array(importError),
  error: z.string().nullable(),
  created_at: z.string(),
  finished_at: z.string().nullable(),
  created_by: z.string().nullable(),
})
export type ImportAnswer = z.infer<typeof importAnswer>

/**
 * The body is the CSV file (`text/csv`), or a form with it as `file`. `mapping` is the JSON text of `{"Column": "slug" | null}`; a column
 * that it leaves out is matched by slug or name.
 */
export const importRecordsRoute = route({
  method: 'post',
  path: '/crm/records/import',
  summary: 'Import records from a CSV file',
  tag: 'records',
  policy: 'editor',
  query: importQuery,
  raw: true,
  status: 202,
  response: z.object({ id: z.string() }),
})

export const previewImportRoute = route({
  method: 'post',
  path: '/crm/records/import/preview',
  summary:
    'What a CSV file, or its beginning, holds, which rows importing it would refuse, and how many runs it would start',
  tag: 'records',
  policy: 'editor',
  query: importQuery.extend({
    total: whole(100_000_000).optional().describe('rows of the whole file, when only its beginning is sent'),
  }),
  raw: true,
  status: 200,
  response: z.object({
    delimiter: z.string(),
    columns: z.array(z.object({ name: z.string(), field: z.string().nullable() })),
    rows: z.array(z.record(z.string(), z.string())),
    total: z.number(),
    checked: z.int().describe('rows that were looked at; of the others only those that can’t be read are told of'),
    refused: z.int().describe('rows that would make no record, among those'),
    problems: z.array(importError).describe('the first 20 of them, with what the import would say'),
    runs: z.int().describe('runs whose conditions hold, of all automations; what they start in turn is not counted'),
    exact: z.boolean().describe('false: worked out from the first rows'),
    automations: z
      .array(z.object({ id: z.string(), name: z.string(), runs: z.int() }))
      .describe('those that the rows start; automations that leave imports out are not among them'),
  }),
})

export const getImportRoute = route({
  method: 'get',
  path: '/crm/records/import/{id}',
  summary: 'How far an import is, and what went wrong',
  tag: 'records',
  policy: 'viewer',
  params: importParams,
  status: 200,
  response: importAnswer,
})

export const cancelImportRoute = route({
  method: 'post',
  path: '/crm/records/import/{id}/cancel',
  summary: 'Stop an import; the records it made stay',
  tag: 'records',
  policy: 'editor',
  params: importParams,
  status: 200,
  response: importAnswer,
})

export const listImportsRoute = route({
  method: 'get',
  path: '/crm/records/import',
  summary: 'The newest imports',
  tag: 'records',
  policy: 'viewer',
  query: z.strictObject({ object_id: objectRef.optional() }),
  status: 200,
  response: z.object({ data: z.array(importAnswer) }),
})

/** Answers `text/csv`: id, all fields by slug, created_at, updated_at, created_by. */
export const exportRecordsRoute = route({
  method: 'get',
  path: '/crm/records/export',
  summary: 'Export records of an object as CSV',
  tag: 'records',
  policy: 'viewer',
  query: z.strictObject({ object_id: objectRef, filters: z.string().max(100_000).optional() }),
  status: 200,
  response: z.string(),
})
