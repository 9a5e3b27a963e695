import {
  type ChainLink,
  type Changes,
  type EventType,
  type Group,
  publicId,
  type Run,
  type RunStatus,
  type RunTrigger,
  type Source,
  type Step,
} from '@kantos/model'
import { readConditions } from './conditions.ts'
import { cutPayload } from './cut.ts'

/** Bytes of JSON from which a run's steps are listed without payloads. */
const LIST_STEPS_BYTES = 65_536
const LIST_PAYLOAD_BYTES = 2_000
const WAITS: ReadonlySet<string> = new Set(['wait', 'event', 'retry'])

const COLUMNS = `r.id, r.automation_id, r.version, r.status, r.mode, r.event_id, r.record_id, r.started_at, r.finished_at,
  r.conditions, r.trigger, r.error, r.chain_id, r.depth, r.path, r.parent_run_id, r.retry_of, r.rev, r.due_at, r.wait_reason,
  r.cancel_requested, r.step_chunks, r.cause,
  case when r.status = 'failed' then (
    select t.made_id from run_retries t where t.workspace_id = r.workspace_id and t.run_id = r.id
  ) end as made_id`

/** What a run is read with, of `r`. */
export const WHOLE_COLUMNS = `${COLUMNS}, r.steps`

/** The same for lists: steps that would weigh too much come without their payloads. */
export const LIST_COLUMNS = `${COLUMNS}, case when pg_column_size(r.steps) <= ${LIST_STEPS_BYTES} then r.steps::json else (
    select json_agg(s - 'input' - 'output' - 'attempts' order by n) from jsonb_array_elements(r.steps::jsonb) with ordinality as e(s, n)
  ) end as steps`

export interface LogRow {
  id: string
  automation_id: string
  version: number
  status: RunStatus
  mode: Run['mode']
  event_id: string | null
  record_id: string | null
  started_at: Date | null
  finished_at: Date | null
  conditions: Parameters<typeof readConditions>[1]
  trigger: RunTrigger | null
  error: Run['error']
  chain_id: string | null
  depth: number | null
  path: ChainLink[] | null
  parent_run_id: string | null
  retry_of: string | null
  rev: number | null
  due_at: Date | null
  wait_reason: string | null
  cancel_requested: boolean | null
  step_chunks: number | null
  steps: Step[] | null
  cause?: string | null
  /** what was made of a failed one */
  made_id?: string | null
}

/** What other tables say of a run. */
export interface LogContext {
  version?: { name: string | null; event: RunTrigger['event'] | null; conditions: Group | null }
  /** of skipped runs, whose rows are narrow; absent when the event is kept no longer */
  event?: {
    type: EventType
    object: string | null
    source: Source
    actor: string | null
    changes: Changes | null
    chain_id: string
    depth: number
    path: ChainLink[] | null
  }
  /** what the triggering record is or was called */
  recordName?: string
  /** steps of a long run that have left its row */
  earlierSteps?: Step[]
}

/**
 * A run's row as an execution-log entry.
 *
 * @param whole with payloads as they were logged; otherwise those over 2,000 bytes are cut
 * Source: SPEC.md, section 9
 */
export function shapeRun(
  row: LogRow,
  { version, event, recordName, earlierSteps = [] }: LogContext,
  whole: boolean,
): Run {
  const { conditions } = row
  const run: Run = {
    id: publicId('run', row.id),
    automation_id: publicId('automation', row.automation_id),
    automation_name: version?.name ?? '',
    version: row.version,
    mode: row.mode,
    status: row.status,
    trigger: triggerOf(row, version, event),
    record_name: recordName ?? null,
    conditions: readConditions(version?.conditions ?? null, conditions),
    steps: [...earlierSteps, ...stepsOf(row)].map((step) => (whole ? step : lightStep(step))),
    error: row.error,
    started_at: row.started_at?.toISOString() ?? null,
    finished_at: row.finished_at?.toISOString() ?? null,
    duration_ms:
      row.started_at === null || row.finished_at === null
        ? null
        : Math.max(0, row.finished_at.getTime() - row.started_at.getTime()),
    chain: chainOf(row, event),
    retry_of: row.retry_of === null ? null : publicId('run', row.retry_of),
  }
  if (row.made_id) run.retried_by = publicId('run', row.made_id)
  if (row.cause) run.cause = publicId('cause', row.cause)
  if (row.cancel_requested === true) run.cancel_requested = true
  return run
}

function triggerOf(row: LogRow, version: LogContext['version'], event: LogContext['event']): RunTrigger {
  const ids = {
    event_id: row.event_id === null ? null : publicId('event', row.event_id),
    record_id: row.record_id === null ? null : publicId('record', row.record_id),
  }
  if (row.trigger !== null) return { ...row.trigger, ...ids }
  const listened = version?.event ?? 'record.updated'
  if (event === undefined) return { event: listened, ...ids, source: null, object_id: null, actor: null, changes: null }
  return {
    event: event.type === 'record.updated' && listened === 'field.changed' ? 'field.changed' : event.type,
    ...ids,
    source: event.source,
    object_id: event.object === null ? null : `obj_${event.object}`,
    actor: event.actor,
    changes: event.changes,
  }
}

function chainOf(row: LogRow, event: LogContext['event']): Run['chain'] {
  const id = row.chain_id ?? event?.chain_id ?? null
  const parent = row.chain_id === null ? event?.path?.at(-1)?.[2] : row.parent_run_id
  return {
    id: id === null ? null : publicId('chain', id),
    depth: row.depth ?? (event === undefined ? 1 : event.depth + 1),
    parent_run_id: parent === undefined || parent === null ? null : publicId('run', parent),
  }
}

/** The open step's `resume_at` is the row's, which a resume moves. */
function stepsOf(row: LogRow): Step[] {
  const steps = row.steps ?? []
  const open = steps.at(-1)
  if (open === undefined || row.due_at === null || !WAITS.has(row.wait_reason ?? '')) return steps
  return [...steps.slice(0, -1), { ...open, resume_at: row.due_at.toISOString() }]
}

function lightStep(step: Step): Step {
  if (!('input' in step))
    return { ...(step as Step), input: { truncated: true }, output: { truncated: true }, attempts: [] }
  return {
    ...step,
    input: cutPayload(step.input, LIST_PAYLOAD_BYTES),
    output: cutPayload(step.output, LIST_PAYLOAD_BYTES),
    attempts: step.attempts.map((attempt) =>
      attempt.output === undefined ? attempt : { ...attempt, output: cutPayload(attempt.output, LIST_PAYLOAD_BYTES) },
    ),
  }
}
