import { evaluateTrigger, type GroupResult, type RuleResult } from '@kantos/model'
import { cutPayload } from '../log/cut.ts'
import type { Batch } from './batch.ts'
import { readNeeds } from './drive.ts'
import type { LiveRun, StoredRule } from './live-run.ts'
import { viewOfRun } from './view.ts'

/** Bytes of an expected or actual value in the log. */
const VALUE_LIMIT = 1_024
const NEEDS_ROW = new Set(['created_at', 'updated_at', 'created_by'])

/**
 * Judges a run's conditions on its event's values and keeps every rule's verdict in the run.
 *
 * @returns whether they hold
 */
export async function judge(batch: Batch, run: LiveRun): Promise<boolean> {
  const compiled = run.compiled!
  if (run.recordId !== null && compiled.conditions.fields.some((field) => NEEDS_ROW.has(field)))
    await batch.writes.read([{ workspaceId: run.workspaceId, id: run.recordId }], false)
  const view = viewOfRun(batch, run, batch.time.now())
  for (;;) {
    const result = evaluateTrigger(compiled, view)
    if ('need' in result) {
      await readNeeds(batch, run.workspaceId, result.need)
      continue
    }
    run.conditions = result.rules.length === 0 ? null : storedRules(result, compiled.templatedValues)
    run.unjudged = false
    return result.passed
  }
}

/** Flat, in the order of the version's rules: the words are in the version, so only what was seen is kept. */
function storedRules(group: GroupResult, templated: boolean): StoredRule[] {
  const stored: StoredRule[] = []
  const walk = (entry: RuleResult | GroupResult): void => {
    if ('rules' in entry) {
      for (const rule of entry.rules) walk(rule)
      return
    }
    const rule: StoredRule = [cutPayload(entry.actual ?? null, VALUE_LIMIT), entry.passed ? 1 : 0]
    if (entry.why !== undefined || templated) rule.push(entry.why ?? null)
    if (templated) rule.push(cutPayload(entry.expected ?? null, VALUE_LIMIT))
    stored.push(rule)
  }
  walk(group)
  return stored
}
