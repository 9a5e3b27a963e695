import type { Action, Run, Step } from '@kantos/model'
import { dateTime, duration } from '../../lib/time.ts'
import { strings } from '../../strings/flow.ts'
import type { NodeOutcome, OutcomeTone } from '../flow/nodes.tsx'
import {
  armNode,
  armsOf,
  CONDITIONS_NODE,
  eachAction,
  ERROR_ARM,
  errorPathOf,
  runPath,
  stepNode,
} from '../flow/structure.ts'

const TONES: Record<Step['status'], OutcomeTone> = {
  succeeded: 'good',
  failed: 'bad',
  waiting: 'info',
  retrying: 'warn',
  running: 'info',
  skipped: 'quiet',
  not_sent: 'warn',
  cancelled: 'quiet',
}
/** Of several passes of a loop, the status that matters most. */
const RANK: readonly Step['status'][] = [
  'failed',
  'retrying',
  'waiting',
  'running',
  'not_sent',
  'cancelled',
  'skipped',
  'succeeded',
]

/** Runs that stand, or ended, at a step in their midst. */
const SHORT: ReadonlySet<Run['status']> = new Set(['failed', 'cancelled', 'waiting', 'running'])

const words = strings.outcome
const quiet = (label: string): NodeOutcome => ({ tone: 'quiet', label })

/**
 * What became of each part of a flow in a run: the conditions' verdict, each step's outcome, which ways were taken.
 *
 * Source: SPEC.md, section 13
 */
export function outcomesOf(run: Run, actions: readonly Action[]): Map<string, NodeOutcome> {
  const outcomes = new Map<string, NodeOutcome>()
  const { passed } = run.conditions
  outcomes.set(
    CONDITIONS_NODE,
    passed ? { tone: 'good', label: words.passed } : { tone: 'warn', label: words.not_passed },
  )
  const byPath = Map.groupBy(run.steps, ({ path }) => path)
  for (const { action, pointer } of eachAction(actions)) {
    const path = runPath(pointer)
    const steps = byPath.get(path) ?? []
    outcomes.set(stepNode(action.key), steps.length === 0 ? quiet(words.not_reached) : stepOutcome(steps, run.mode))
    if (errorPathOf(action) !== null) {
      const isFollowed = run.steps.some((step) => step.path.startsWith(`${path}/on_error/`))
      const outcome = isFollowed
        ? { tone: 'warn' as const, label: words.taken }
        : quiet(steps.length === 0 ? words.not_reached : words.not_taken)
      outcomes.set(armNode(action.key, ERROR_ARM), outcome)
    }
    for (const [index] of armsOf(action).entries()) {
      const taken = isTaken(steps, run.steps, path, index)
      const outcome = taken
        ? { tone: 'good' as const, label: words.taken }
        : quiet(steps.length === 0 ? words.not_reached : words.not_taken)
      outcomes.set(armNode(action.key, index), outcome)
    }
  }
  const last = run.error?.step_key ?? run.steps.at(-1)?.key
  const outcome = last === undefined ? undefined : outcomes.get(stepNode(last))
  if (outcome !== undefined && SHORT.has(run.status)) outcomes.set(stepNode(last!), { ...outcome, isLast: true })
  return outcomes
}

function stepOutcome(steps: readonly Step[], mode: Run['mode']): NodeOutcome {
  const worst = steps.toSorted((a, b) => RANK.indexOf(a.status) - RANK.indexOf(b.status))[0]!
  const isTried = mode === 'dry_run' && worst.status === 'not_sent'
  const outcome: NodeOutcome = isTried
    ? { tone: 'good', label: words.would_send }
    : { tone: TONES[worst.status], label: words[worst.status] }
  if (steps.length > 1) return { ...outcome, detail: strings.times(steps.length) }
  if (worst.resume_at !== undefined && (worst.status === 'waiting' || worst.status === 'retrying'))
    return { ...outcome, detail: strings.until(dateTime(worst.resume_at)) }
  return worst.duration_ms === null || worst.duration_ms < 1
    ? outcome
    : { ...outcome, detail: duration(worst.duration_ms) }
}

/** A branch says which way it took; of a run that is cut, the steps below a way tell it too. */
function isTaken(own: readonly Step[], all: readonly Step[], path: string, index: number): boolean {
  const way = `conditions/${index}/`
  const said = own.some(({ output }) => {
    const taken = (output as { taken?: unknown } | null)?.taken
    return typeof taken === 'string' && `${taken}/`.startsWith(way)
  })
  return said || all.some((step) => step.path.startsWith(`${path}/${way}`))
}
