import { strings } from '../../strings/flow.ts'
import type { FlowLine } from './layout.ts'
import type { NodeOutcome } from './nodes.tsx'
import { CONDITIONS_NODE, ERROR_ARM } from './structure.ts'

type Outcomes = ReadonlyMap<string, NodeOutcome>

/** Labels of what a run didn't go through. */
export const QUIET: ReadonlySet<string> = new Set<string>([
  strings.outcome.not_reached,
  strings.outcome.not_taken,
  strings.outcome.not_passed,
])

/** The lines that a run went along: out of what it left, into what it reached. A join is left when a way into it was taken. */
export function takenLines(lines: readonly FlowLine[], outcomes: Outcomes): ReadonlySet<FlowLine> {
  const into = Map.groupBy(lines, ({ target }) => target)
  const known = new Map<string, boolean>()
  const isLeft = (id: string): boolean => {
    let left = known.get(id)
    if (left === undefined) {
      left = id.startsWith('join')
        ? (into.get(id) ?? []).some(({ source }) => isLeft(source))
        : isTaken(id, outcomes) && outcomes.get(id)?.isLast !== true
      known.set(id, left)
    }
    return left
  }
  const failed = new Set(
    lines.filter((line) => isErrorHead(line.target) && isTaken(line.target, outcomes)).map(({ source }) => source),
  )
  return new Set(
    lines.filter(
      ({ source, target }) =>
        isLeft(source) && isReached(target, outcomes) && !(failed.has(source) && target.startsWith('join')),
    ),
  )
}

/** The head of an error path; a run that followed it didn't go straight on behind the step. */
const isErrorHead = (id: string): boolean => id.startsWith('arm:') && id.endsWith(`:${ERROR_ARM}`)

/** Whether a run went through a part; the trigger, joins and the end have no outcome of their own. */
function isTaken(id: string, outcomes: Outcomes): boolean {
  const outcome = outcomes.get(id)
  return outcome === undefined ? /^(?:trigger|join|end)/.test(id) : !QUIET.has(outcome.label)
}

/** The conditions are judged in every run, also when they fail. */
const isReached = (id: string, outcomes: Outcomes): boolean => id === CONDITIONS_NODE || isTaken(id, outcomes)
