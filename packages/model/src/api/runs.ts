import { z } from 'zod'
import { EVENT_TYPES, SOURCES } from '../event.ts'
import { RUN_STATUSES, STEP_STATUSES, type Run, type RunStatus } from '../run.ts'
import { route } from './route.ts'
import { cursorPage, cursorQuery, instant, listOf } from './shapes.ts'

const runParams = z.strictObject({ id: z.string().min(1).max(100) })

const statuses = z
  .string()
  .max(200)
  .refine(
    (text) => text.split(',').every((status) => RUN_STATUSES.includes(status.trim() as RunStatus)),
    `A status is one of ${RUN_STATUSES.join(', ')}; several stand with commas between them.`,
  )
const moment = z
  .string()
  .max(40)
  .refine((text) => /^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(Date.parse(text)), 'A time is ISO 8601.')

const filterShape = {
  automation_id: z.string().max(100).optional(),
  status: statuses.optional().describe('several by comma: `failed,blocked`'),
  record_id: z.string().max(100).optional(),
  chain_id: z.string().max(100).optional().describe('all of a chain, but runs that were skipped'),
  parent_run_id: z
    .string()
    .max(100)
    .optional()
    .describe('those that this run’s changes started, but runs that were skipped'),
  cause: z.string().max(100).optional().describe('`key` of a group of `GET /runs/causes`'),
  unretried: z
    .union([z.boolean(), z.enum(['true', 'false'])])
    .optional()
    .describe('true: failed live runs that were neither retried nor replayed yet'),
  mode: z.enum(['live', 'test']).optional(),
  from: moment.optional().describe('started at or after; a day is its beginning, UTC'),
  to: moment.optional().describe('started at or before; a day is its end, UTC'),
}

/** Which runs: of the list, the export, the stream and a bulk action. */
export const runFilter = z.strictObject(filterShape)
export type RunFilterInput = z.infer<typeof runFilter>

const stepError = z.object({
  code: z.string(),
  message: z.string(),
  kind: z
    .enum(['transient', 'permanent'])
    .optional()
    .describe('whether it may pass by itself, or stays until somebody changes something'),
  no_retry: z.string().optional().describe('of an e-mail or request that failed for good: why it wasn’t tried again'),
})
const step = z.object({
  key: z.string(),
  type: z.string(),
  name: z.string().optional(),
  path: z.string().describe('where it stands in the document: `actions/2/conditions/1/then/0`, `actions/3/on_error/0`'),
  index: z.int().optional().describe('in a loop: the item’s place, from 0'),
  status: z.enum([...STEP_STATUSES, 'running']),
  attempt: z.int(),
  attempts: z.array(
    z.object({ attempt: z.int(), started_at: instant, finished_at: instant, error: stepError.optional() }),
  ),
  input: z.unknown(),
  output: z.unknown(),
  error: stepError.optional(),
  notes: z.array(z.string()).optional(),
  edited: z
    .object({ by: z.string(), at: instant, input: z.record(z.string(), z.unknown()) })
    .optional()
    .describe('a retry’s correction of the input: by whom, and what was given'),
  started_at: instant,
  finished_at: instant.nullable(),
  duration_ms: z.number().nullable(),
  resume_at: instant.optional(),
})

/** An execution-log entry. Source: SPEC.md, section 9 */
export const runAnswer = z
  .object({
    id: z.string(),
    automation_id: z.string(),
    automation_name: z.string(),
    version: z.int(),
    mode: z.enum(['live', 'test', 'dry_run']),
    status: z.enum(RUN_STATUSES),
    trigger: z.object({
      event: z.enum([...EVENT_TYPES, 'field.changed']),
      event_id: z.string().nullable(),
      source: z.enum(SOURCES).nullable(),
      record_id: z.string().nullable(),
      object_id: z.string().nullable(),
      actor: z.string().nullable(),
      changes: z.unknown(),
      enlistment_id: z.string().optional().describe('it was started by running the automation on existing records'),
      webhook: z
        .object({ body: z.unknown(), headers: z.unknown(), query: z.unknown() })
        .optional()
        .describe('what the call brought, with a single run: up to 64 KiB each, credentials hidden'),
    }),
    record_name: z.string().nullable().describe('what the triggering record is called, or was'),
    conditions: z.object({ passed: z.boolean(), match: z.enum(['all', 'any']), rules: z.array(z.unknown()) }),
    steps: z.array(step),
    error: stepError.extend({ step_key: z.string().optional() }).nullable(),
    started_at: instant.nullable(),
    finished_at: instant.nullable(),
    duration_ms: z.number().nullable(),
    chain: z.object({
      id: z.string().nullable(),
      depth: z.int(),
      parent_run_id: z.string().nullable(),
      path: z.array(z.unknown()).optional(),
    }),
    retry_of: z.string().nullable(),
    retried_by: z.string().optional().describe('the newest run made of this failed one'),
    cause: z.string().optional().describe('of a failed live run: its group in `GET /runs/causes`'),
    cancel_requested: z.literal(true).optional(),
  })
  .meta({ id: 'Run' }) as unknown as z.ZodType<Run>

