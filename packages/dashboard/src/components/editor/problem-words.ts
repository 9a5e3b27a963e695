import { sentence } from '../../lib/sentence.ts'
import { missing, missingValue } from '../../strings/problems.ts'

/** A problem as the checks give it. */
export interface SaidProblem {
  path: string
  message: string
  hint?: string
  /** nothing is entered there yet */
  isEmpty?: boolean
  /** what the rule looks at whose value is missing, in words */
  field?: string
}

/** Below these the names are the workspace's own: a field may be called `url`. */
const OWN_NAMES = /\/(?:data|fields|filters|variables|headers)\//

/**
 * What is wrong, in sentences: what to enter where nothing is, else what the checks say.
 *
 * @returns the sentence, and the one that helps
 */
export function problemWords({ path, message, hint, isEmpty, field }: SaidProblem): { text: string; hint?: string } {
  const last = path.split('/').at(-1) ?? ''
  if (isEmpty === true && last === 'value' && field !== undefined) return { text: missingValue(field) }
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
