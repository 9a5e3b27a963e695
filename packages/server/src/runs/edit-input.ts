import { ACTIONS, type CompiledAction, invalid, type Problem, shapeProblems, WAIT_KEYS, waitKind } from '@kantos/model'
import type { z } from 'zod'

/** What stands for a secret in a logged input. */
const HIDDEN = '••••'

/**
 * Checks a correction of a failed step's input. What is sent back as it was logged is left alone, so that a secret whose place
 * is shown stays where it is.
 *
 * @param logged the input as the failed run shows it
 * @returns the parts that differ
 * @throws ApiError VALIDATION_ERROR with pointers below `/input`
 */
export function checkedInput(
  action: CompiledAction,
  logged: unknown,
  given: Record<string, unknown>,
): Record<string, unknown> {
  const definition = ACTIONS[action.type]
  if (!('config' in definition))
    throw invalid([{ path: '/input', message: `The input of a ${action.type} can't be edited.` }])
  const changed = withoutSame(given, logged) as Record<string, unknown> | undefined
  if (changed === undefined) return {}
  const at = (keys: readonly (string | number)[]) => ['/input', ...keys.map(escaped)].join('/')
  const shape: z.ZodObject = definition.config
  const problems = [...shapeProblems(shape.partial(), changed, at), ...textProblems(changed, at, [])]
  for (const key of Object.keys(changed)) {
    const unused = whyUnused(action, key, { ...(logged as Record<string, unknown> | null), ...changed })
    if (unused !== null) problems.push({ path: at([key]), ...unused })
  }
  if (problems.length > 0) throw invalid(problems)
  return changed
}

/** Why an edit of a key would change nothing, since the step goes by others; null: it goes by it. @param input as it would be */
function whyUnused(
  { type, email, action }: CompiledAction,
  key: string,
  input: Readonly<Record<string, unknown>>,
): Omit<Problem, 'path'> | null {
  if (type === 'send_email' && email === undefined && (key === 'subject' || key === 'body'))
    return { message: 'the texts of this e-mail come from its template', hint: 'edit template_id or variables' }
  if (type === 'send_email' && email !== undefined && (key === 'template_id' || key === 'variables'))
    return { message: 'this e-mail has texts of its own, and no template', hint: 'edit subject or body' }
  if (type === 'webhook' && key === 'body' && input.method === 'GET')
    return { message: 'GET sends no body', hint: 'use POST, PUT, PATCH or DELETE' }
  if (type !== 'wait') return null
  const kind = waitKind(action.config)
  const own = [...WAIT_KEYS[kind], 'business_hours']
  if (own.includes(key)) return null
  return { message: `${key} doesn’t belong to this wait`, hint: `edit ${own.join(', ')}` }
}

/** An edited input is plain: no template in it is evaluated, and no secret can be put together. */
function textProblems(
  value: unknown,
  at: (keys: readonly (string | number)[]) => string,
  keys: readonly (string | number)[],
): Problem[] {
  if (typeof value === 'string') {
    if (value.includes(HIDDEN))
      return [
        {
          path: at(keys),
          message: 'this text holds the place of a secret',
          hint: 'leave it as it is, or write the whole text without the secret',
        },
      ]
    if (value.includes('{{'))
      return [
        { path: at(keys), message: 'an edited input holds values, not templates', hint: 'write the value itself' },
      ]
    return []
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) =>
    textProblems(item, at, [...keys, Array.isArray(value) ? Number(key) : key]),
  )
}

/** The parts of a value that aren't the same in another; undefined: all are. */
function withoutSame(value: unknown, other: unknown): unknown {
  if (!isPlain(value) || !isPlain(other)) return JSON.stringify(value) === JSON.stringify(other) ? undefined : value
  const entries = Object.entries(value).flatMap(([key, item]) => {
    const left = Object.hasOwn(other, key) ? withoutSame(item, other[key]) : item
    return left === undefined ? [] : [[key, left] as const]
  })
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function escaped(key: string | number): string {
  return String(key).replaceAll('~', '~0').replaceAll('/', '~1')
}
