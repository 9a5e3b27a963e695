import type { Problem } from '../errors.ts'
import { isEmpty } from '../notation.ts'
import type { ObjectDefinition } from '../object.ts'
import { fieldBySlug, normalizeValue } from '../record.ts'
import { SYSTEM_FIELDS } from '../field.ts'
import { unknownField } from './names.ts'
import type { Names } from './names.ts'
import { problem } from './problems.ts'
import { hintFor } from './suggest.ts'
import { isTemplated } from './templates.ts'

/**
 * Checks what a step writes into a record: the fields exist, static values fit their types, required ones aren't emptied
 * or, in a creation, left out. Values with placeholders are checked when the step runs.
 *
 * @param object null when the record's object is known only at run time: then a field must be of some object
 * @param at the pointer of a field's value; without a slug that of the whole
 * Source: SPEC.md, sections 3 and 6
 */
export function writtenProblems(
  values: Readonly<Record<string, unknown>>,
  object: ObjectDefinition | null,
  mode: 'create' | 'update',
  names: Names,
  at: (slug?: string) => string,
): Problem[] {
  const found: Problem[] = []
  for (const [slug, value] of Object.entries(values)) {
    if (SYSTEM_FIELDS.has(slug)) found.push(problem(at(slug), `${slug} can't be written: the system keeps it`))
    else if (object === null) found.push(...someObjectHas(slug, names, at(slug)))
    else found.push(...valueProblem(slug, value, object, at(slug)))
  }
  if (mode === 'create' && object !== null) {
    for (const field of object.fields) {
      if (field.required && isEmpty(field.default_value) && !Object.hasOwn(values, field.slug))
        found.push(problem(at(), `${field.slug} is missing: ${field.name} is required in ${object.name}`))
    }
  }
  return found
}

function valueProblem(slug: string, value: unknown, object: ObjectDefinition, path: string): Problem[] {
  const field = fieldBySlug(object, slug)
  if (field === undefined) return [{ path, ...unknownField(slug, object) }]
  if (isTemplated(value)) return []
  const fits = normalizeValue(field, value)
  if ('error' in fits) return [problem(path, `${field.name}: ${fits.error}`, fits.hint)]
  return field.required && fits.value === null ? [problem(path, `${field.name} is required and can't be emptied`)] : []
}

function someObjectHas(slug: string, names: Names, path: string): Problem[] {
  const objects = [...names.objects.values()]
  if (objects.some((object) => fieldBySlug(object, slug) !== undefined)) return []
  const slugs = new Set(objects.flatMap(({ fields }) => fields.map((field) => field.slug)))
  return [problem(path, `no object has a field ${JSON.stringify(slug)}`, hintFor(slug, slugs))]
}
