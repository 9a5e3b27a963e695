import type { FilterOperator } from '@kantos/model'

/** How a filter is picked: `$filled` is `$empty: false`. */
export type PickedOperator = FilterOperator | '$filled'

/** One line of the filter. */
export interface FilterRow {
  field: string
  operator: PickedOperator
  value: unknown
}

/** Whether a comparison takes a value. */
export function takesValue(operator: PickedOperator): boolean {
  return operator !== '$empty' && operator !== '$filled'
}

/**
 * The filter object of the API, as JSON text; undefined when there is nothing to filter. A line without its value is left out.
 * Source: SPEC.md, section 12
 */
export function filtersOf(rows: readonly FilterRow[]): string | undefined {
  const filters: Record<string, Record<string, unknown>> = {}
  for (const { field, operator, value } of rows) {
    const empty = value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
    if (takesValue(operator) && empty) continue
    const rules = (filters[field] ??= {})
    if (operator === '$filled') rules['$empty'] = false
    else rules[operator] = operator === '$empty' ? true : value
  }
  return Object.keys(filters).length === 0 ? undefined : JSON.stringify(filters)
}

/** The lines of a filter object; those that aren't of this form are left out. */
export function rowsOf(filters: string | undefined): FilterRow[] {
  if (filters === undefined) return []
  try {
    const given = JSON.parse(filters) as Record<string, unknown>
    return Object.entries(given).flatMap(([field, rules]) => {
      if (field.startsWith('$')) return []
      if (typeof rules !== 'object' || rules === null) return [{ field, operator: '$eq' as const, value: rules }]
      return Object.entries(rules).map(([operator, value]) =>
        operator === '$empty'
          ? { field, operator: value === false ? ('$filled' as const) : ('$empty' as const), value: null }
          : { field, operator: operator as PickedOperator, value },
      )
    })
  } catch {
    return []
  }
}