/**
 * Entries have the whole shape. Inputs and outputs over 2,000 bytes are cut to `{truncated, size, preview}` here, and of
 * runs with very many steps only the latest are listed, unless `include=steps` asks for all.
 */
export const listRunsRoute = route({
  method: 'get',
  path: '/runs',
  summary: 'The execution log, newest first',
  tag: 'runs',
  policy: 'viewer',
  query: cursorQuery.extend({ ...filterShape, include: z.literal('steps').optional() }),
  status: 200,
  response: cursorPage(runAnswer),
})

export const getRunRoute = route({
  method: 'get',
  path: '/runs/{id}',
  summary: 'One run, whole',
  tag: 'runs',
  policy: 'viewer',
  params: runParams,
  status: 200,
  response: runAnswer,
})

/** NDJSON holds whole runs, CSV a line for each. Both are streamed, newest first. */
export const exportRunsRoute = route({
  method: 'get',
  path: '/runs/export',
  summary: 'The execution log as a file',
  tag: 'runs',
  policy: 'viewer',
  query: runFilter.extend({ format: z.enum(['ndjson', 'csv']).default('ndjson') }),
  status: 200,
  response: z.string(),
})

/**
 * Server-sent events: `event: begun` first: what changes from then on is told, so a list that is read after it lacks nothing. Then
 * `event: run`, `data:` a run as the list shows it, whenever one begins, moves on or ends; `event: left` when it
 * has come to a status that the filter doesn't name.
 */
export const streamRunsRoute = route({
  method: 'get',
  path: '/runs/stream',
  summary: 'Runs as they happen (server-sent events)',
  tag: 'runs',
  policy: 'viewer',
  query: runFilter,
  status: 200,
  response: z.string(),
})

/** Ends at once what stands still; a run whose effect is under way ends with it, and shows `cancel_requested` until then. */
export const cancelRunRoute = route({
  method: 'post',
  path: '/runs/{id}/cancel',
  summary: 'Cancel a run',
  tag: 'runs',
  policy: 'editor',
  params: runParams,
  status: 202,
  response: runAnswer,
})

export const resumeRunRoute = route({
  method: 'post',
  path: '/runs/{id}/resume',
  summary: 'End a run’s wait, or the delay before its next attempt, now',
  tag: 'runs',
  policy: 'editor',
  params: runParams,
  status: 202,
  response: runAnswer,
})

const retryVersion = z
  .enum(['same', 'newest'])
  .describe(
    'the version to go on with: the failed run’s own (default), or the newest, where the failed step still stands',
  )

/**
 * A run is retried once: what is made of it can be retried again. `newest` goes on at the step of the same key and type, in
 * the same loops, with the finished steps’ outputs; where that can’t be it is a 409 that says why. If the newest version has
 * other conditions, they are judged on the event’s values first.
 */
export const retryRunRoute = route({
  method: 'post',
  path: '/runs/{id}/retry',
  summary: 'A new run that goes on at the failed step',
  tag: 'runs',
  policy: 'editor',
  params: runParams,
  body: z
    .strictObject({
      version: retryVersion.optional(),
      input: z
        .record(z.string(), z.unknown())
        .optional()
        .describe(
          'a correction of the failed step’s input: parts of the action’s config as plain values, merged over what it renders; secrets keep the places it doesn’t touch',
        ),
      force: z.boolean().optional().describe('true: also a run that was retried before'),
    })
    .optional()
    .default({}),
  status: 202,
  response: z.object({ id: z.string() }),
})

export const replayRunRoute = route({
  method: 'post',
  path: '/runs/{id}/replay',
  summary: 'A new run of the same event, from the start, on the automation as it is now',
  tag: 'runs',
  policy: 'editor',
  params: runParams,
  status: 202,
  response: z.object({ id: z.string() }),
})

