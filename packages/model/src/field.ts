import { z } from 'zod'
import { isEmpty } from './notation.ts'
import { objectSlug } from './object-slug.ts'
import { Refusal, storedForm } from './values.ts'

export const FIELD_TYPES = [
  'text',
  'long_text',
  'number',
  'currency',
  'boolean',
  'email',
  'phone',
  'url',
  'date',
  'datetime',
  'dropdown',
  'multi_select',
  'status',
  'reference',
  'user',
] as const
export type FieldType = (typeof FIELD_TYPES)[number]

/** One option of a dropdown, status or multi-select: what is stored is its name, exactly. */
export interface FieldOptionItem {
  name: string
  color: string
  order: number
}

/** Options of a field: `status` has stages, `dropdown` and `multi_select` have choices, `reference` names its object. */
export interface FieldOptions {
  choices?: FieldOptionItem[]
  stages?: FieldOptionItem[]
  object?: string
}

/** A field of an object. `id` is `fld_…`; `default_value` is in stored form, null when there is none. Source: SPEC.md, section 2 */
export interface Field {
  id: string
  name: string
  slug: string
  type: FieldType
  required: boolean
  unique: boolean
  default_value: unknown
  options: FieldOptions | null
  position: number
}

export const SLUG_PATTERN = /^[a-z][a-z0-9_]*$/
export const SLUG_LIMIT = 63
export const RESERVED_SLUGS: ReadonlySet<string> = new Set([
  'id',
  'created_at',
  'updated_at',
  'created_by',
  '__proto__',
  'constructor',
  'prototype',
])

/** Types of the fields that every record has by itself; conditions, filters and sorting know them too. Source: SPEC-DETAILS.md, section 5 */
export const SYSTEM_FIELDS: ReadonlyMap<string, FieldType> = new Map<string, FieldType>([
  ['id', 'text'],
  ['created_at', 'datetime'],
  ['updated_at', 'datetime'],
  ['created_by', 'text'],
])

/** What can be read of the user that a field names: `owner.email`. Source: SPEC.md, section 7 */
export const USER_PARTS: ReadonlyMap<string, FieldType> = new Map<string, FieldType>([
  ['id', 'text'],
  ['name', 'text'],
  ['email', 'email'],
])

export const OPTION_COLORS = [
  'blue',
  'green',
  'orange',
  'violet',
  'red',
  'teal',
  'yellow',
  'pink',
  'cyan',
  'gray',
] as const

const slugText = z
  .string()
  .max(SLUG_LIMIT)
  .regex(SLUG_PATTERN, 'a slug has lower-case letters, digits and _, and begins with a letter')
  .refine((slug) => !RESERVED_SLUGS.has(slug), 'this slug is reserved')
const optionName = z
  .string()
  .trim()
  .min(1)
  .max(255)
  .refine((name) => name.isWellFormed() && !name.includes('\0'), 'not valid text')
