import { z } from 'zod'
import { automationInput } from '../document-schema.ts'
import { route } from './route.ts'

const moment = z
  .string()
  .max(40)
  .refine((text) => /^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(Date.parse(text)), 'A time is ISO 8601.')

export const backtestBody = z.strictObject({
  from: moment.optional().describe('events at or after; default: 7 days before `to`. A day is its beginning, UTC'),
  to: moment.optional().describe('events before; default: now'),
  automation: automationInput.optional().describe('an edited draft of it'),
})
export type BacktestInput = z.infer<typeof backtestBody>

/** A line of the answer while it goes on. Numbers are totals so far. */
export interface BacktestProgress {
  type: 'progress'
  /** events looked at */
  scanned: number
  would_run: number
  /** ISO time of the last event looked at */
  at: string
}

/** The last line of the answer. */
export interface BacktestResult {
  type: 'result'
  from: string
  to: string
  /** events that its trigger could have meant */
  scanned: number
  /** of these, those that start it */
  matched: number
  would_run: number
  /** conditions didn't hold */
  skipped: number
  /** not taken by its enrolment rule */
  not_enrolled: number
  /** each rule of the conditions, in order: how often it held among the matched */
  rules: { path: string; field: string; operator: string; held: number; failed: number }[]
  /** each branch that was reached: the runs that would have taken each way */
  branches: { path: string; key: string; arms: { arm: number; runs: number }[]; none: number; unknown: number }[]
  /** UTC days on which it would have run */
  days: { date: string; runs: number }[]
  /** the first records it would have run on */
  records: { record_id: string; name: string | null; event_id: string; at: string }[]
  /** false: it was cut short, `why` says by what */
  complete: boolean
  why: string | null
  /** what was assumed, in sentences */
  notes: string[]
}

export type BacktestLine = BacktestProgress | BacktestResult | { type: 'error'; message: string }

/**
 * Lines of JSON (`application/x-ndjson`): `progress` about twice a second, then one `result`. Closing the connection ends
 * it. Nothing is written.
 */
export const backtestRoute = route({
  method: 'post',
  path: '/automations/{id}/backtest',
  summary: 'What the automation would have done with the events of the last days',
  tag: 'automations',
  policy: 'viewer',
  params: z.strictObject({ id: z.string().max(100) }),
  body: backtestBody.optional().default({}),
  status: 200,
  response: z.string(),
})
