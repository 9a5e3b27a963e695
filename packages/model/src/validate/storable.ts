import type { Problem } from '../errors.ts'
import { pointer, problem } from './problems.ts'

const MAX_DEPTH = 200
const MAX_PROBLEMS = 10

/**
 * What can't be kept of a piece of JSON, anywhere in it: the character U+0000, half of a surrogate pair, a key named
 * `__proto__`, a number that isn't finite, or more than 200 levels.
 *
 * Source: SPEC-DETAILS.md, section 2
 */
export function storableProblems(value: unknown, path = '', depth = 0, found: Problem[] = []): Problem[] {
  if (found.length >= MAX_PROBLEMS) return found
  if (typeof value === 'string') {
    if (value.includes('\0')) found.push(problem(path, 'the text holds the character U+0000, which can’t be stored'))
    else if (!value.isWellFormed()) found.push(problem(path, 'the text holds half a character (a lone surrogate)'))
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) found.push(problem(path, 'not a finite number'))
  } else if (typeof value === 'object' && value !== null) {
    if (depth >= MAX_DEPTH) {
      found.push(problem(path, `nested too deep: at most ${MAX_DEPTH} levels`))
      return found
    }
    for (const key of Object.keys(value)) {
      if (key === '__proto__' || key.includes('\0') || !key.isWellFormed()) {
        found.push(problem(path, `an object can't have the key ${JSON.stringify(key)}`))
      } else storableProblems((value as Record<string, unknown>)[key], pointer(path, key), depth + 1, found)
    }
  }
  return found
}
