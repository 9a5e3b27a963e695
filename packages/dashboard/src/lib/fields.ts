import type { FieldAnswer, FieldType, ObjectAnswer } from '@kantos/model'

function system(slug: string, name: string, type: FieldType, position: number): FieldAnswer {
  return { id: slug, slug, name, type, required: false, unique: false, default_value: null, options: null, position }
}

/** What every record has by itself, as fields that can't be changed. */
export const SYSTEM: readonly FieldAnswer[] = [
  system('created_at', 'Created', 'datetime', 1000),
  system('updated_at', 'Updated', 'datetime', 1001),
]

/** All that can be shown, sorted and filtered by. */
export function shownFields(object: ObjectAnswer): FieldAnswer[] {
  return [...object.fields, ...SYSTEM]
}

/** The options of a dropdown, status or multi-select, in their order; empty for other types. */
export function optionsOf(field: Pick<FieldAnswer, 'options'> | undefined): { name: string; color: string }[] {
  return field?.options?.stages ?? field?.options?.choices ?? []
}
