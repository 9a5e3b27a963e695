import { z } from 'zod'
import { route } from './route.ts'
import { failureCause } from './runs.ts'
import { instant } from './shapes.ts'

export const ALERT_KINDS = ['failing', 'paused', 'silent', 'overdue'] as const
const DELIVERIES = ['pending', 'sent', 'captured', 'failed', 'off'] as const

const automationName = { automation_id: z.string(), automation_name: z.string() }

/** What people were told of, or will be. */
export const alertAnswer = z
  .object({
    id: z.string(),
    kind: z
      .enum(ALERT_KINDS)
      .describe(
        'failing: runs failed of one cause; paused: the automation was deactivated since it only failed; silent: it no longer runs as it usually does; overdue: nobody took up a tick of its schedule',
      ),
    ...automationName,
    at: instant,
    since: instant.describe('the first of the failures; when the silence began; the tick'),
    runs: z.int().nullable().describe('failures that it tells of'),
    run_id: z.string().nullable().describe('the newest of them; of a silence the last run'),
    mail: z.enum(DELIVERIES).describe('captured: in the outbox, since there is no mail server; off: nobody to tell'),
    webhook: z.enum(DELIVERIES),
    error: z.string().nullable().describe('why it could not be sent'),
  })
  .meta({ id: 'Alert' })
export type Alert = z.infer<typeof alertAnswer>

/** Of an automation that no longer runs as it usually does. Source: docs/health.md */
export const silenceAnswer = z.object({
  since: instant.describe('its last run'),
  per_day: z.number().describe('how often it usually runs'),
  last_run_id: z.string().nullable(),
})
export type Silence = z.infer<typeof silenceAnswer>

/** Of a schedule that nobody took up. Source: docs/health.md */
export const overdueAnswer = z.object({ tick: instant.describe('when it was due') })

const counted = z.object({ count: z.int(), capped: z.boolean().describe('there are more than were counted') })
const rate = z.object({
  runs: z.int().describe('whose conditions held'),
  failed: z.int(),
  error_rate: z
    .number()
    .nullable()
    .describe('failed by runs, 0 to 1; while `counting`, of whole hours that are counted; null: there was no run'),
})

/** How the workspace fares. Live runs only. */
export const overview = z
  .object({
    at: instant,
    counted_to: instant.describe('how far the log is added up; later runs are counted one by one'),
    counting: z.boolean().describe('too many runs are later: they are not in the counts yet'),
    on_hold: z.boolean(),
    backlog: z.object({
      due: counted.describe('runs that could go on now'),
      oldest_due_seconds: z.number().describe('how long the first of them has waited'),
      events: counted.describe('events that nobody took up yet'),
      oldest_event_seconds: z.number(),
      waiting: counted.describe('runs that wait for a time, an event, a retry or their turn'),
    }),
    hours: z
      .array(
        z.object({
          hour: instant,
          runs: z.int().describe('that began then, and whose conditions held'),
          failed: z.int().describe('that failed then'),
          skipped: z.int(),
        }),
      )
      .describe('the last 24 hours, the oldest first; the newest is under way'),
    last_24_hours: rate,
    week_before: rate.describe('the 7 days before those 24 hours'),
    causes: z.array(failureCause).describe('of failures of the last 24 hours, the most frequent first; at most 5'),
    silent: z.array(silenceAnswer.extend(automationName)),
    overdue: z.array(overdueAnswer.extend(automationName)),
    paused: z.array(z.object({ ...automationName, at: instant, run_id: z.string() })),
    alerts: z.array(alertAnswer).describe('the newest 10'),
  })
  .meta({ id: 'Overview' })
export type Overview = z.infer<typeof overview>

export const readOverviewRoute = route({
  method: 'get',
  path: '/overview',
  summary: 'How the workspace fares: backlog, failures, silent and paused automations',
  tag: 'Health',
  policy: 'viewer',
  status: 200,
  response: overview,
})

export const STORAGE_GROUPS = ['runs', 'events', 'records', 'other'] as const
const perDay = z.object({ succeeded: z.number(), failed: z.number(), skipped: z.number(), events: z.number() })

export const storage = z
  .object({
    bytes: z.int().describe('the whole database, of all workspaces'),
    groups: z
      .array(
        z.object({
          group: z.enum(STORAGE_GROUPS),
          bytes: z.int().describe('with indexes; of all workspaces'),
          rows: z.int().describe('estimated'),
        }),
      )
      .describe('runs: the execution log and the live runs; events: the history of records'),
    per_day: perDay.describe('of this workspace: the average of the last 7 days, or of those there are'),
    bytes_each: z
      .object({
        succeeded: z.number().nullable(),
        failed: z.number().nullable(),
        skipped: z.number().nullable(),
        events: z.number().nullable(),
      })
      .describe('what one takes, with indexes; null: there are too few to tell'),
    bytes_per_day: z.int().describe('how much this workspace writes'),
    forecast_bytes: z
      .int()
      .describe('what the log and the history of this workspace come to at this pace, with the retention of today'),
  })
  .meta({ id: 'Storage' })
export type Storage = z.infer<typeof storage>

export const readStorageRoute = route({
  method: 'get',
  path: '/overview/storage',
  summary: 'The size of the log, and what it will come to',
  tag: 'Health',
  policy: 'admin',
  status: 200,
  response: storage,
})
