import type { z } from 'zod'
import type { Problem } from '../errors.ts'
import { hintFor } from './suggest.ts'

/** What was found: `errors` refuse the document, `warnings` don't. */
export interface Findings {
  readonly errors: Problem[]
  readonly warnings: Problem[]
}

/** A problem, with its hint when there is one. */
export function problem(path: string, message: string, hint?: string): Problem {
  return hint === undefined ? { path, message } : { path, message, hint }
}

/** A JSON pointer one or more steps further: `('/actions', 0, 'a/b')` → `/actions/0/a~1b`. */
export function pointer(base: string, ...keys: readonly (string | number)[]): string {
  let path = base
  for (const key of keys) path += `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`
  return path
}

/** True for an object of JSON: neither null nor a list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What a value is, for people: `a list`, `a number`, `nothing`. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  if (typeof value === 'string') return 'text'
  return typeof value === 'boolean' ? 'true or false' : 'a number'
}

const WANTED: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value
  for (const key of path)
    at = typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined
  return at
}

/** The issue of a union that comes nearest: the one that went deepest before it failed. */
function innermost(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return issue
  const tries = issue.errors.flatMap((issues) => issues.slice(0, 1))
  const deepest = tries.toSorted((a, b) => b.path.length - a.path.length)[0]
  if (deepest === undefined || deepest.path.length === 0) return issue
  return innermost({ ...deepest, path: [...issue.path, ...deepest.path] })
}

function messageOf(issue: z.core.$ZodIssue, name: string, actual: unknown): { message: string; hint?: string } {
  if (actual === undefined) return { message: `${name} is missing` }
  switch (issue.code) {
    case 'invalid_type':
      return {
        message: `${name} must be ${WANTED[issue.expected] ?? issue.expected}, not ${typeof actual === 'number' ? actual : kindOf(actual)}`,
      }
    case 'too_big':
      return { message: tooMuch(name, issue.origin, issue.maximum) }
    case 'too_small':
      return { message: tooLittle(name, issue.origin, issue.minimum, issue.inclusive !== false) }
    case 'invalid_value': {
      const values = issue.values.map(String)
      return {
        message: `${name} can't be ${JSON.stringify(actual)}`,
        hint: typeof actual === 'string' ? hintFor(actual, values) : `one of: ${values.join(', ')}`,
      }
    }
    case 'invalid_union':
      return { message: `${name} can't be ${kindOf(actual)}` }
    default:
      return { message: `${name}: ${issue.message}` }
  }
}

function tooMuch(name: string, origin: string, maximum: number | bigint): string {
  if (origin === 'string') return `${name} is too long: at most ${maximum} characters`
  if (origin === 'array') return `${name} has too many entries: at most ${maximum}`
  return `${name} is too high: at most ${maximum}`
}

function tooLittle(name: string, origin: string, minimum: number | bigint, inclusive: boolean): string {
  if (origin === 'string') return `${name} is too short: at least ${minimum} characters`
  if (origin === 'array') return `${name} has too few entries: at least ${minimum}`
  return inclusive ? `${name} is too low: at least ${minimum}` : `${name} must be more than ${minimum}`
}

/**
 * Checks a value against a schema and says what is wrong in words for people.
 *
 * @param at the pointer of a path of keys, in the document as it was written
 * @returns the problems; none when the value fits
 */
export function shapeProblems(
  schema: z.ZodType,
  value: unknown,
  at: (keys: readonly (string | number)[]) => string,
): Problem[] {
  const parsed = schema.safeParse(value)
  if (parsed.success) return []
  return parsed.error.issues.flatMap((first) => {
    const issue = innermost(first)
    const keys = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))
    if (issue.code === 'unrecognized_keys') {
      const shape = keys.length === 0 ? (schema as { shape?: object }).shape : undefined
      return issue.keys.map((key) =>
        problem(at([...keys, key]), `"${key}" is not known here`, shape && hintFor(key, Object.keys(shape))),
      )
    }
    const { message, hint } = messageOf(issue, String(keys.at(-1) ?? 'this'), valueAt(value, keys))
    return [problem(at(keys), message, hint)]
  })
}

/** A problem for each key that isn't among the known ones. */
export function unknownKeys(value: object, known: readonly string[], path: string): Problem[] {
  return Object.keys(value)
    .filter((key) => !known.includes(key))
    .map((key) => problem(pointer(path, key), `"${key}" is not known here`, hintFor(key, known)))
}
