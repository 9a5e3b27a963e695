import { z } from 'zod'
import { recordAnswer } from './records.ts'
import { route } from './route.ts'
import { instant, listOf } from './shapes.ts'

const params = z.strictObject({ id: z.string().min(1).max(100) })
const filters = z
  .record(z.string(), z.unknown())
  .optional()
  .describe('which records, as in `GET /crm/records/query`: `{"status": "new"}`; default: all')

export const ENLISTMENT_STATUSES = ['running', 'done', 'cancelled', 'failed'] as const

/** An automation on its way through records that are there already. Its runs are counted as they end. */
export const enlistmentAnswer = z
  .object({
    id: z.string(),
    automation_id: z.string(),
    object_id: z.string(),
    filters: z.record(z.string(), z.unknown()),
    max: z.int().nullable(),
    per_minute: z.int().nullable(),
    status: z.enum(ENLISTMENT_STATUSES).describe('`done`: all records were handed over; runs may still be under way'),
    total: z.int().nullable().describe('records it will run on; null: too many to be counted in time'),
    started: z.int().describe('records handed over so far: a run of each has begun or is about to'),
    succeeded: z.int(),
    skipped: z.int().describe('the conditions did not hold, or the enrolment rule did not take the record'),
    failed: z.int(),
    cancelled: z.int(),
    error: z.string().nullable(),
    created_at: instant,
    created_by: z.string().nullable(),
    finished_at: instant.nullable(),
  })
  .meta({ id: 'Enlistment' })
export type Enlistment = z.infer<typeof enlistmentAnswer>

export const previewEnlistRoute = route({
  method: 'post',
  path: '/automations/{id}/enlist/preview',
  summary: 'On which existing records the automation would be run',
  tag: 'automations',
  policy: 'viewer',
  params,
  body: z.strictObject({ filters }).optional().default({}),
  status: 200,
  response: z.object({
    count: z.int().describe('records that pass the filters; conditions and enrolment are judged as each run begins'),
    count_capped: z.literal(true).optional().describe('there are more than were counted'),
    sample: z.array(recordAnswer).describe('the first five'),
    already_enrolled: z.int().describe('of these, those that the enrolment rule does not take now'),
  }),
})

/** Each record begins a chain of its own; conditions and enrolment apply; the runs go in the lane of bulk work. */
export const enlistRoute = route({
  method: 'post',
  path: '/automations/{id}/enlist',
  summary: 'Run the automation on existing records',
  tag: 'automations',
  policy: 'editor',
  params,
  body: z
    .strictObject({
      filters,
      max: z.int().min(1).max(10_000_000).optional().describe('records at most, the oldest first; default: all'),
      per_minute: z.int().min(1).max(1_000_000).optional().describe('default: as fast as bulk work goes'),
    })
    .optional()
    .default({}),
  status: 202,
  response: z.object({ id: z.string() }),
})

export const listEnlistmentsRoute = route({
  method: 'get',
  path: '/automations/{id}/enlistments',
  summary: 'The newest runs of the automation on existing records',
  tag: 'automations',
  policy: 'viewer',
  params,
  status: 200,
  response: listOf(enlistmentAnswer),
})

export const getEnlistmentRoute = route({
  method: 'get',
  path: '/enlistments/{id}',
  summary: 'How far a run on existing records is',
  tag: 'automations',
  policy: 'viewer',
  params,
  status: 200,
  response: enlistmentAnswer,
})

export const cancelEnlistmentRoute = route({
  method: 'delete',
  path: '/enlistments/{id}',
  summary: 'Stop a run on existing records; runs under way go on',
  tag: 'automations',
  policy: 'editor',
  params,
  status: 204,
  response: null,
})
