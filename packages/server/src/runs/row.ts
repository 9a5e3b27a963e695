import type { ChainLink, CompiledAutomation, Lane, Run, RunStatus, RunTrigger, Step } from '@kantos/model'
import { ENDED } from '@kantos/model'
import { cutStep } from '../log/cut.ts'
import type { LiveRun, OpenStep, StoredRule, StoredState, WaitReason } from './live-run.ts'

/** The class, and so the partition, of a run. */
export function classOf(status: RunStatus): 'live' | 'done' | 'failed' | 'skipped' {
  if (!ENDED.has(status)) return 'live'
  if (status === 'skipped') return 'skipped'
  return status === 'failed' || status === 'blocked' ? 'failed' : 'done'
}

export const RUN_COLUMNS = `class, workspace_id, id, automation_id, version, status, mode, event_id, record_id, started_at,
  finished_at, conditions, trigger, steps, error, chain_id, depth, path, parent_run_id, retry_of, lane, due_at, rev, attempt,
  lost, lease_by, cancel_requested, serial_key, wait_reason, watches, state, step_chunks, tries`

export interface RunRow {
  class: string
  workspace_id: string
  id: string
  automation_id: string
  version: number
  status: RunStatus
  mode: 'live' | 'test'
  event_id: string | null
  record_id: string | null
  started_at: Date | null
  finished_at: Date | null
  conditions: StoredRule[] | null
  trigger: RunTrigger | null
  steps: Step[] | null
  error: Run['error']
  chain_id: string | null
  depth: number | null
  path: ChainLink[] | null
  parent_run_id: string | null
  retry_of: string | null
  lane: Lane | null
  due_at: Date | null
  rev: number | null
  attempt: number | null
  lost: number | null
  lease_by: string | null
  cancel_requested: boolean | null
  serial_key: string | null
  wait_reason: WaitReason | null
  watches: boolean | null
  state: StoredState | null
  step_chunks: number | null
  tries: number | null
}

/** A run's row as it is written; what is absent is null. */
export type StoredRun = Partial<Omit<RunRow, 'started_at' | 'finished_at' | 'due_at' | 'path'>> & {
  started_at?: string | null
  finished_at?: string | null
  due_at?: Date | null
  path?: readonly ChainLink[] | null
}

/** A run as its row: what ended leaves the queue's columns empty; a skipped one is narrow. */
export function runRow(run: LiveRun): StoredRun {
  const kind = classOf(run.status)
  if (run.mode === 'dry_run') throw new Error('A dry run is never stored.')
  const base = {
    class: kind,
    workspace_id: run.workspaceId,
    id: run.id,
    automation_id: run.automationId,
    version: run.version,
    status: run.status,
    mode: run.mode,
    event_id: run.eventId,
    record_id: run.recordId,
    started_at: run.startedAt,
    finished_at: run.finishedAt,
    conditions: run.conditions,
    retry_of: run.retryOf,
  }
  if (kind === 'skipped' && run.trigger?.source !== 'manual')
    return run.error === null ? base : { ...base, error: run.error }
  const logged = {
    ...base,
    trigger: run.trigger,
    steps: storedSteps(run),
    error: run.error,
    chain_id: run.chain.id,
    depth: run.chain.depth,
    path: run.chain.path.length === 0 ? null : run.chain.path,
    parent_run_id: run.chain.parentRunId,
    step_chunks: run.stepChunks === 0 ? null : run.stepChunks,
  }
  if (kind !== 'live')
    return kind === 'failed' && run.status === 'failed' ? { ...logged, state: storedState(run) } : logged
  return {
    ...logged,
    lane: run.lane,
    due_at: run.dueAt === null ? null : new Date(run.dueAt),
    rev: (run.rev ?? 0) + 1,
    attempt: run.open?.attempts.length ?? 0,
    lost: run.lost,
    lease_by: run.leaseBy,
    cancel_requested: run.cancelRequested,
    serial_key: run.serialKey,
    wait_reason: run.waitReason,
    watches: run.watches === true ? true : null,
    state: storedState(run),
    tries: run.tries,
  }
}

function storedState(run: LiveRun): StoredState {
  const state: StoredState = { run: run.state, event: run.event, open: run.open }
  if (run.unjudged) state.unjudged = true
  if (run.misses > 0 && !ENDED.has(run.status)) state.misses = run.misses
  return state
}

function storedSteps(run: LiveRun): Step[] {
  const steps = run.steps.map(cutStep)
  if (run.open !== null) steps.push(cutStep(openStepLog(run.open, run.waitReason, run.dueAt)))
  return steps
}

/** The step that has begun and not ended, as the log shows it. */
export function openStepLog(open: OpenStep, reason: WaitReason | null, dueAt: number | null): Step {
  const { draft } = open.command
  const step: Step = {
    key: draft.key,
    type: draft.type,
    path: draft.path,
    status: reason === 'wait' || reason === 'event' ? 'waiting' : reason === 'retry' ? 'retrying' : 'running',
    attempt: open.attempts.length + (reason === 'effect' ? 1 : 0),
    attempts: open.attempts,
    input: draft.input,
    output: null,
    started_at: open.startedAt,
    finished_at: null,
    duration_ms: null,
  }
  if (draft.name !== undefined) step.name = draft.name
  if (draft.index !== undefined) step.index = draft.index
  if (draft.notes !== undefined) step.notes = draft.notes
  if ((reason === 'wait' || reason === 'event' || reason === 'retry') && dueAt !== null)
    step.resume_at = new Date(dueAt).toISOString()
  const last = open.attempts.at(-1)
  if (last?.error !== undefined) step.error = last.error
  return step
}

/** A live row taken up again. `compiled` is put in by who has the versions. */
export function liveRun(row: RunRow, compiled: CompiledAutomation | null): LiveRun {
  const state = row.state!
  const steps = row.steps ?? []
  return {
    workspaceId: row.workspace_id,
    id: row.id,
    automationId: row.automation_id,
    version: row.version,
    mode: row.mode,
    compiled,
    event: state.event,
    eventId: row.event_id,
    recordId: row.record_id,
    chain: { id: row.chain_id!, depth: row.depth ?? 1, path: row.path ?? [], parentRunId: row.parent_run_id },
    retryOf: row.retry_of,
    lane: row.lane ?? 1,
    serialKey: row.serial_key,
    conditions: row.conditions,
    unjudged: state.unjudged === true,
    trigger: row.trigger,
    state: state.run,
    steps: state.open === null ? steps : steps.slice(0, -1),
    open: state.open,
    stepChunks: row.step_chunks ?? 0,
    status: row.status,
    error: row.error,
    startedAt: row.started_at?.toISOString() ?? new Date(0).toISOString(),
    finishedAt: null,
    rev: row.rev,
    lost: row.lost ?? 0,
    tries: row.tries ?? 0,
    misses: state.misses ?? 0,
    leaseBy: row.lease_by,
    cancelRequested: row.cancel_requested === true,
    waitReason: row.wait_reason,
    watches: row.watches === true,
    dueAt: row.due_at?.getTime() ?? null,
  }
}
