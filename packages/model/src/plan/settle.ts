import type { Attempt, Step } from '../run.ts'
import type { Command, StepDraft, StepOutcome } from './command.ts'
import type { CompiledAutomation } from './compile.ts'
import { moveOn, type RunState } from './state.ts'

/**
 * Takes a step's outcome into the run's state.
 *
 * @returns what the run does now: go on, or end
 */
export function settle(
  compiled: CompiledAutomation,
  state: RunState,
  command: Exclude<Command, { kind: 'end' } | { kind: 'need' }>,
  outcome: StepOutcome,
): 'go_on' | 'failed' | 'stopped' {
  const { key, path } = command.draft
  if (compiled.namedOutputs === 'all' || compiled.namedOutputs.has(key)) state.outputs[key] = outcome.output ?? null
  if (outcome.status === 'failed') {
    const list = path.slice(0, path.lastIndexOf('/'))
    const action = compiled.lists.get(list)?.[Number(path.slice(path.lastIndexOf('/') + 1))]
    if (action?.action.on_error !== 'continue') return 'failed'
    moveOn(state)
    return 'go_on'
  }
  if (command.kind === 'settled' && command.stop === true) return 'stopped'
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
  if (outcome.error !== undefined) step.error = outcome.error
  return step
}
