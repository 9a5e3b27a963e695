import type { Step } from '../run.ts'
import { subjectOf } from '../trigger.ts'
import type { CompiledAction, CompiledAutomation } from './compile.ts'
import { currentAction, type Frame, type RunState } from './state.ts'

/** A run's state for another version, or why the run can't go on there, in words; `problem` also says what to do about it. */
export type Transfer = { state: RunState } | { problem: string; why: string }

/**
 * Puts a run that stands before a step into another version of its automation: before the step of the same key, in the
 * same loops and error paths, with the outputs of what it has done. Steps that the other version has put before it are not
 * made up for.
 *
 * @param steps all finished steps of the run, in order: where the other version names an output that the first one didn't
 *   keep, it is taken from here
 */
export function transferState(
  from: CompiledAutomation,
  to: CompiledAutomation,
  state: RunState,
  steps: readonly Step[],
): Transfer {
  const other = whyAnotherSubject(from, to)
  if (other !== null) return { problem: `${other} Retry on the run’s own version.`, why: other }
  const moved = structuredClone(state)
  const action = currentAction(from, moved)
  if (action === null) return { state: moved }
  const target = [...to.lists.values()].flat().find(({ key }) => key === action.key)
  if (target === undefined) return refuse(to, `has no step “${action.key}” any more`)
  if (target.type !== action.type)
    return refuse(to, `has another action as “${action.key}”: ${target.type}, not ${action.type}`)
  const before = levelsOf(from, action.path)
  const after = levelsOf(to, target.path)
  if (before.length !== after.length || before.some(({ around }, i) => around !== after[i]!.around))
    return refuse(to, `has the step “${action.key}” elsewhere, in or out of a branch, a loop or an error path`)
  moved.frames = moved.frames.map((frame, i): Frame => ({ ...frame, list: after[i]!.list, at: after[i]!.at }))
  const lost = carryOutputs(to, moved, steps)
  if (lost !== null) return refuse(to, `names the output of “${lost}”, which this run didn’t keep whole`)
  return { state: moved }
}

/** Why a run of one version can't be one of another, in a sentence: that one is about other things; null: it can. */
export function whyAnotherSubject(from: CompiledAutomation, to: CompiledAutomation): string | null {
  const [was, is] = [subjectOf(from.document.trigger), subjectOf(to.document.trigger)]
  return was === is ? null : `Version ${to.version} is about ${is}, and this run about ${was}.`
}

function refuse({ version }: CompiledAutomation, words: string): { problem: string; why: string } {
  const why = `Version ${version} ${words}.`
  return { problem: `${why} Retry on the run’s own version, or replay it from the start.`, why }
}

interface Level {
  list: string
  at: number
  /** the action that the list belongs to, and which of its lists; empty at the top */
  around: string
}

/** `actions/2/conditions/1/then/0` → its lists from the outermost. */
function levelsOf({ lists }: CompiledAutomation, path: string): Level[] {
  const levels: Level[] = []
  const parts = path.split('/')
  let around = ''
  let list: string[] = []
  for (const [i, part] of parts.entries()) {
    list.push(part)
    const here = list.slice(0, -1).join('/')
    const actions: readonly CompiledAction[] | undefined = /^\d+$/.test(part) ? lists.get(here) : undefined
    if (actions === undefined) continue
    levels.push({ list: here, at: Number(part), around })
    // a branch's ways may be numbered anew
    around = `${actions[Number(part)]!.key} ${parts[i + 1] ?? ''}`
    list = parts.slice(0, i + 1)
  }
  return levels
}

/** @returns the key of a step whose output is named and isn't known whole; null when all are there */
function carryOutputs(to: CompiledAutomation, state: RunState, steps: readonly Step[]): string | null {
  for (const step of steps) {
    const { key } = step
    const named = to.namedOutputs === 'all' || to.namedOutputs.has(key)
    if (!named || Object.hasOwn(state.outputs, key)) continue
    // of a change or a deletion the log shows what changed, not the record
    if (step.type === 'update_record' || step.type === 'delete_record' || isCut(step.output)) return key
  }
  for (const { key, output } of steps)
    if ((to.namedOutputs === 'all' || to.namedOutputs.has(key)) && !Object.hasOwn(state.outputs, key))
      state.outputs[key] = steps.findLast((step) => step.key === key)?.output ?? output
  return null
}

function isCut(output: unknown): boolean {
  return (
    typeof output === 'object' &&
    output !== null &&
    (output as { truncated?: unknown }).truncated === true &&
    'preview' in output
  )
}
