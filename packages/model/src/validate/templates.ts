import type { Problem } from '../errors.ts'
import { compileExpression, compileTemplate, ExpressionError } from '../expressions/index.ts'
import type { PathUse } from '../expressions/index.ts'
import { nameProblem } from './names.ts'
import type { Names } from './names.ts'
import { pointer, problem } from './problems.ts'

/**
 * What is wrong with a text that may hold placeholders: its syntax, and the names it uses.
 *
 * @param path the pointer of the text
 * @returns problems whose messages tell the column
 * Source: SPEC.md, sections 3 and 7
 */
export function templateProblems(text: string, path: string, names: Names): Problem[] {
  return compiled(path, () => compileTemplate(text).paths, names)
}

/** The same of an expression without braces, or of one whole placeholder. */
export function expressionProblems(source: string, path: string, names: Names): Problem[] {
  return compiled(path, () => compileExpression(source).paths, names)
}

function compiled(path: string, compile: () => readonly PathUse[], names: Names): Problem[] {
  let paths: readonly PathUse[]
  try {
    paths = compile()
  } catch (error) {
    if (error instanceof ExpressionError) return [problem(path, error.message, error.hint)]
    throw error
  }
  return paths.flatMap((use) => {
    const found = nameProblem(use, names)
    return found === null ? [] : [{ path, ...found, message: `${found.message}, at column ${use.column}` }]
  })
}

/** The problems of all texts in a piece of JSON; `path` is its pointer. */
export function valueProblems(value: unknown, path: string, names: Names): Problem[] {
  if (typeof value === 'string') return templateProblems(value, path, names)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, part]) => valueProblems(part, pointer(path, key), names))
}

/** True when a text in a piece of JSON holds a placeholder, so that its value is known only at run time. */
export function isTemplated(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('{{')
  return typeof value === 'object' && value !== null && Object.values(value).some(isTemplated)
}

const PLAIN_PATH = /^\s*\{\{\s*[\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*|\[\d+\])*\s*\}\}\s*$/u

/** The path of a text that is one placeholder with nothing but a path in it, else null. */
export function plainPath(text: unknown): PathUse | null {
  if (typeof text !== 'string' || !PLAIN_PATH.test(text)) return null
  try {
    return compileTemplate(text).paths[0] ?? null
  } catch {
    return null
  }
}
