import type { FoundProblem } from './check.ts'

/** What a new automation doesn't have yet. */
const NOT_YET: ReadonlySet<string> = new Set([
  '/name',
  '/actions',
  '/trigger',
  '/trigger/event',
  '/trigger/object',
  '/trigger/field',
])

/**
 * The problems that are worth showing now. What was only just begun isn't called wrong: a step until it is left for the first time, a
 * new automation's missing name, trigger and actions until somebody tries to save it.
 *
 * @param fresh the node that was inserted last and is still selected
 * @param asked somebody wanted to save, or opened the list of problems
 */
export function worthShowing(
  problems: readonly FoundProblem[],
  { fresh, isNew, asked }: { fresh: string | null; isNew: boolean; asked: boolean },
): readonly FoundProblem[] {
  if (asked) return problems
  return problems.filter(({ node, path, severity }) => {
    if (severity === 'warning') return true
    return !(fresh !== null && node === fresh) && !(isNew && NOT_YET.has(path))
  })
}
