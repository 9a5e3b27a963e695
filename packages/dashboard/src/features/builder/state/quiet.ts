import type { FoundProblem } from './check.ts'

/** What a new automation doesn't have yet: asked for when somebody wants to save it. */
const NOT_YET: ReadonlySet<string> = new Set([
  '/name',
  '/actions',
  '/trigger',
  '/trigger/event',
  '/trigger/object',
  '/trigger/field',
])

/** What tells a problem from the others of its draft. */
export function idOf({ path, message }: Pick<FoundProblem, 'path' | 'message'>): string {
  return `${path} ${message}`
}

/**
 * The problems that are called wrong now, and what is only still to be filled in: what is empty isn't wrong before somebody has left
 * the part it lies in, or wanted to save.
 *
 * @param seen ids of the empty places that were left, or that a save asked for
 */
export function sortProblems(
  problems: readonly FoundProblem[],
  seen: ReadonlySet<string>,
): { shown: readonly FoundProblem[]; toFillIn: readonly FoundProblem[] } {
  const isQuiet = (one: FoundProblem): boolean => one.severity === 'error' && one.isEmpty && !seen.has(idOf(one))
  return { shown: problems.filter((one) => !isQuiet(one)), toFillIn: problems.filter(isQuiet) }
}

/** The ids of what stays empty in a part that is left. @param isNew its name, trigger and actions are asked for on saving alone */
export function leftEmpty(problems: readonly FoundProblem[], node: string, isNew: boolean): string[] {
  return problems.filter((one) => one.node === node && !(isNew && NOT_YET.has(one.path))).map(idOf)
}
