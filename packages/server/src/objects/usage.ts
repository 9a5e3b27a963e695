import { ACTION_TYPES, ApiError, type ObjectDefinition, objectSlug } from '@kantos/model'
import type { Queryable } from '../db/pool.ts'

interface Action {
  type: string
  config: Record<string, unknown>
}

export interface UsageDocument {
  id: string
  name: string
  document: unknown
}

/** The automations of a workspace that aren't deleted, whether active or not. */
export async function readDocuments(db: Queryable, workspaceId: string): Promise<UsageDocument[]> {
  const { rows } = await db.query<UsageDocument>(
    'select id, name, document from automations where workspace_id = $1 and deleted_at is null order by name, id',
    [workspaceId],
  )
  return rows
}

/**
 * Refuses a change of something that automations use.
 *
 * @param what begins the sentence: `The field "Score"`
 * @throws ApiError CONFLICT naming the automations
 */
export function refuseWhenUsed(what: string, users: readonly UsageDocument[]): void {
  if (users.length === 0) return
  const names = users.map(({ name }) => `"${name}"`)
  const listed = names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ')
  throw new ApiError('CONFLICT', `${what} is used by ${listed}. Change or delete what uses it first.`, {
    automations: users.map(({ name }) => name),
  })
}

/** Whether an automation's trigger or an action of it, however deep, names the object. Source: SPEC-DETAILS.md, section 2 */
export function usesObject(document: unknown, object: string): boolean {
  const names = (ref: unknown) => typeof ref === 'string' && objectSlug(ref) === object
  if (names(partOf(document, 'trigger').object)) return true
  return actionsOf(document).some(({ config }) => names(config.object_definition_id) || names(config.object))
}

/**
 * Whether an automation names a field of an object: in its trigger, its conditions and filters, the fields it writes, or a template.
 * Where a text could mean the field of another object as well, it counts as used: nothing breaks silently.
 *
 * @param references fields, of any object, that point at records of this object
 */
export function usesField(document: unknown, object: string, slug: string, references: readonly string[]): boolean {
  const trigger = partOf(document, 'trigger')
  const concerned = usesObject(document, object)
  if (concerned && trigger.field === slug) return true
  const steps = references.map((reference) => `${reference}.${slug}`)
  let used = false
  walk(document, (key, value, inFields) => {
    if (typeof value === 'string') {
      if (key === 'field' || key === 'sort') {
        const path = value.replace(/^[-+]/, '')
        used ||= concerned && (path === slug || path.endsWith(`.${slug}`) || path.startsWith(`${slug}.`))
        used ||= steps.some((step) => path === step || path.endsWith(`.${step}`))
      } else if (value.includes('{{')) {
        used ||= concerned && mentions(value, slug)
        used ||= steps.some((step) => value.includes(step))
      }
    }
    if (inFields && key === slug && concerned) used = true
  })
  return used
}

/** Names of fields that point at an object, in all objects. */
export function referencesTo(objects: Iterable<ObjectDefinition>, target: string): string[] {
  return [...objects].flatMap((object) =>
    object.fields
      .filter((field) => field.type === 'reference' && field.options?.object === target)
      .map((field) => field.slug),
  )
}

function mentions(template: string, slug: string): boolean {
  return new RegExp(`\\.\\s*${slug}(?![a-zA-Z0-9_])|\\[\\s*['"]${slug}['"]\\s*\\]`).test(template)
}

/** Keys of these hold fields: what is written, and what is filtered by. */
const FIELD_MAPS = new Set(['fields', 'data', 'filters'])

function walk(
  value: unknown,
  visit: (key: string, value: unknown, inFields: boolean) => void,
  key = '',
  inFields = false,
): void {
  visit(key, value, inFields)
  if (Array.isArray(value)) for (const item of value) walk(item, visit, key, inFields)
  else if (typeof value === 'object' && value !== null)
    for (const [name, item] of Object.entries(value)) walk(item, visit, name, inFields || FIELD_MAPS.has(key))
}

function partOf(document: unknown, key: string): Record<string, unknown> {
  const part = (document as Record<string, unknown> | null)?.[key]
  return typeof part === 'object' && part !== null ? (part as Record<string, unknown>) : {}
}

function actionsOf(document: unknown): Action[] {
  const found: Action[] = []
  walk(document, (_key, value) => {
    const action = value as Partial<Action> | null
    if (typeof action !== 'object' || action === null || typeof action.config !== 'object') return
    if (ACTION_TYPES.includes(action.type as (typeof ACTION_TYPES)[number])) found.push(action as Action)
  })
  return found
}
