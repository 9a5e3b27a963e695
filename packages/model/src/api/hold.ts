import { z } from 'zod'
import { route } from './route.ts'
import { instant } from './shapes.ts'

/** What becomes of the runs and events that were there when a workspace was put on hold. */
export const RELEASE_RUNS = ['continue', 'cancel'] as const
export type ReleaseRuns = (typeof RELEASE_RUNS)[number]

/** Counts of what waits end here: "10,000 or more". */
export const MOST_COUNTED = 10_000

/** Whether the workspace is on hold: no run starts or goes on, nothing is sent, no schedule ticks. */
export const hold = z
  .object({
    on_hold: z.boolean(),
    since: instant.nullable(),
    reason: z.enum(['restore', 'operator']).nullable().describe('restore: this is a restored backup'),
    held_by: z.string().nullable().describe('user_… or key_…; null: the command line'),
    note: z.string().nullable(),
    waiting: z
      .object({ runs: z.int(), events: z.int() })
      .nullable()
      .describe(`runs that stand still and events that aren't taken up yet, counted up to ${MOST_COUNTED}`),
  })
  .meta({ id: 'Hold' })
export type Hold = z.infer<typeof hold>

export const readHoldRoute = route({
  method: 'get',
  path: '/hold',
  summary: 'Whether the workspace is on hold',
  tag: 'Settings',
  policy: 'viewer',
  status: 200,
  response: hold,
})

export const putOnHoldRoute = route({
  method: 'post',
  path: '/hold',
  summary: 'Put the workspace on hold; what is under way ends, nothing new begins',
  tag: 'Settings',
  policy: 'admin',
  body: z.strictObject({ note: z.string().trim().max(200).optional() }).optional(),
  status: 200,
  response: hold,
})

export const releaseRoute = route({
  method: 'delete',
  path: '/hold',
  summary: 'Let the workspace go on; missed ticks of schedules follow their misfire rule',
  tag: 'Settings',
  policy: 'admin',
  query: z.object({
    runs: z
      .enum(RELEASE_RUNS)
      .describe('continue: what stood still goes on; cancel: what was there before the hold is cancelled'),
  }),
  status: 200,
  response: z
    .object({
      released: z.boolean().describe('false: it was not on hold'),
      cancelled: z.object({ runs: z.int(), events: z.int() }),
    })
    .meta({ id: 'Released' }),
})
