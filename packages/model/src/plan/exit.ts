import { type GroupResult, type RuleResult, show } from '../conditions/index.ts'
import { type CrmEvent, valuesBefore } from '../event.ts'
import type { CompiledAutomation } from './compile.ts'
import type { RunState } from './state.ts'
import { conditionData, type RecordView, type RunView, scopeOf } from './view.ts'

/**
 * Judges an automation's exit conditions on the record as it is.
 *
 * @param record of the run; null when it is gone
 * @param event what has just happened to the record, for rules that look back; null as a wait begins or ends
 * @returns the verdict, or the records (public ids) that must be read before; null: it has no exit conditions
 * Source: SPEC.md, section 5
 */
export function evaluateExit(
  compiled: CompiledAutomation,
  state: RunState,
  view: RunView,
  record: RecordView | null,
  event: Pick<CrmEvent, 'type' | 'after' | 'changes'> | null,
): GroupResult | { need: string[] } | null {
  if (compiled.exit === null) return null
  const needs: string[] = []
  const seen = {
    event: { type: event?.type ?? ('manual' as const) },
    previous: event === null || event.after === null ? {} : valuesBefore(event),
    after: record,
    lookup: (id: string) => view.lookup(id),
  }
  const result = compiled.exit.evaluate(conditionData(seen, scopeOf(view, state, record), needs))
  return needs.length > 0 ? { need: needs } : result
}

/** `The exit conditions hold: stage equals Won.` */
export function exitMessage(result: GroupResult): string {
  return `The exit conditions hold: ${holding(result).join(' and ')}.`
}

function holding({ rules }: GroupResult): string[] {
  return rules.flatMap((rule: RuleResult | GroupResult) => {
    if (!rule.passed) return []
    if ('rules' in rule) return holding(rule)
    const words = `${rule.field} ${rule.operator.replaceAll('_', ' ')}`
    return [rule.expected === undefined ? words : `${words} ${show(rule.expected)}`]
  })
}
