import {
  type AutomationDocument,
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
  /** nothing is entered there yet */
  isEmpty: boolean
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
  // said at once, also while other parts aren't finished
  const loops = result.ok
    ? loopWarnings(result.document, objects, others, result.places)
    : hasTrigger(draft)
      ? loopWarnings(draft as unknown as AutomationDocument, objects, others)
      : []
  const errors = result.ok ? [] : result.errors
  return placed(draft, errors, [...result.warnings, ...loops])
}

/** Whether it is known what starts a draft. */
function hasTrigger({ trigger }: Draft): boolean {
  const { event } = trigger
  if (event === 'field.changed') return typeof trigger['object'] === 'string' && typeof trigger['field'] === 'string'
  return typeof event === 'string' && (event.startsWith('record.') ? typeof trigger['object'] === 'string' : true)
}

/** Problems at their parts, each once. */
export function placed(draft: Draft, errors: readonly Problem[], warnings: readonly Problem[]): FoundProblem[] {
  const seen = new Set<string>()
  const place = (problem: Problem, severity: FoundProblem['severity']): FoundProblem[] => {
    const id = `${problem.path} ${problem.message}`
    if (seen.has(id)) return []
    seen.add(id)
    const at = nodeOfPointer(draft, problem.path)
    const isEmpty = isEmptyAt(draft, problem.path)
    return [{ ...problem, node: at?.node ?? null, rest: at?.rest ?? problem.path, severity, isEmpty }]
  }
  return [...errors.flatMap((one) => place(one, 'error')), ...warnings.flatMap((one) => place(one, 'warning'))]
}

/** Whether nothing is entered at a JSON pointer of a draft. What a config as a whole lacks, such as an e-mail's text, isn't there either. */
function isEmptyAt(draft: Draft, pointer: string): boolean {
  if (pointer.endsWith('/config')) return true
  let value: unknown = draft
  for (const part of pointer.split('/').slice(1)) {
    if (typeof value !== 'object' || value === null) return value === undefined || value === null
    value = (value as Record<string, unknown>)[part.replaceAll('~1', '/').replaceAll('~0', '~')]
  }
  if (typeof value === 'string') return value.trim() === ''
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0
  return value === undefined || value === null
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
    .map(({ rest, message, hint, isEmpty }) => ({
      path: rest,
      message,
      isEmpty,
      ...(hint === undefined ? {} : { hint }),
    }))
}
