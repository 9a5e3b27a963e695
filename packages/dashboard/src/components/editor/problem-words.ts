import { sentence } from '../../lib/sentence.ts'
import { missing } from '../../strings/problems.ts'

/** A problem as the checks give it. */
export interface SaidProblem {
  path: string
  message: string
  hint?: string
  /** nothing is entered there yet */
  isEmpty?: boolean
}

/** Below these the names are the workspace's own: a field may be called `url`. */
const OWN_NAMES = /\/(?:data|fields|filters|variables|headers)\//

/**
 * What is wrong, in sentences: what to enter where nothing is, else what the checks say.
 *
 * @returns the sentence, and the one that helps
 */
export function problemWords({ path, message, hint, isEmpty }: SaidProblem): { text: string; hint?: string } {
  const last = path.split('/').at(-1) ?? ''
  const own = isEmpty === true && !OWN_NAMES.test(path) ? missing[last] : undefined
  if (own !== undefined) return { text: own }
  const text = sentence(message.replace(/^(\w[\w ]*): \1\b/, '$1'))
  return hint === undefined ? { text } : { text, hint: sentence(hint) }
}

/** The same in one line. */
export function problemLine(problem: SaidProblem): string {
  const { text, hint } = problemWords(problem)
  return hint === undefined ? text : `${text} ${hint}`
}
