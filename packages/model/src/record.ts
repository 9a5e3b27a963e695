import { type Field, SYSTEM_FIELDS } from './field.ts'
import { isEmpty } from './notation.ts'
import type { ObjectDefinition } from './object.ts'
import { Refusal, storedForm } from './values.ts'

/** Values of a record by slug, in stored form; an empty field has no key. */
export type FieldValues = Record<string, unknown>

/** A value that doesn't fit; `path` is the field's slug. */
export interface ValueError {
  path: string
  message: string
  hint?: string
}

/** What changed in one field; null stands for empty. */
export interface Change {
  from: unknown
  to: unknown
}

interface Shape {
  readonly bySlug: ReadonlyMap<string, Field>
  /** Fields that matter even when they aren't given: required ones and ones with a default value. */
  readonly expected: readonly Field[]
}

const shapes = new WeakMap<ObjectDefinition, Shape>()

function shapeOf(object: ObjectDefinition): Shape {
  let shape = shapes.get(object)
  if (shape === undefined) {
    shape = {
      bySlug: new Map(object.fields.map((field) => [field.slug, field])),
      expected: object.fields.filter((field) => field.required || !isEmpty(field.default_value)),
    }
    shapes.set(object, shape)
  }
  return shape
}

/** The field of a slug, undefined when the object has none. The object is taken as immutable. */
export function fieldBySlug(object: ObjectDefinition, slug: string): Field | undefined {
  return shapeOf(object).bySlug.get(slug)
}

/** What people call a field: its name, or its slug where the object, or such a field, isn't known. */
export function fieldName(object: ObjectDefinition | null | undefined, slug: string): string {
  return (object == null ? undefined : fieldBySlug(object, slug)?.name) ?? slug
}

/** Slugs of an object's fields, those of every record included. */
export function slugsOf(object: ObjectDefinition): string[] {
  return [...object.fields.map(({ slug }) => slug), ...SYSTEM_FIELDS.keys()]
}

/**
 * The stored form of one value: `"5"` → 5 in a number field, `""` → null. Whether a reference exists isn't checked here.
 *
 * @returns `{ value }`, null when empty, or `{ error, hint? }` with a sentence for people
 * Source: SPEC.md, section 2; SPEC-DETAILS.md, section 2
 */
export function normalizeValue(field: Field, value: unknown): { value: unknown } | { error: string; hint?: string } {
  if (isEmpty(value)) return { value: null }
  const stored = storedForm(field, value)
  if (!(stored instanceof Refusal)) return { value: stored }
  return stored.hint === undefined ? { error: stored.error } : { error: stored.error, hint: stored.hint }
}

function refused(field: Field, refusal: Refusal): ValueError {
  const error: ValueError = { path: field.slug, message: refusal.error }
  if (refusal.hint !== undefined) error.hint = refusal.hint
  return error
}

const missing = (field: Field): ValueError => ({ path: field.slug, message: `${field.name} is required` })

/**
 * The stored form of the values given for a record.
 *
 * `create`: absent fields take their default value, required ones must have a value, empty ones get no key. `update`: only the given
 * slugs are looked at, an empty one becomes null (`applyValues` drops it), and a required one can't be emptied. A key whose value is
 * undefined counts as not given. Every problem is reported, not only the first.
 *
 * @param object taken as immutable
 * @returns `values` to store, `unknown` slugs that the object doesn't have, `errors` of the known ones
 * Source: SPEC.md, section 2; SPEC-DETAILS.md, section 2
 */
export function normalizeValues(
  object: ObjectDefinition,
  input: FieldValues,
  mode: 'create' | 'update',
): { values: FieldValues; unknown: string[]; errors: ValueError[] } {
  const { bySlug, expected } = shapeOf(object)
  const values: FieldValues = {}
  const unknown: string[] = []
  const errors: ValueError[] = []
  for (const slug of Object.keys(input)) {
    const field = bySlug.get(slug)
    const given = input[slug]
    if (field === undefined) unknown.push(slug)
    else if (given !== undefined) {
      const stored = isEmpty(given) ? null : storedForm(field, given)
      if (stored instanceof Refusal) errors.push(refused(field, stored))
      else if (stored !== null) values[slug] = stored
      else if (field.required) errors.push(missing(field))
      else if (mode === 'update') values[slug] = null
    }
  }
  if (mode === 'create') {
    for (const field of expected) {
      const { slug } = field
      if (Object.hasOwn(input, slug) && input[slug] !== undefined) continue
      if (!isEmpty(field.default_value)) values[slug] = field.default_value
      else errors.push(missing(field))
    }
  }
  return { values, unknown, errors }
}

/** The values after an update: the earlier ones, overwritten by the given ones; a null drops its key. Neither argument is changed. */
export function applyValues(before: FieldValues, update: FieldValues): FieldValues {
  const after: FieldValues = { ...before }
  for (const slug of Object.keys(update)) {
    if (isEmpty(update[slug])) delete after[slug]
    else after[slug] = update[slug]
  }
  return after
}

/** Whether two stored values of a field are the same; all that is empty is the same. Source: SPEC.md, section 2 */
export function sameValue(field: Field, a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (isEmpty(a) || isEmpty(b)) return isEmpty(a) && isEmpty(b)
  if (field.type !== 'multi_select' || !Array.isArray(a) || !Array.isArray(b)) return false
  return a.every((name) => b.includes(name)) && b.every((name) => a.includes(name))
}

/**
 * What changed between two sets of stored values: changed slugs only, null for empty; `{}` when nothing did.
 * Source: SPEC.md, section 2
 */
export function diffValues(object: ObjectDefinition, before: FieldValues, after: FieldValues): Record<string, Change> {
  const changes: Record<string, Change> = {}
  for (const field of object.fields) {
    const from = before[field.slug]
    const to = after[field.slug]
    if (from !== to && !sameValue(field, from, to)) {
      changes[field.slug] = { from: isEmpty(from) ? null : from, to: isEmpty(to) ? null : to }
    }
  }
  return changes
}

/** The text under which a stored value is unique: e-mail addresses in lower case, all else exactly; null when empty. Source: SPEC-DETAILS.md, section 2 */
export function uniqueKey(field: Field, value: unknown): string | null {
  if (isEmpty(value)) return null
  return field.type === 'email' ? String(value).toLowerCase() : String(value)
}

/** All fields of an object with their values, null where empty: the `field_values` of an answer. Source: SPEC-DETAILS.md, section 2 */
export function readValues(object: ObjectDefinition, stored: FieldValues): FieldValues {
  const values: FieldValues = {}
  for (const { slug } of object.fields) values[slug] = stored[slug] ?? null
  return values
}
