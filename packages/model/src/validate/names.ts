import type { ActionType } from '../actions/index.ts'
import type { Problem } from '../errors.ts'
import type { PathUse } from '../expressions/index.ts'
import { SYSTEM_FIELDS, USER_PARTS } from '../field.ts'
import type { Field, FieldType } from '../field.ts'
import { objectSlug } from '../object.ts'
import type { ObjectDefinition } from '../object.ts'
import { fieldBySlug, slugsOf } from '../record.ts'
import { fieldHint, hintFor } from './suggest.ts'

/** What is known of an earlier step. */
export interface KnownStep {
  readonly type: ActionType
  /** the object of the record or records it gives, when that is known */
  readonly object?: ObjectDefinition
}

/** The names that templates and rules can use at one place of the document. */
export interface Names {
  readonly objects: ReadonlyMap<string, ObjectDefinition>
  /** of `record`; null when nothing tells the object, as after a webhook */
  readonly object: ObjectDefinition | null
  readonly webhook: boolean
  /** steps that ended before this place */
  readonly steps: ReadonlyMap<string, KnownStep>
  /** keys of all actions, to tell "later" from "unknown" */
  readonly keys: ReadonlySet<string>
  /** inside a loop; `object` when its items are records of a known object */
  readonly item: { readonly object?: ObjectDefinition } | null
  /** inside an error path: `error` is what failed */
  readonly error: boolean
  /** variables of the e-mail, inside one */
  readonly variables: ReadonlySet<string> | null
  /** null: secrets can't be used here */
  readonly secrets: ReadonlySet<string> | null
}

/** A name that can't be used, without its place. */
export type NameProblem = Omit<Problem, 'path'>

const CLOSED: ReadonlyMap<string, readonly string[]> = new Map([
  ['automation', ['id', 'name']],
  ['run', ['id']],
  ['event', ['id', 'type', 'at']],
  ['user', [...USER_PARTS.keys()]],
  ['webhook', ['body', 'headers', 'query']],
  ['error', ['code', 'message', 'step_key']],
])
const ROOTS = [
  'record',
  'previous',
  'changes',
  'webhook',
  'steps',
  'item',
  'index',
  'error',
  'variables',
  'secrets',
  'automation',
  'run',
  'event',
  'now',
  'today',
  'user',
]

const NO_RECORD = {
  message: 'there is no record here: the trigger names no object',
  hint: 'choose an object in the trigger, or look records up with find_records',
}

/** The object of a reference field, when it is there. */
export function targetOf(field: Field, objects: Names['objects']): ObjectDefinition | undefined {
  const target = field.type === 'reference' ? field.options?.object : undefined
  return target === undefined ? undefined : objects.get(objectSlug(target))
}

/** `there is no field "nope" in Leads`, with the nearest one. */
export function unknownField(slug: string, object: ObjectDefinition): NameProblem {
  if (SYSTEM_FIELDS.has(slug))
    return { message: `${slug} is kept by the system`, hint: `name a field of ${object.name}` }
  const found = { message: `there is no field ${JSON.stringify(slug)} in ${object.name}` }
  const hint = fieldHint(slug, object, slugsOf(object))
  return hint === undefined ? found : { ...found, hint }
}

/**
 * Follows a path of fields from an object: a field, or one step along a reference or to a user.
 *
 * @returns the type at its end ('any' for a part of a list), or what is wrong
 * Source: SPEC.md, sections 5 and 7
 */
export function fieldPath(
  path: readonly (string | number)[],
  object: ObjectDefinition,
  objects: Names['objects'],
): { type: FieldType | 'any' } | { problem: NameProblem } {
  const [first, second] = path
  const slug = String(first)
  const field = fieldBySlug(object, slug)
  const type = field?.type ?? SYSTEM_FIELDS.get(slug)
  if (type === undefined) return { problem: unknownField(slug, object) }
  if (second === undefined) return { type }
  if (type === 'multi_select' && typeof second === 'number' && path.length === 2) return { type: 'any' }
  if (type === 'user') return userPath(slug, path)
  if (field === undefined || type !== 'reference')
    return { problem: { message: `${slug} is ${aType(type)} and has no part ${JSON.stringify(second)}` } }
  const target = targetOf(field, objects)
  if (target === undefined) return { type: 'any' }
  const along = fieldPath(path.slice(1, 2), target, objects)
  if (path.length === 2 || 'problem' in along) return along
  if (along.type === 'multi_select' && typeof path[2] === 'number' && path.length === 3) return { type: 'any' }
  return {
    problem: {
      message: `${path.join('.')} goes more than one step along references`,
      hint: 'look the record up with find_records first',
    },
  }
}

function userPath(slug: string, path: readonly (string | number)[]): { type: FieldType } | { problem: NameProblem } {
  const part = String(path[1])
  const type = USER_PARTS.get(part)
  if (type === undefined) {
    const hint = hintFor(part, USER_PARTS.keys()) ?? `one of: ${[...USER_PARTS.keys()].join(', ')}`
    return { problem: { message: `${slug} is a user field and has no part ${JSON.stringify(part)}`, hint } }
  }
  return path.length === 2 ? { type } : { problem: { message: `${slug}.${part} has no parts` } }
}

