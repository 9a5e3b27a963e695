import {
  loopWarnings,
  type ObjectDefinition,
  type OtherAutomation,
  type Problem,
  type ValidationContext,
  validateAutomation,
} from '@kantos/model'
import type { PlacedProblem } from '../../../components/editor/context.tsx'
import { nodeOfPointer } from '../../../components/flow/structure.ts'
import { bodyOf, type Draft } from '../document/draft.ts'

/** A problem with the part of the flow it lies in; `node` null: the automation itself, such as its name. */
export interface FoundProblem extends Problem {
  node: string | null
  /** within the part */
  rest: string
  severity: 'error' | 'warning'
}

export interface CheckContext extends Omit<ValidationContext, 'now' | 'draft'> {
  others: readonly OtherAutomation[]
}

/**
 * Everything that is wrong with a draft, and what may be: the same checks as on saving, and loops with the other active
 * automations.
 *
 * Source: SPEC.md, sections 3 and 10
 */
export function checkDraft(draft: Draft, context: CheckContext, now: number): FoundProblem[] {
  const { others, ...rest } = context
  const result = validateAutomation(bodyOf(draft), { ...rest, now })
  const objects = rest.objects as ReadonlyMap<string, ObjectDefinition>
  const loops = result.ok ? loopWarnings(result.document, objects, others, result.places) : []
  const errors = result.ok ? [] : result.errors
  return placed(draft, errors, [...result.warnings, ...loops])
}

/** Problems at their parts, each once. */
export function placed(draft: Draft, errors: readonly Problem[], warnings: readonly Problem[]): FoundProblem[] {
  const seen = new Set<string>()
  const place = (problem: Problem, severity: FoundProblem['severity']): FoundProblem[] => {
    const id = `${problem.path} ${problem.message}`
    if (seen.has(id)) return []
    seen.add(id)
    const at = nodeOfPointer(draft, problem.path)
    return [{ ...problem, node: at?.node ?? null, rest: at?.rest ?? problem.path, severity }]
  }
  return [...errors.flatMap((one) => place(one, 'error')), ...warnings.flatMap((one) => place(one, 'warning'))]
}

/** How many problems each part has. */
export function countByNode(problems: readonly FoundProblem[]): Map<string, { errors: number; warnings: number }> {
  const counts = new Map<string, { errors: number; warnings: number }>()
  for (const { node, severity } of problems) {
    if (node === null) continue
    const count = counts.get(node) ?? { errors: 0, warnings: 0 }
    counts.set(node, { ...count, [`${severity}s`]: count[`${severity}s`] + 1 })
  }
  return counts
}

/** The problems of one part, at their paths within it. Warnings are shown in the panel, not as a field's error. */
export function problemsOfNode(problems: readonly FoundProblem[], node: string | null): PlacedProblem[] {
  return problems
    .filter((problem) => problem.node === node && problem.severity === 'error')
    .map(({ rest, message, hint }) => (hint === undefined ? { path: rest, message } : { path: rest, message, hint }))
}