const optionColor = z
  .string()
  .regex(/^(?:[a-z]{2,20}|#[0-9a-fA-F]{6}|#[0-9a-fA-F]{3})$/, 'a color is a name or #rrggbb')
const optionItem = z.union([
  optionName,
  z.strictObject({ name: optionName, color: optionColor.optional(), order: z.number().finite().optional() }),
])
const optionList = z.array(optionItem).max(500)

/** `options` as it is given: items as text, `{name, color}` or `{name, color, order}`, under either key. */
export const fieldOptionsInput = z.strictObject({
  choices: optionList.optional(),
  stages: optionList.optional(),
  object: z.string().min(1).max(100).optional(),
})

const fieldName = z.string().trim().min(1).max(100)

/** A field as it is given to be created; unknown keys are refused. Source: SPEC.md, sections 2 and 12 */
export const fieldInput = z.strictObject({
  name: fieldName,
  slug: slugText.optional(),
  type: z.enum(FIELD_TYPES),
  required: z.boolean().optional(),
  unique: z.boolean().optional(),
  default_value: z.unknown().optional(),
  options: fieldOptionsInput.nullish(),
  position: z.int().min(0).optional(),
})
export type FieldInput = z.infer<typeof fieldInput>

/** What of a field can change later: everything but its slug and its type. Source: SPEC-DETAILS.md, section 2 */
export const fieldPatch = fieldInput.omit({ slug: true, type: true }).partial()
export type FieldPatch = z.infer<typeof fieldPatch>

/** A problem of a field's definition: `path` names the key, e.g. `options`. */
export interface FieldError {
  path: string
  message: string
  hint?: string
}

/**
 * The slug of a name: "Close Date" → `close_date`, "Größe" → `grosse`. Always a valid, unreserved slug; uniqueness is the caller's.
 * Source: SPEC-DETAILS.md, section 2
 */
export function slugOf(name: string): string {
  const plain = name
    .replaceAll('ß', 'ss')
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
  const slug = (/^[a-z]/.test(plain) ? plain : `field_${plain}`).slice(0, SLUG_LIMIT).replace(/_+$/, '')
  return RESERVED_SLUGS.has(slug) ? `${slug}_field` : slug
}

type OptionsInput = z.infer<typeof fieldOptionsInput>

function optionItemsOf(given: NonNullable<OptionsInput['choices']>): FieldOptionItem[] {
  const items = given.map((item, index) => {
    const { name, color, order }: { name: string; color?: string; order?: number } =
      typeof item === 'string' ? { name: item } : item
    return { name, color: color ?? OPTION_COLORS[index % OPTION_COLORS.length]!, order: order ?? index }
  })
  return items.sort((a, b) => a.order - b.order)
}

/**
 * The options of a field in the form they are read back: `{name, color, order}` under the key of the type, in order.
 *
 * @returns the options (null for types without any), or what is wrong with them
 * Source: SPEC.md, section 2
 */
export function normalizeOptions(
  type: FieldType,
  given: OptionsInput | null | undefined,
): { options: FieldOptions | null } | { error: string; hint?: string } {
  if (type === 'reference') {
    if (given?.object === undefined) return { error: 'a reference names its object', hint: '{"object": "companies"}' }
    return { options: { object: objectSlug(given.object) } }
  }
  if (type !== 'status' && type !== 'dropdown' && type !== 'multi_select') return { options: null }
  const key = type === 'status' ? 'stages' : 'choices'
  const list = given?.[key] ?? given?.choices ?? given?.stages
  if (list === undefined || list.length === 0)
    return { error: `a ${type} field has at least one option`, hint: `{"${key}": ["new"]}` }
  const items = optionItemsOf(list)
  const names = new Set<string>()
  for (const { name } of items) {
    if (names.has(name)) return { error: `the option "${name}" stands twice` }
    names.add(name)
  }
  return { options: { [key]: items } }
}

/**
 * A field from what was given: slug from the name, options read back, default value in stored form.
 *
 * @param given input that passed `fieldInput`
 * @param at the new field's id, and the position it takes when none is given
 * Source: SPEC.md, section 2
 */
export function fieldOf(
  given: FieldInput,
  at: { id: string; position: number },
): { field: Field } | { errors: FieldError[] } {
  const normalized = normalizeOptions(given.type, given.options)
  if ('error' in normalized) return { errors: [{ path: 'options', message: normalized.error, hint: normalized.hint }] }
  const field: Field = {
    id: at.id,
    name: given.name,
    slug: given.slug ?? slugOf(given.name),
    type: given.type,
    required: given.required ?? false,
    unique: given.unique ?? false,
    default_value: null,
    options: normalized.options,
    position: given.position ?? at.position,
  }
  if (field.unique && (field.type === 'long_text' || field.type === 'multi_select' || field.type === 'boolean')) {
    return { errors: [{ path: 'unique', message: `a ${field.type} field can't be unique` }] }
  }
  if (!isEmpty(given.default_value)) {
    const value = storedForm(field, given.default_value)
    if (value instanceof Refusal) return { errors: [{ path: 'default_value', message: value.error, hint: value.hint }] }
    field.default_value = value
  }
  return { field }
}

/**
 * A field after a change of its definition; its id, slug and type stay. A default value that the new options don't have is an error.
 *
 * @param patch input that passed `fieldPatch`
 * Source: SPEC-DETAILS.md, section 2
 */
export function patchedField(field: Field, patch: FieldPatch): { field: Field } | { errors: FieldError[] } {
  const { id, ...kept } = field
  return fieldOf({ ...kept, ...patch }, { id, position: field.position })
}
