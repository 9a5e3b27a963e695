import type { CompiledAction, CompiledAutomation } from './compile.ts'
import { initialState } from './state.ts'
import { conditionData, type RunView, scopeOf } from './view.ts'

/** Which way a branch would take for an event. */
export interface BranchChoice {
  /** where the branch stands: `actions/2` */
  path: string
  key: string
  /** number of the way in `conditions`; null: none of them; `unknown`: it depends on what earlier steps find out */
  arm: number | null | 'unknown'
}

/**
 * The ways that a run of an event would take through its branches, judged on the event's values alone: no step is carried
 * out. Branches inside a way that isn't taken, in loops, and behind a `stop` aren't reached, so they aren't told.
 *
 * @returns the choices in the order of the document, or the records (public ids) that must be read before
 */
export function branchChoices(compiled: CompiledAutomation, view: RunView): BranchChoice[] | { need: string[] } {
  const needs: string[] = []
  const data = conditionData(view, scopeOf(view, initialState(), view.after), needs)
  const choices: BranchChoice[] = []
  const choose = (action: CompiledAction): { arm: BranchChoice['arm']; list: string | null } => {
    for (const [index, arm] of action.arms!.entries()) {
      if (arm.conditions?.fields.some(readsSteps) || arm.conditions?.paths.some(({ root }) => LATER.has(root)))
        return { arm: 'unknown', list: null }
      if (arm.conditions === null || arm.conditions.evaluate(data).passed) return { arm: index, list: arm.list }
    }
    return { arm: null, list: null }
  }
  const walk = (list: string): boolean => {
    for (const action of compiled.lists.get(list) ?? []) {
      if (action.type === 'stop') return false
      if (action.type !== 'branch') continue
      const { arm, list: taken } = choose(action)
      choices.push({ path: action.path, key: action.key, arm })
      if (taken !== null && !walk(taken)) return false
    }
    return true
  }
  walk('actions')
  return needs.length > 0 ? { need: needs } : choices
}

/** What only a run that is under way knows. */
const LATER: ReadonlySet<string> = new Set(['steps', 'item', 'index', 'error'])

function readsSteps(field: string): boolean {
  return LATER.has(field.split('.', 1)[0]!)
}
