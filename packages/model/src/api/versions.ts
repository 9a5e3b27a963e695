import { z } from 'zod'
import { route } from './route.ts'

/** What becomes of the runs that wait on older versions when an automation is saved. */
export const WAITING_RUNS = ['finish', 'move', 'cancel'] as const
export type WaitingRuns = (typeof WAITING_RUNS)[number]

export const waitingRunsQuery = z.strictObject({
  waiting_runs: z
    .enum(WAITING_RUNS)
    .default('finish')
    .describe(
      'runs that wait on older versions: they finish there, move to this one where the step they wait at is kept, or are cancelled',
    ),
})

/** What became of them. */
export const waitingRunsResult = z.object({
  choice: z.enum(['move', 'cancel']),
  moved: z.number(),
  cancelled: z.number(),
  kept: z.number().describe('runs that stay on their version'),
  kept_runs: z.array(z.object({ run_id: z.string(), reason: z.string() })).describe('the first 100 of them'),
})
export type WaitingRunsResult = z.infer<typeof waitingRunsResult>

const versionNumber = z
  .string()
  .regex(/^[1-9]\d{0,8}$/)
  .transform(Number)

export const compareVersionsRoute = route({
  method: 'get',
  path: '/automations/{id}/versions/{n}/compare/{other}',
  summary: 'What differs between two versions of an automation, in words and as JSON',
  tag: 'automations',
  policy: 'viewer',
  params: z.strictObject({ id: z.string().max(100), n: versionNumber, other: versionNumber }),
  status: 200,
  response: z.object({
    from: z.number(),
    to: z.number(),
    words: z.array(z.string()).describe('one line each'),
    changes: z
      .array(
        z.object({
          kind: z.enum(['changed', 'added', 'removed', 'moved']),
          path: z.string().describe('JSON pointer into the later version, of what was removed into the earlier one'),
          from: z.unknown().optional(),
          to: z.unknown().optional(),
        }),
      )
      .describe('of a move, from and to are pointers'),
  }),
})
