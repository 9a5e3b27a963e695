import { z } from 'zod'
import { automationInput } from '../document-schema.ts'
import type { Run } from '../run.ts'
import { route } from './route.ts'
import { runAnswer } from './runs.ts'

const values = z.record(z.string(), z.unknown())

/** What an automation is tried on. */
export const dryRunOn = {
  record_id: z.string().max(100).optional().describe('the record to try it on; default: the newest one'),
  record: values.optional().describe('an invented record: its values by slug'),
  event_id: z.string().max(100).optional().describe('a past event, on the record as the event left it'),
  changes: values
    .optional()
    .describe('an invented change: `{"stage": "Won"}`, or `{"stage": {"from": "Open", "to": "Won"}}`'),
  webhook: z
    .strictObject({
      body: z.unknown().optional(),
      headers: z.record(z.string(), z.string()).optional(),
      query: z.record(z.string(), z.string()).optional(),
    })
    .optional()
    .describe('an invented call, for a trigger webhook.received'),
}

/** What would start because of what the run writes, were it real. */
export const prediction = z.object({
  automation_id: z.string(),
  name: z.string(),
  why: z.string().describe('`would start on the same record: update_record_1 changes its Stage`'),
  step_key: z.string(),
  record_id: z.string().describe('the first record it would start on'),
  records: z.int().describe('how many records it would start on'),
})
export type Prediction = z.infer<typeof prediction>

/**
 * A run that didn't happen, of mode `dry_run`. `matched`: the event starts the automation; `why` it isn't so, or why the
 * run was skipped or cut short; `notes` say what was assumed. Steps that write a record carry `output.changes`:
 * `{slug: {before, after}}`. Ids of the run, of a draft, and of what it would create name nothing that exists.
 */
export interface DryRun extends Run {
  matched: boolean
  why: string | null
  notes: string[]
  predictions: Prediction[]
}

export const dryRunAnswer = runAnswer
  .and(
    z.object({
      matched: z.boolean(),
      why: z.string().nullable(),
      notes: z.array(z.string()),
      predictions: z.array(prediction),
    }),
  )
  .meta({ id: 'DryRun' }) as unknown as z.ZodType<DryRun>

const dryRunBody = z.strictObject({ automation: automationInput.optional(), ...dryRunOn })
export type DryRunInput = z.infer<typeof dryRunBody>

/** Source: SPEC.md, section 8; SPEC-DETAILS.md, sections 8–11 */
export const dryRunDraftRoute = route({
  method: 'post',
  path: '/automations/dry-run',
  summary: 'Try an automation that isn’t saved: nothing is written or sent',
  tag: 'automations',
  policy: 'viewer',
  body: dryRunBody,
  status: 200,
  response: dryRunAnswer,
})

/** With `automation` in the body: an edited draft of it. */
export const dryRunAutomationRoute = route({
  method: 'post',
  path: '/automations/{id}/dry-run',
  summary: 'Try an automation: nothing is written or sent',
  tag: 'automations',
  policy: 'viewer',
  params: z.strictObject({ id: z.string().max(100) }),
  body: dryRunBody.optional().default({}),
  status: 200,
  response: dryRunAnswer,
})
