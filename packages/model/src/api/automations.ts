import { z } from 'zod'
import { ACTION_TYPES } from '../actions/index.ts'
import type { OnError } from '../automation.ts'
import { groupSchema } from '../conditions/index.ts'
import { automationInput } from '../document-schema.ts'
import { enrolmentSchema, ON_IMPORT } from '../enrolment.ts'
import { RUN_STATUSES } from '../run.ts'
import { triggerSchema } from '../trigger.ts'
import { overdueAnswer, silenceAnswer } from './health.ts'
import { paginationAnswer } from './records.ts'
import { route } from './route.ts'
import { instant } from './shapes.ts'
import { waitingRunsQuery, waitingRunsResult } from './versions.ts'

const automationParams = z.strictObject({ id: z.string().max(100) })
const versionParams = z.strictObject({
  id: z.string().max(100),
  n: z
    .string()
    .regex(/^[1-9]\d{0,8}$/)
    .transform(Number),
})
const pages = {
  page: z.coerce.number().int().min(1).max(1_000_000).default(1),
  per_page: z.coerce.number().int().min(1).max(100).default(25),
}

const problemAnswer = z.object({
  path: z.string().describe('JSON pointer into what was sent'),
  message: z.string(),
  hint: z.string().optional(),
})

const onError = z
  .union([z.enum(['stop', 'continue']), z.object({ actions: z.array(z.record(z.string(), z.unknown())) })])
  .describe(
    'when the action fails: end the run, go on, or run these actions, which see `error.code`, `error.message` and `error.step_key`, and then go on',
  ) as unknown as z.ZodType<OnError>

const actionAnswer = z.object({
  key: z.string(),
  name: z.string().optional(),
  type: z.enum(ACTION_TYPES),
  config: z.record(z.string(), z.unknown()),
  on_error: onError.optional(),
})

const documentParts = {
  trigger: triggerSchema,
  conditions: groupSchema,
  actions: z.array(actionAnswer),
  serial: z.boolean().optional(),
  exit: groupSchema.optional(),
  enrolment: enrolmentSchema.optional().describe('how often it takes one record; absent: every time'),
  on_import: z
    .enum(ON_IMPORT)
    .optional()
    .describe('whether records that a CSV import brings start it; absent: they do'),
}

/** An automation as the API gives it. Source: SPEC.md, section 3 */
export const automationAnswer = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  status: z.enum(['inactive', 'active']),
  mode: z.enum(['live', 'test']),
  version: z.number(),
  ...documentParts,
  flags: z.array(z.object({ code: z.enum(['LOOP', 'POISON', 'FAILING']), run_id: z.string(), at: z.string() })),
  webhook: z
    .object({ url: z.string(), token: z.string().optional(), secret: z.string().optional() })
    .optional()
    .describe('where a webhook.received automation is called; token and secret are not shown to viewers'),
  next_tick_at: instant.nullable().optional().describe('of an active schedule'),
  backfill: z
    .object({ done: z.number(), total: z.number().nullable() })
    .optional()
    .describe('of an active date trigger, while it goes through the records that were there'),
  silent: silenceAnswer.optional().describe('of an active automation that no longer runs as it usually does'),
  overdue: overdueAnswer.optional().describe('of an active schedule whose tick nobody took up'),
  activated_at: instant.nullable(),
  created_at: instant,
  updated_at: instant,
  created_by: z.string().nullable(),
  warnings: z.array(problemAnswer).optional().describe('of a save: what may go wrong, such as a loop'),
  waiting_runs: z
    .number()
    .optional()
    .describe('of one automation: runs that wait, or stand in a queue, at most 10,000 are counted'),
  waiting_runs_result: waitingRunsResult.optional().describe('of a save that moves or cancels waiting runs'),
})
export type AutomationAnswer = z.infer<typeof automationAnswer>

/**
 * Runs that began on a day (UTC), and failures that happened on it; skipped and test runs aren't counted. `capped`: there are more than were
 * counted.
 */
export const dayStats = z.object({
  date: z.string(),
  runs: z.number(),
  failed: z.number(),
  capped: z.literal(true).optional(),
})

export const automationListItem = automationAnswer.extend({
  last_run: z
    .object({
      id: z.string(),
      status: z.enum(RUN_STATUSES),
      started_at: instant.nullable(),
      finished_at: instant.nullable(),
    })
    .nullable(),
  stats: z.object({ runs: z.number(), failed: z.number(), days: z.array(dayStats) }),
})
export type AutomationListItem = z.infer<typeof automationListItem>

const versionLine = z.object({
  version: z.number(),
  name: z.string(),
  current: z.boolean(),
  created_at: instant,
  created_by: z.string().nullable(),
})
export const versionAnswer = versionLine.extend({
  description: z.string().optional().describe('absent where it was not kept yet'),
  ...documentParts,
})
export type VersionAnswer = z.infer<typeof versionAnswer>

