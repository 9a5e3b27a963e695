import { z } from 'zod'
import { route } from './route.ts'
import { runAnswer } from './runs.ts'
import { cursorPage, cursorQuery, instant } from './shapes.ts'

export const WAIT_KINDS = ['wait', 'event', 'retry'] as const
export type WaitKind = (typeof WAIT_KINDS)[number]

/** A time, ISO 8601; without a zone it is UTC, a day is its beginning. */
export const momentText = z
  .string()
  .max(40)
  .refine(
    (text) => /^\d{4}-\d{2}-\d{2}(?:$|T)/.test(text) && !Number.isNaN(Date.parse(text)),
    'A time is ISO 8601, such as 2027-01-31T09:00:00Z.',
  )

/** A run that stands still until a time, or until something happens before it. */
export const waitEntry = z
  .object({
    run_id: z.string(),
    automation_id: z.string(),
    automation_name: z.string(),
    record_id: z.string().nullable(),
    record_name: z.string().nullable(),
    kind: z
      .enum(WAIT_KINDS)
      .describe('a wait step; one for an event, due when its time is up; the delay before a retry'),
    step_key: z.string(),
    step_name: z.string().nullable(),
    waits_for: z.string().describe('in words: `3 days`, `A change of status to "won"`'),
    since: instant,
    due_at: instant,
    mode: z.enum(['live', 'test']),
  })
  .meta({ id: 'Wait' })
export type WaitEntry = z.infer<typeof waitEntry>

/** The page's cost doesn't grow with the number of waiting runs, whatever the filter. */
export const listWaitsRoute = route({
  method: 'get',
  path: '/waits',
  summary: 'What waits, due soonest first',
  tag: 'runs',
  policy: 'viewer',
  query: cursorQuery.extend({
    automation_id: z.string().max(100).optional(),
    record_id: z.string().max(100).optional(),
    kind: z.enum(WAIT_KINDS).optional(),
    due_before: momentText.optional(),
  }),
  status: 200,
  response: cursorPage(waitEntry),
})

/** Of a wait for an event it moves the time-out. The step's notes say who moved it, from when to when. */
export const rescheduleRunRoute = route({
  method: 'post',
  path: '/runs/{id}/reschedule',
  summary: 'Move the end of a run’s wait',
  tag: 'runs',
  policy: 'editor',
  params: z.strictObject({ id: z.string().min(1).max(100) }),
  body: z.strictObject({ due_at: momentText }),
  status: 202,
  response: runAnswer,
})
