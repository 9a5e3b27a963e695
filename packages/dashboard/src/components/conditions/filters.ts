/** One comparison of a REST filter. */
export interface FilterLine {
  field: string
  operator: string
  value: unknown
}

/**
 * A REST filter object as a list of comparisons that all hold, for a form.
 *
 * @returns null when it says more than a list can: `$or`, or two bare objects
 * Source: SPEC.md, section 12
 */
export function linesOf(filters: unknown): FilterLine[] | null {
  if (filters === undefined || filters === null) return []
  if (typeof filters !== 'object' || Array.isArray(filters)) return null
  const lines: FilterLine[] = []
  for (const [field, given] of Object.entries(filters)) {
    if (field.startsWith('$')) return null
    if (typeof given === 'object' && given !== null && !Array.isArray(given)) {
      for (const [operator, value] of Object.entries(given)) lines.push({ field, operator, value })
    } else lines.push({ field, operator: '$eq', value: given })
  }
  return lines
}

/**
 * The filter object of a list of comparisons; undefined when there are none. Two of one field stand together; a second one with the
 * same operator can't, and is left out.
 */
export function filtersOf(lines: readonly FilterLine[]): Record<string, unknown> | undefined {
  const filters: Record<string, unknown> = {}
  for (const field of new Set(lines.map((line) => line.field))) {
    if (field === '') continue
    const own = lines.filter((line) => line.field === field)
    const [only] = own
    if (own.length === 1 && only!.operator === '$eq' && !isObject(only!.value)) filters[field] = only!.value
    else filters[field] = Object.fromEntries(own.toReversed().map(({ operator, value }) => [operator, value]))
  }
  return Object.keys(filters).length === 0 ? undefined : filters
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}
