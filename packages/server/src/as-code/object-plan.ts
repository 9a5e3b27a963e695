import { isDeepStrictEqual } from 'node:util'
import {
  type Field,
  fieldOf,
  objectInput,
  type ObjectDefinition,
  type Problem,
  shapeProblems,
  slugOf,
} from '@kantos/model'
import { fieldContent } from './content.ts'
import type { SourceFile } from './file.ts'

/** An object as it will be. */
export interface ObjectPlan {
  /** fields as the file has them, in its order; those that are there already have their ids */
  object: ObjectDefinition
  /** fields of the workspace that the file doesn't have */
  absent: Field[]
  before: ObjectDefinition | null
  file: SourceFile
}

/** An object's file: what creating it takes, its key for a slug. */
export const objectFile = objectInput.omit({ slug: true }).extend({ key: objectInput.shape.slug })

const NO_ID = `fld_${'0'.repeat(32)}`

/**
 * What a file makes of an object.
 *
 * @param before the object as it is; null: there is none
 * @param slugs of the objects that references may name
 * @returns the object with its fields, or what is wrong with the file
 */
export function plannedObject(
  key: string,
  { content }: SourceFile,
  before: ObjectDefinition | null,
  slugs: ReadonlySet<string>,
): Pick<ObjectPlan, 'object' | 'absent'> | Problem[] {
  const given = { ...content, key }
  const problems = shapeProblems(objectFile, given, (keys) => keys.map((one) => `/${one}`).join(''))
  const parsed = objectFile.safeParse(given)
  if (!parsed.success) return problems
  const { data } = parsed
  const fields: Field[] = []
  for (const [i, input] of (data.fields ?? []).entries()) {
    const slug = input.slug ?? slugOf(input.name)
    const path = `/fields/${i}`
    if (fields.some((field) => field.slug === slug)) {
      problems.push({ path, message: `the field ${slug} stands twice` })
      continue
    }
    const old = before?.fields.find((field) => field.slug === slug)
    const made = fieldOf({ ...input, position: i }, { id: old?.id ?? NO_ID, position: i })
    if ('errors' in made) {
      problems.push(...made.errors.map((error) => ({ ...error, path: `${path}/${error.path}` })))
      continue
    }
    const target = made.field.options?.object
    if (target !== undefined && !slugs.has(target))
      problems.push({ path: `${path}/options/object`, message: `there is no object ${JSON.stringify(target)}` })
    fields.push(made.field)
  }
  if (problems.length > 0) return problems
  const has = new Set(fields.map(({ slug }) => slug))
  const object: ObjectDefinition = {
    slug: key,
    name: data.name,
    icon: data.icon ?? before?.icon ?? 'database',
    description: data.description ?? null,
    standard: before?.standard ?? false,
    fields,
  }
  // without a list of fields the file leaves them as they are
  if (data.fields === undefined) return { object: { ...object, fields: before?.fields ?? [] }, absent: [] }
  return { object, absent: (before?.fields ?? []).filter(({ slug }) => !has.has(slug)) }
}

/** What becomes of an object, one line each. @param removed fields that go */
export function objectWords(before: ObjectDefinition, after: ObjectDefinition, removed: readonly Field[]): string[] {
  const words: string[] = []
  for (const part of ['name', 'icon', 'description'] as const)
    if (before[part] !== after[part]) words.push(became(part, before[part], after[part]))
  for (const field of after.fields) {
    const old = before.fields.find(({ slug }) => slug === field.slug)
    if (old === undefined) {
      words.push(`Field “${field.slug}” (${field.type}) was added`)
      continue
    }
    const [from, to] = [fieldContent(old), fieldContent(field)]
    for (const part of new Set([...Object.keys(from), ...Object.keys(to)]))
      if (!isDeepStrictEqual(from[part], to[part]))
        words.push(`Field “${field.slug}”: ${became(part, from[part], to[part])}`)
  }
  for (const { slug } of removed) words.push(`Field “${slug}” was removed, and its values in all records`)
  if (!inOrder(before, after)) words.push('The fields stand in another order')
  return words
}

/** Whether the fields that both have stand in the same order. */
export function inOrder(before: ObjectDefinition, after: ObjectDefinition): boolean {
  const slugs = before.fields.map(({ slug }) => slug)
  const places = after.fields.map(({ slug }) => slugs.indexOf(slug)).filter((place) => place >= 0)
  return places.every((place, i) => i === 0 || place > places[i - 1]!)
}

function became(part: string, from: unknown, to: unknown): string {
  return `${part.replaceAll('_', ' ')}: “${say(from)}” became “${say(to)}”`
}

function say(value: unknown): string {
  if (value === undefined || value === null || value === false) return 'none'
  if (typeof value === 'string') return value
  const { stages, choices, object } = value as { stages?: unknown[]; choices?: unknown[]; object?: string }
  const items = stages ?? choices
  if (object !== undefined) return object
  return items === undefined ? JSON.stringify(value) : items.map((item) => nameOf(item)).join(', ')
}

function nameOf(item: unknown): string {
  return typeof item === 'string' ? item : String((item as { name: unknown }).name)
}
