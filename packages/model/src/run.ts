import type { ActionType } from './actions/index.ts'
import type { GroupResult } from './conditions/index.ts'
import type { ErrorKind, RunErrorCode } from './errors.ts'
import type { Changes, EventType, Source } from './event.ts'

export const RUN_STATUSES = [
  'queued',
  'running',
  'waiting',
  'succeeded',
  'failed',
  'skipped',
  'cancelled',
  'blocked',
] as const
export type RunStatus = (typeof RUN_STATUSES)[number]

/** The statuses that never change again. */
export const ENDED: ReadonlySet<RunStatus> = new Set(['succeeded', 'failed', 'skipped', 'cancelled', 'blocked'])

export const STEP_STATUSES = ['succeeded', 'failed', 'waiting', 'retrying', 'skipped', 'not_sent', 'cancelled'] as const
export type StepStatus = (typeof STEP_STATUSES)[number] | 'running'

export interface StepError {
  code: RunErrorCode
  message: string
  /** absent in what older releases logged */
  kind?: ErrorKind
  /** of an e-mail or request that failed for good: why it wasn't tried again */
  no_retry?: string
}

/** One try of an effect; times ISO. */
export interface Attempt {
  attempt: number
  started_at: string
  finished_at: string
  error?: StepError
  /** what the other side said, such as `{status: 503}` */
  output?: unknown
}

/** One action's outcome in the log; nested ones stand flat and in order. Source: SPEC-DETAILS.md, section 6 */
export interface Step {
  key: string
  type: ActionType
  name?: string
  /** where it stands in the document: `actions/2/conditions/1/then/0` */
  path: string
  /** in a loop: the item's place, from 0 */
  index?: number
  status: StepStatus
  attempt: number
  attempts: Attempt[]
  input: unknown
  output: unknown
  error?: StepError
  /** what was remarkable: missing values, nulls counted as 0 */
  notes?: string[]
  /** a retry's correction of its input: by whom (public id), when (ISO), and what was given */
  edited?: { by: string; at: string; input: Record<string, unknown> }
  started_at: string
  finished_at: string | null
  duration_ms: number | null
  resume_at?: string
}

export interface RunTrigger {
  event: EventType | 'field.changed'
  event_id: string | null
  /** null when the event is kept no longer */
  source: Source | null
  record_id: string | null
  object_id: string | null
  actor: string | null
  changes: Changes | null
  /** it was started by running the automation on existing records */
  enlistment_id?: string
  /** what a call brought; with a single run that a webhook started, for as long as its event is kept */
  webhook?: { body: unknown; headers: unknown; query: unknown }
}

/** An execution-log entry, as the API gives it. Source: SPEC.md, section 9 */
export interface Run {
  id: string
  automation_id: string
  automation_name: string
  version: number
  mode: 'live' | 'test' | 'dry_run'
  status: RunStatus
  trigger: RunTrigger
  /** what the triggering record is called, after its deletion what it was called; null: there is none, or it has no name */
  record_name: string | null
  conditions: { passed: boolean; match: 'all' | 'any'; rules: GroupResult['rules'] }
  steps: Step[]
  error: (StepError & { step_key?: string }) | null
  started_at: string | null
  finished_at: string | null
  duration_ms: number | null
  chain: RunChain
  retry_of: string | null
  /** the newest run that was made of this failed one, by retry or replay */
  retried_by?: string
  /** of a failed live run: the group it stands in, in `GET /runs/causes` */
  cause?: string
  /** it will end as soon as the effect under way has */
  cancel_requested?: true
}

/** Where a run stands in its chain of causes. `path`, the runs before it, comes with a single run. */
export interface RunChain {
  id: string | null
  depth: number
  parent_run_id: string | null
  path?: { automation_id: string; automation_name: string | null; record_id: string | null; run_id: string }[]
}
