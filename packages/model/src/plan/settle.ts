import { errorKind } from '../errors.ts'
import type { Attempt, Step } from '../run.ts'
import type { Command, StepDraft, StepOutcome } from './command.ts'
import type { CompiledAutomation } from './compile.ts'
import { type FailedStep, leaveErrorPaths, moveOn, type RunState } from './state.ts'

/** What a run does after a step: it goes on, is stopped on purpose, or ends with a failure. */
export type Settled = 'go_on' | 'stopped' | { failed: FailedStep }

/**
 * Takes a step's outcome into the run's state. A failure leads into the action's error path, if it has one; a failing step
 * of an error path that may not fail ends the run, and so does a `stop` there: as failed, with what failed first, so that
 * a retry begins with that step.
 *
 * Source: SPEC.md, section 6
 */
export function settle(
  compiled: CompiledAutomation,
  state: RunState,
  command: Exclude<Command, { kind: 'end' } | { kind: 'need' }>,
  outcome: StepOutcome,
): Settled {
  const { key, path } = command.draft
  if (compiled.namedOutputs === 'all' || compiled.namedOutputs.has(key)) state.outputs[key] = outcome.output ?? null
  if (outcome.status === 'failed') {
    const list = path.slice(0, path.lastIndexOf('/'))
    const action = compiled.lists.get(list)?.[Number(path.slice(path.lastIndexOf('/') + 1))]
    const { code, message, kind = errorKind(code) } = outcome.error!
    const error: FailedStep = { code, message, kind, step_key: key }
    // a run that ends here keeps the correction for its next retry
    if (action?.onError !== undefined || action?.action.on_error === 'continue') delete state.edit
    if (action?.onError !== undefined) state.frames.push({ list: action.onError, at: 0, error })
    else if (action?.action.on_error === 'continue') moveOn(state)
    else return { failed: error }
    return 'go_on'
  }
  delete state.edit
  if (command.kind === 'settled' && command.stop === true) {
    const failed = leaveErrorPaths(state)
    return failed === null ? 'stopped' : { failed }
  }
  if (command.kind === 'settled' && command.push !== undefined) state.frames.push(command.push)
  else moveOn(state)
  return 'go_on'
}

/** A finished step for the log. Times are ISO. */
export function finishedStep(
  draft: StepDraft,
  outcome: StepOutcome,
  times: { startedAt: string; finishedAt: string; durationMs: number },
  attempts: Attempt[] = [],
): Step {
  const step: Step = {
    key: draft.key,
    type: draft.type,
    path: draft.path,
    status: outcome.status,
    attempt: Math.max(1, attempts.length),
    attempts,
    input: draft.input,
    output: outcome.logged === undefined ? outcome.output : outcome.logged,
    started_at: times.startedAt,
    finished_at: times.finishedAt,
    duration_ms: times.durationMs,
  }
  if (draft.name !== undefined) step.name = draft.name
  if (draft.index !== undefined) step.index = draft.index
  if (draft.notes !== undefined && draft.notes.length > 0) step.notes = draft.notes
  if (draft.edited !== undefined) step.edited = draft.edited
  if (outcome.error !== undefined) step.error = { kind: errorKind(outcome.error.code), ...outcome.error }
  return step
}
