import { ApiError, invalid, type Problem } from '@kantos/model'
import type { z } from 'zod'
import { isStorable, pointerPart } from './body.ts'

/** Bad values of these query parameters are a 400, not a 422. Source: SPEC-DETAILS.md, sections 8 and 12 */
const PAGING = new Set(['/page', '/per_page', '/limit', '/cursor'])

/**
 * Checks a body against its schema.
 *
 * @throws ApiError BAD_REQUEST naming what is unknown, else VALIDATION_ERROR with JSON pointers
 * Source: SPEC-DETAILS.md, section 2
 */
export function parseBody(schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw refuse(problemsOf(result.error.issues, []))
}

/** Checks the query, given as `a=1&b=2`; a name given twice is refused. */
export function parseQuery(schema: z.ZodType, search: string): unknown {
  const result = schema.safeParse(readSearch(search))
  if (result.success) return result.data
  const found = problemsOf(result.error.issues, [])
  const paging = found.bad.filter(({ path }) => PAGING.has(path))
  if (found.unknown.length === 0 && paging.length > 0)
    throw new ApiError('BAD_REQUEST', `${paging[0]!.path.slice(1)}: ${paging[0]!.message}`, { errors: paging })
  throw refuse(found)
}

/** A query for a route that takes none: nothing, or a 400 that names what came. */
export function refuseQuery(search: string): void {
  const names = Object.keys(readSearch(search))
  if (names.length > 0)
    throw refuse({ unknown: names.map((name) => ({ path: `/${pointerPart(name)}`, message: NO_SUCH_NAME })), bad: [] })
}

/** A body for a route that takes none: an empty object, or a 400 that names what came. */
export function refuseBody(value: unknown): void {
  const names = typeof value === 'object' && value !== null ? Object.keys(value) : ['']
  if (names.length > 0)
    throw refuse({ unknown: names.map((name) => ({ path: `/${pointerPart(name)}`, message: NO_SUCH_NAME })), bad: [] })
}

function readSearch(search: string): Record<string, string> {
  const query: Record<string, string> = Object.create(null)
  if (search === '') return query
  for (const [name, value] of new URLSearchParams(search)) {
    if (name in query) throw new ApiError('BAD_REQUEST', `The parameter ${JSON.stringify(name)} is given twice.`)
    if (!isStorable(value) || !isStorable(name))
      throw invalid([{ path: `/${pointerPart(name)}`, message: 'The text holds a NUL character.' }])
    query[name] = value
  }
  return query
}

interface Found {
  unknown: Problem[]
  bad: Problem[]
}

const NO_SUCH_NAME = 'There is no such name.'

function refuse({ unknown, bad }: Found): ApiError {
  if (unknown.length === 0) return invalid(bad, describe(bad))
  const names = unknown.map(({ path }) => path.slice(1)).join(', ')
  return new ApiError('BAD_REQUEST', `Unknown ${unknown.length === 1 ? 'name' : 'names'}: ${names}.`, {
    errors: unknown,
  })
}

function describe([first]: Problem[]): string {
  if (first === undefined) return 'The request is not valid.'
  return first.path === '' ? first.message : `${first.path.slice(1)}: ${first.message}`
}

function problemsOf(issues: readonly z.core.$ZodIssue[], base: readonly PropertyKey[]): Found {
  const found: Found = { unknown: [], bad: [] }
  for (const issue of issues) {
    const path = [...base, ...issue.path]
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) found.unknown.push({ path: pointer([...path, key]), message: NO_SUCH_NAME })
    } else if (issue.code === 'invalid_union' && issue.errors.length > 0) {
      // of the alternatives, the one that came furthest is what was meant
      const nearest = issue.errors.toSorted((a, b) => depth(b) - depth(a) || a.length - b.length)[0]!
      const inner = problemsOf(nearest, path)
      found.unknown.push(...inner.unknown)
      found.bad.push(...inner.bad)
    } else found.bad.push({ path: pointer(path), message: wording(issue) })
  }
  return found
}

function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map(({ path }) => path.length))
}

function pointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${pointerPart(part)}`).join('')
}

function wording(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) return 'This is needed.'
  if (issue.code === 'too_small')
    return `It must ${limit(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum)}.`
  if (issue.code === 'too_big')
    return `It must ${limit(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum)}.`
  const text = issue.message.replace(/^Invalid (?:input|option): /, '')
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.')
}

/** `be at least 1`, `have at most 255 characters` */
function limit(origin: string, bound: string, n: number | bigint): string {
  if (origin === 'string') return `have ${bound} ${n} ${n === 1 ? 'character' : 'characters'}`
  if (origin === 'array' || origin === 'set') return `have ${bound} ${n} ${n === 1 ? 'entry' : 'entries'}`
  return `be ${bound} ${n}`
}
