import {
  type AutomationDocument,
  type BacktestResult,
  type BranchChoice,
  type CompiledAutomation,
  type CrmEvent,
  type Group,
  isGroup,
  publicId,
  type Rule,
} from '@kantos/model'
import type { StoredRule } from '../runs/live-run.ts'

export const RECORDS_SHOWN = 100

/** Counts what a backtest finds. */
export class Tally {
  scanned = 0
  matched = 0
  wouldRun = 0
  skipped = 0
  notEnrolled = 0
  /** time of the last event looked at, epoch ms */
  at: number
  /** the first that ran; ids are UUIDs */
  readonly records: { id: string; record_id: string; event_id: string; at: string }[] = []
  private readonly rules: { path: string; rule: Rule; held: number; failed: number }[]
  private readonly branches = new Map<string, { key: string; arms: number[]; none: number; unknown: number }>()
  private readonly days = new Map<string, number>()

  constructor(document: AutomationDocument, compiled: CompiledAutomation, from: number) {
    this.at = from
    this.rules = flatRules(document.conditions, '/conditions').map((entry) => ({ ...entry, held: 0, failed: 0 }))
    for (const action of [...compiled.lists.values()].flat())
      if (action.arms !== undefined)
        this.branches.set(action.path, {
          key: action.key,
          arms: action.arms.map(() => 0),
          none: 0,
          unknown: 0,
        })
  }

  judged(seen: readonly StoredRule[] | null, passed: boolean): void {
    this.matched += 1
    if (!passed) this.skipped += 1
    for (const [index, [, held]] of (seen ?? []).entries()) {
      const rule = this.rules[index]
      if (rule === undefined) continue
      if (held === 1) rule.held += 1
      else rule.failed += 1
    }
  }

  ran(event: CrmEvent, choices: readonly BranchChoice[]): void {
    this.wouldRun += 1
    const at = event.at.toISOString()
    const day = at.slice(0, 10)
    this.days.set(day, (this.days.get(day) ?? 0) + 1)
    if (event.recordId !== null && this.records.length < RECORDS_SHOWN)
      this.records.push({ id: event.id, record_id: event.recordId, event_id: event.id, at })
    for (const { path, arm } of choices) {
      const branch = this.branches.get(path)
      if (branch === undefined) continue
      if (arm === null) branch.none += 1
      else if (arm === 'unknown') branch.unknown += 1
      else branch.arms[arm]! += 1
    }
  }

  /** @param names what the records are called, by the event's uuid */
  result(
    frame: Pick<BacktestResult, 'from' | 'to' | 'complete' | 'why' | 'notes'>,
    names: ReadonlyMap<string, string>,
  ): BacktestResult {
    return {
      type: 'result',
      ...frame,
      scanned: this.scanned,
      matched: this.matched,
      would_run: this.wouldRun,
      skipped: this.skipped,
      not_enrolled: this.notEnrolled,
      rules: this.rules.map(({ path, rule: { field, operator }, held, failed }) => ({
        path,
        field,
        operator,
        held,
        failed,
      })),
      branches: [...this.branches].flatMap(([path, { key, arms, none, unknown }]) =>
        none + unknown + arms.reduce((sum, runs) => sum + runs, 0) === 0
          ? []
          : [{ path, key, arms: arms.map((runs, arm) => ({ arm, runs })), none, unknown }],
      ),
      days: [...this.days].map(([date, runs]) => ({ date, runs })).toSorted((a, b) => (a.date < b.date ? -1 : 1)),
      records: this.records.map(({ id, record_id, at }) => ({
        record_id: publicId('record', record_id),
        name: names.get(id) ?? null,
        event_id: publicId('event', id),
        at,
      })),
    }
  }
}

/** The rules in the order in which their verdicts are kept. */
function flatRules(group: Group, path: string): { path: string; rule: Rule }[] {
  return group.rules.flatMap((item, index) => {
    const at = `${path}/rules/${index}`
    return isGroup(item) ? flatRules(item, at) : [{ path: at, rule: item }]
  })
}
