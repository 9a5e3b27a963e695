import type { GroupResult } from '../conditions/index.ts'
import type { CompiledAutomation } from './compile.ts'
import { initialState } from './state.ts'
import { conditionData, type RunView, scopeOf } from './view.ts'

/**
 * Judges an automation's conditions on the event's values.
 *
 * @returns every rule's verdict, or the records (public ids) that must be read before
 * Source: SPEC.md, section 5
 */
export function evaluateTrigger(compiled: CompiledAutomation, view: RunView): GroupResult | { need: string[] } {
  const needs: string[] = []
  const result = compiled.conditions.evaluate(conditionData(view, scopeOf(view, initialState(), view.after), needs))
  return needs.length > 0 ? { need: needs } : result
}
