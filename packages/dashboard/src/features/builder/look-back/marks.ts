import type { Action, BacktestResult } from '@kantos/model'
import type { NodeOutcome } from '../../../components/flow/nodes.tsx'
import {
  armNode,
  armsOf,
  CONDITIONS_NODE,
  eachAction,
  runPath,
  TRIGGER_NODE,
} from '../../../components/flow/structure.ts'
import { strings } from '../../../strings/builder.ts'

const words = strings.lookBack
const mark = (count: number, label: string): NodeOutcome => ({ tone: count === 0 ? 'quiet' : 'info', label })

/** How many runs would have come to the parts of a flow: the trigger, the conditions, the ways of each branch. */
export function lookBackMarks(result: BacktestResult, actions: readonly Action[]): Map<string, NodeOutcome> {
  const { matched, would_run: runs, branches } = result
  const marks = new Map<string, NodeOutcome>([
    [TRIGGER_NODE, mark(matched, words.events(matched))],
    [CONDITIONS_NODE, mark(runs, words.runs(runs))],
  ])
  const byPath = new Map(branches.map((branch) => [branch.path, branch]))
  for (const { action, pointer } of eachAction(actions)) {
    const branch = byPath.get(runPath(pointer))
    for (const index of armsOf(action).keys()) {
      const count = branch?.arms.find(({ arm }) => arm === index)?.runs ?? 0
      marks.set(armNode(action.key, index), mark(count, words.runs(count)))
    }
  }
  return marks
}
