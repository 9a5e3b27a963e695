import type { FieldAnswer, ObjectAnswer } from '@kantos/model'
import { optionsOf } from '../../../lib/fields.ts'
import { singular } from '../../../lib/objects.ts'

const VALUE = 12_000

/**
 * Values of an invented record to try an automation with where the object has no record yet: what is required, where it can be written
 * to, how it stands and what it is worth.
 */
export function sampleRecord(object: Pick<ObjectAnswer, 'name' | 'fields'>): Record<string, unknown> {
  const entries = object.fields.flatMap((field): [string, unknown][] => {
    const value = field.default_value ?? sampleValue(field, `Sample ${singular(object.name)}`)
    return value === null ? [] : [[field.slug, value]]
  })
  return Object.fromEntries(entries)
}

function sampleValue(field: FieldAnswer, title: string): unknown {
  switch (field.type) {
    case 'text':
    case 'long_text':
      return field.required ? title : null
    case 'email':
      return 'sample@example.com'
    case 'currency':
      return VALUE
    case 'status':
      return optionsOf(field)[0]?.name ?? null
    default:
      return null
  }
}
