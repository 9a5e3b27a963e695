import type { ErrorKind, RunErrorCode } from '../errors.ts'
import type { CompiledAction, CompiledAutomation } from './compile.ts'
import type { InputEdit } from './edit.ts'

/**
 * Where a run stands: a stack of lists with the place in each. It is stored with the run and never found again by walking
 * the finished steps.
 */
export interface RunState {
  /** the format's number */
  v: 1
  frames: Frame[]
  /** outputs that a later step can name, whole */
  outputs: Record<string, unknown>
  /** a correction of the input of the step it stands before */
  edit?: InputEdit
}

export interface Frame {
  /** path of the list: `actions`, `actions/2/conditions/1/then`, `actions/3/actions` */
  list: string
  at: number
  /** of a for-each's body */
  loop?: Loop
  /** of an error path: what failed */
  error?: FailedStep
}

/** A step's failure, as `error` in the actions that follow it, and as the run's own when it ends with it. */
export interface FailedStep {
  code: RunErrorCode
  message: string
  kind: ErrorKind
  step_key: string
}

export interface Loop {
  /** the items, or, when they are records, their ids: each is read at its turn */
  items?: unknown[]
  ids?: string[]
  i: number
}

export function initialState(): RunState {
  return { v: 1, frames: [{ list: 'actions', at: 0 }], outputs: {} }
}

/** The action the run stands before; null when nothing is left. Leaves lists that are done. */
export function currentAction(compiled: CompiledAutomation, state: RunState): CompiledAction | null {
  for (;;) {
    const frame = state.frames.at(-1)
    if (frame === undefined) return null
    const list = compiled.lists.get(frame.list) ?? []
    if (frame.at < list.length) return list[frame.at]!
    const { loop } = frame
    if (loop !== undefined && loop.i + 1 < (loop.ids ?? loop.items ?? []).length) {
      loop.i += 1
      frame.at = 0
      // an empty body would turn for ever
      if (list.length > 0) continue
    }
    state.frames.pop()
    const parent = state.frames.at(-1)
    if (parent !== undefined) parent.at += 1
  }
}

/** Moves past the current action. */
export function moveOn(state: RunState): void {
  const frame = state.frames.at(-1)
  if (frame !== undefined) frame.at += 1
}

/** What failed, in the innermost error path the run is in; null outside of them. */
export function currentError(state: RunState): FailedStep | null {
  return state.frames.findLast(({ error }) => error !== undefined)?.error ?? null
}

/**
 * Leaves every error path: the run stands before the step that failed first.
 *
 * @returns that step's failure; null when the run is in no error path
 */
export function leaveErrorPaths(state: RunState): FailedStep | null {
  const first = state.frames.findIndex(({ error }) => error !== undefined)
  if (first < 0) return null
  const [frame] = state.frames.splice(first)
  return frame!.error!
}

/** The innermost loop the run is in. */
export function currentLoop(state: RunState): Loop | null {
  for (let i = state.frames.length - 1; i >= 0; i--)
    if (state.frames[i]!.loop !== undefined) return state.frames[i]!.loop!
  return null
}