export const listAutomationsRoute = route({
  method: 'get',
  path: '/automations',
  summary: 'List automations, each with its last run and its runs of the last 7 days',
  tag: 'automations',
  policy: 'viewer',
  query: z.strictObject({
    status: z.enum(['inactive', 'active']).optional(),
    mode: z.enum(['live', 'test']).optional(),
    object: z.string().min(1).max(100).optional(),
    q: z.string().max(200).optional().describe('part of the name or description'),
    ...pages,
  }),
  status: 200,
  response: z.object({ data: z.array(automationListItem), pagination: paginationAnswer }),
})

export const createAutomationRoute = route({
  method: 'post',
  path: '/automations',
  summary: 'Create an automation; with status "active" it starts at once',
  tag: 'automations',
  policy: 'editor',
  body: automationInput,
  status: 201,
  response: automationAnswer,
})

export const validateAutomationRoute = route({
  method: 'post',
  path: '/automations/validate',
  summary: 'Check an automation without saving it',
  tag: 'automations',
  policy: 'viewer',
  body: automationInput,
  status: 200,
  response: z.object({ valid: z.boolean(), errors: z.array(problemAnswer), warnings: z.array(problemAnswer) }),
})

export const getAutomationRoute = route({
  method: 'get',
  path: '/automations/{id}',
  summary: 'Get an automation',
  tag: 'automations',
  policy: 'viewer',
  params: automationParams,
  status: 200,
  response: automationAnswer,
})

export const updateAutomationRoute = route({
  method: 'put',
  path: '/automations/{id}',
  summary: 'Save an automation as a new version; without status and mode those stay',
  tag: 'automations',
  policy: 'editor',
  params: automationParams,
  query: waitingRunsQuery,
  body: automationInput,
  status: 200,
  response: automationAnswer,
})

export const deleteAutomationRoute = route({
  method: 'delete',
  path: '/automations/{id}',
  summary: 'Delete an automation; its waiting runs are cancelled, its log is kept',
  tag: 'automations',
  policy: 'editor',
  params: automationParams,
  status: 204,
  response: null,
})

export const activateAutomationRoute = route({
  method: 'post',
  path: '/automations/{id}/activate',
  summary: 'Activate an automation',
  tag: 'automations',
  policy: 'editor',
  params: automationParams,
  status: 200,
  response: automationAnswer,
})

export const deactivateAutomationRoute = route({
  method: 'post',
  path: '/automations/{id}/deactivate',
  summary: 'Deactivate an automation; runs under way end as they would',
  tag: 'automations',
  policy: 'editor',
  params: automationParams,
  status: 200,
  response: automationAnswer,
})

export const duplicateAutomationRoute = route({
  method: 'post',
  path: '/automations/{id}/duplicate',
  summary: 'Copy an automation; the copy is inactive',
  tag: 'automations',
  policy: 'editor',
  params: automationParams,
  status: 201,
  response: automationAnswer,
})

export const setAutomationModeRoute = route({
  method: 'put',
  path: '/automations/{id}/mode',
  summary: 'Switch between live and test mode',
  tag: 'automations',
  policy: 'editor',
  params: automationParams,
  body: z.strictObject({ mode: z.enum(['live', 'test']) }),
  status: 200,
  response: automationAnswer,
})

export const runAutomationRoute = route({
  method: 'post',
  path: '/automations/{id}/run',
  summary: 'Start an active automation on records; conditions are evaluated',
  tag: 'automations',
  policy: 'editor',
  params: automationParams,
  body: z.union([
    z.strictObject({ record_id: z.string().max(100) }),
    z.strictObject({ record_ids: z.array(z.string().max(100)).min(1).max(1000) }),
  ]),
  status: 202,
  response: z.object({
    data: z.array(
      z.object({
        run_id: z.string(),
        record_id: z.string(),
        why: z.string().optional().describe('the run will be skipped: why the enrolment rule does not take the record'),
      }),
    ),
  }),
})

const upcomingDate = z.object({
  record_id: z.string(),
  record_name: z.string().nullable(),
  date: z.string().nullable().describe('what its field holds'),
  due_at: instant,
})
export type UpcomingDate = z.infer<typeof upcomingDate>

export const listUpcomingRoute = route({
  method: 'get',
  path: '/automations/{id}/upcoming',
  summary: 'The next 20 records whose dates an active automation reaches, soonest first',
  tag: 'automations',
  policy: 'viewer',
  params: automationParams,
  status: 200,
  response: z.object({ data: z.array(upcomingDate) }),
})

export const listVersionsRoute = route({
  method: 'get',
  path: '/automations/{id}/versions',
  summary: 'List the versions of an automation, newest first',
  tag: 'automations',
  policy: 'viewer',
  params: automationParams,
  query: z.strictObject(pages),
  status: 200,
  response: z.object({ data: z.array(versionLine), pagination: paginationAnswer }),
})

export const getVersionRoute = route({
  method: 'get',
  path: '/automations/{id}/versions/{n}',
  summary: 'Get a version of an automation',
  tag: 'automations',
  policy: 'viewer',
  params: versionParams,
  status: 200,
  response: versionAnswer,
})

export const restoreVersionRoute = route({
  method: 'post',
  path: '/automations/{id}/versions/{n}/restore',
  summary: 'Save an older version again, as the newest one',
  tag: 'automations',
  policy: 'editor',
  params: versionParams,
  query: waitingRunsQuery,
  status: 200,
  response: automationAnswer,
})