export const RUN_ACTIONS = ['retry', 'replay', 'cancel', 'resume'] as const
export type RunAction = (typeof RUN_ACTIONS)[number]
/** What can be done to all runs of a filter. */
export type BulkAction = RunAction | 'reschedule'

/**
 * Acts on the newest `limit` runs that match, and says with `next_cursor` where to go on: calling until it is null does
 * all of them, and each answer is progress. `matched` = `done` + `failed`; `errors` holds the first 20 failures.
 */
export const bulkRunsRoute = route({
  method: 'post',
  path: '/runs/bulk',
  summary: 'Retry, replay, cancel, resume or reschedule all runs that match',
  tag: 'runs',
  policy: 'editor',
  body: z.strictObject({
    action: z.enum([...RUN_ACTIONS, 'reschedule']),
    filter: runFilter.extend({ run_ids: z.array(z.string().max(100)).max(1000).optional() }),
    cursor: z.string().max(500).optional(),
    limit: z.int().min(1).max(1000).default(1000),
    version: retryVersion.optional(),
    due_at: moment.optional().describe('of reschedule: when the waits end'),
    shift_seconds: z
      .number()
      .min(-3_200_000_000)
      .max(3_200_000_000)
      .optional()
      .describe(
        'of reschedule, instead of due_at: how much later each wait ends; less than 0 is earlier, but never before now',
      ),
  }),
  status: 200,
  response: z.object({
    matched: z.int(),
    done: z.int(),
    failed: z.int(),
    errors: z.array(z.object({ run_id: z.string(), code: z.string(), message: z.string() })),
    next_cursor: z.string().nullable(),
  }),
})

/** Failed live runs of one cause: the same step of the same automation, the same error but for what differs from run to run. */
export const failureCause = z
  .object({
    key: z.string().describe('for the filter `cause` of `GET /runs` and of a bulk action'),
    automation_id: z.string(),
    automation_name: z.string(),
    step_key: z.string().nullable().describe('null: the run failed between steps'),
    code: z.string(),
    cause: z.string().describe('the message without numbers, ids and quoted values'),
    kind: z.enum(['transient', 'permanent']),
    runs: z.int(),
    capped: z.literal(true).optional().describe('there are more runs than were counted'),
    retried: z.int().describe('how many of them were retried or replayed'),
    first_at: instant.describe('when the first of them failed'),
    last_at: instant,
    sample_run_id: z.string().describe('the newest'),
  })
  .meta({ id: 'FailureCause' })
export type FailureCause = z.infer<typeof failureCause>

/** The default time is the last 7 days. What failed last comes first; `capped`: there are more causes than these. */
export const listCausesRoute = route({
  method: 'get',
  path: '/runs/causes',
  summary: 'Failures, grouped by cause',
  tag: 'runs',
  policy: 'viewer',
  query: z.strictObject({
    from: filterShape.from,
    to: filterShape.to,
    automation_id: filterShape.automation_id,
  }),
  status: 200,
  response: listOf(failureCause).extend({ capped: z.boolean() }),
})

export const VERDICTS = ['ran', 'skipped', 'blocked', 'not_matched', 'inactive', 'pending', 'expired'] as const

/** What became of an event at one automation. `expired`: its log entry is older than the log is kept. */
export const eventVerdict = z.object({
  automation_id: z.string(),
  name: z.string(),
  verdict: z.enum(VERDICTS),
  why: z.string(),
  run_id: z.string().optional(),
  run_status: z.enum(RUN_STATUSES).optional(),
})
export type EventVerdict = z.infer<typeof eventVerdict>

export const recordEvent = z
  .object({
    id: z.string(),
    type: z.enum(EVENT_TYPES),
    object_id: z.string().nullable(),
    at: instant,
    actor: z.string().nullable(),
    actor_name: z.string().nullable().describe('a user’s, a key’s, or the automation’s of a run'),
    source: z.enum(SOURCES),
    changes: z.record(z.string(), z.object({ from: z.unknown(), to: z.unknown() })).nullable(),
    automations: listOf(eventVerdict).shape.data,
  })
  .meta({ id: 'RecordEvent' })
export type RecordEvent = z.infer<typeof recordEvent>

export const listRecordEventsRoute = route({
  method: 'get',
  path: '/crm/record/{id}/events',
  summary: 'What happened to a record, and why each automation did or didn’t run',
  tag: 'runs',
  policy: 'viewer',
  params: runParams,
  query: z.strictObject({
    cursor: z.string().max(500).optional(),
    limit: z.coerce.number().int().min(1).max(100).default(25),
  }),
  status: 200,
  response: cursorPage(recordEvent),
})