function aType(type: FieldType): string {
  return `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type} field`
}

/**
 * Whether a path names something that can be there.
 *
 * @returns null when it can, or what is wrong
 * Source: SPEC.md, section 7; SPEC-DETAILS.md, section 3
 */
export function nameProblem({ root, path }: Pick<PathUse, 'root' | 'path'>, names: Names): NameProblem | null {
  switch (root) {
    case 'record':
    case 'previous':
      return recordProblem(path, names)
    case 'changes':
      return changesProblem(path, names)
    case 'webhook':
      return names.webhook
        ? tailProblem(root, path)
        : { message: 'webhook is known only after the trigger webhook.received' }
    case 'steps':
      return stepProblem(path, names)
    case 'item':
    case 'index':
      return names.item === null ? { message: `${root} is known only inside a for_each` } : null
    case 'error':
      if (names.error) return tailProblem(root, path)
      return names.variables?.has(root) === true
        ? null
        : { message: 'error is known only in the actions of an on_error' }
    case 'variables':
      return variableProblem(path, names)
    case 'secrets':
      return secretProblem(path, names)
    case 'now':
    case 'today':
      return path.length === 0 ? null : { message: `${root} has no parts`, hint: `date_format(${root}, 'yyyy')` }
    case 'automation':
    case 'run':
    case 'event':
    case 'user':
      return tailProblem(root, path)
    default:
      return rootProblem(root, names)
  }
}

function rootProblem(root: string, names: Names): NameProblem | null {
  if (names.variables?.has(root) === true) return null
  const message = `there is no name ${JSON.stringify(root)}`
  if (names.object !== null && slugsOf(names.object).includes(root))
    return { message, hint: `did you mean "record.${root}"?` }
  const known = ROOTS.filter(
    (name) =>
      (name !== 'secrets' || names.secrets !== null) &&
      (name !== 'variables' || names.variables !== null) &&
      (name !== 'webhook' || names.webhook) &&
      ((name !== 'item' && name !== 'index') || names.item !== null) &&
      (name !== 'error' || names.error),
  )
  const hint = hintFor(root, [...known, ...(names.variables ?? [])])
  return hint === undefined ? { message } : { message, hint }
}

function recordProblem(path: PathUse['path'], names: Names): NameProblem | null {
  if (names.object === null) return NO_RECORD
  if (path.length === 0) return null
  const found = fieldPath(path, names.object, names.objects)
  return 'problem' in found ? found.problem : null
}

function changesProblem(path: PathUse['path'], names: Names): NameProblem | null {
  if (names.object === null) return NO_RECORD
  const [slug, part] = path
  if (slug === undefined) return null
  if (fieldBySlug(names.object, String(slug)) === undefined) return unknownField(String(slug), names.object)
  return part === undefined || part === 'from' || part === 'to'
    ? null
    : { message: `a change has no part ${JSON.stringify(part)}`, hint: 'one of: from, to' }
}

function tailProblem(root: string, path: PathUse['path']): NameProblem | null {
  const [part] = path
  const parts = CLOSED.get(root)!
  if (part === undefined || parts.includes(String(part))) return null
  return { message: `${root} has no part ${JSON.stringify(part)}`, hint: hintFor(String(part), parts)! }
}

function stepProblem(path: PathUse['path'], names: Names): NameProblem | null {
  const [key] = path
  if (key === undefined || names.steps.has(String(key))) return null
  if (names.keys.has(String(key)))
    return {
      message: `the step ${JSON.stringify(key)} has not run when the run comes here`,
      hint: 'only steps that stand earlier, and not on another way of a branch, can be named',
    }
  const hint = hintFor(String(key), names.steps.keys()) ?? 'no step stands before this one'
  return { message: `there is no step ${JSON.stringify(key)}`, hint }
}

function variableProblem(path: PathUse['path'], names: Names): NameProblem | null {
  if (names.variables === null)
    return { message: 'variables are known only inside e-mails', hint: 'use the values themselves here' }
  const [name] = path
  if (name === undefined || names.variables.has(String(name))) return null
  const hint = hintFor(String(name), names.variables) ?? 'add it to the variables of this e-mail'
  return { message: `there is no variable ${JSON.stringify(name)}`, hint }
}

function secretProblem(path: PathUse['path'], names: Names): NameProblem | null {
  if (names.secrets === null)
    return { message: "a secret can't be used here", hint: "only in a webhook's url, headers and body" }
  const [name] = path
  if (path.length !== 1) return { message: 'a secret is named like {{secrets.name}}' }
  if (names.secrets.has(String(name))) return null
  const hint = hintFor(String(name), names.secrets) ?? 'add it in the settings first'
  return { message: `there is no secret ${JSON.stringify(name)}`, hint }
}
