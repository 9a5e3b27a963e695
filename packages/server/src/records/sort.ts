import { ApiError, comparisonOf, type Field, fieldHint, type ObjectDefinition, slugsOf } from '@kantos/model'
import { numberSql, type Parameters } from './filters.ts'

/** `"-created_at"`, `"name"`, or the field and the order. Source: SPEC-DETAILS.md, section 4 */
export type SortInput = string | { field: string; order?: 'asc' | 'desc' }

export interface Sort {
  field: string
  descending: boolean
}

/**
 * Reads a sort order.
 *
 * @param order overrules the sign of `sort`
 * @returns null when none is given: newest first
 * @throws ApiError BAD_REQUEST when the object has no such field
 */
export function parseSort(
  object: ObjectDefinition,
  sort: SortInput | null | undefined,
  order?: 'asc' | 'desc',
): Sort | null {
  if (sort === null || sort === undefined || sort === '')
    return order === 'asc' ? { field: 'id', descending: false } : null
  const given = typeof sort === 'string' ? { field: sort.replace(/^[-+]/, '') } : sort
  const sign = typeof sort === 'string' && sort.startsWith('-') ? 'desc' : undefined
  if (comparisonOf(object, given.field) === null)
    throw new ApiError('BAD_REQUEST', `${object.name} has no field ${JSON.stringify(given.field)} to sort by.`, {
      errors: [
        { path: '/sort', message: 'There is no such field.', hint: fieldHint(given.field, object, slugsOf(object)) },
      ],
    })
  const wanted = order ?? (typeof sort === 'string' ? sign : sort.order)
  return { field: given.field, descending: wanted === 'desc' }
}

/**
 * The `order by` of a list: by the field's type (numbers as numbers, text ignoring case, options in their own order), empty values last in
 * both directions, equal ones by id in the same direction.
 *
 * A record's id holds the moment of its creation, so `created_at` is ordered by the id, which has an index.
 */
export function sortSql(object: ObjectDefinition, sort: Sort | null, parameters: Parameters): string {
  const direction = sort === null || sort.descending ? 'desc' : 'asc'
  if (sort === null || sort.field === 'id' || sort.field === 'created_at') return `r.id ${direction}`
  const expressions = sortExpressions(object, sort.field, parameters)
  return [...expressions.map((expression) => `${expression} ${direction} nulls last`), `r.id ${direction}`].join(', ')
}

function sortExpressions(object: ObjectDefinition, slug: string, parameters: Parameters): string[] {
  if (slug === 'updated_at') return ['r.updated_at']
  if (slug === 'created_by') return ['r.created_by']
  const { compare, field } = comparisonOf(object, slug)!
  if (compare === 'number') return [numberSql(slug, parameters)]
  const value = `(r.data ->> ${parameters.add(slug, 'text')})`
  if (field?.type === 'dropdown' || field?.type === 'status')
    return [`array_position(${parameters.add(optionNames(field), 'text[]')}, ${value})`]
  if (compare === 'date' || compare === 'datetime' || compare === 'boolean') return [`${value} collate "C"`]
  return [`lower(${value})`, value]
}

function optionNames(field: Field): string[] {
  return (field.options?.stages ?? field.options?.choices ?? []).map((option) => option.name)
}
