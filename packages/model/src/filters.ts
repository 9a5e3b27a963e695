import { type Field, type FieldType, SYSTEM_FIELDS } from './field.ts'
import { isEmpty, parseBoolean, parseMoment, parseNumber } from './notation.ts'
import type { ObjectDefinition } from './object.ts'
import { fieldBySlug, slugsOf } from './record.ts'
import { fieldHint } from './validate/suggest.ts'

/** Operators of the REST filter object. Source: SPEC.md, section 12 */
export const FILTER_OPERATORS = [
  '$eq',
  '$ne',
  '$gt',
  '$gte',
  '$lt',
  '$lte',
  '$contains',
  '$in',
  '$nin',
  '$empty',
] as const
export type FilterOperator = (typeof FILTER_OPERATORS)[number]

/** How the values of a field compare: one class for several field types; `id` is a record's own id. */
export type ComparisonClass = 'text' | 'number' | 'boolean' | 'date' | 'datetime' | 'list' | 'id'

/** One comparison, with its value in the form that the class compares by (dates and datetimes as ISO text; null is empty). */
export interface FilterRule {
  kind: 'rule'
  field: string
  compare: ComparisonClass
  /** id, created_at, updated_at, created_by: columns, not values */
  system: boolean
  /** the unique field that it compares, whose values have an index */
  unique: Field | null
  operator: FilterOperator
  value: unknown
}

/** A filter that was checked against its object. */
export type Filter = FilterRule | { kind: 'and' | 'or'; filters: Filter[] }

/** A problem of a filter. `unknown`: it names something that doesn't exist (400); else a value doesn't fit (422). */
export interface FilterProblem {
  /** JSON pointer below the filter object, e.g. `/deal_value/$gte` */
  path: string
  message: string
  hint?: string
  unknown: boolean
}

export interface FilterOptions {
  /** values that hold `{{` are rendered later, so they aren't checked; such a result is for checking only */
  templates?: boolean
}

const MAX_DEPTH = 10
const MAX_RULES = 200
const MAX_LIST = 1000

const CLASSES: Record<FieldType, ComparisonClass> = {
  text: 'text',
  long_text: 'text',
  number: 'number',
  currency: 'number',
  boolean: 'boolean',
  email: 'text',
  phone: 'text',
  url: 'text',
  date: 'date',
  datetime: 'datetime',
  dropdown: 'text',
  multi_select: 'list',
  status: 'text',
  reference: 'text',
  user: 'text',
}

const COMMON: readonly FilterOperator[] = ['$eq', '$ne', '$in', '$nin', '$empty']
const ORDERED: readonly FilterOperator[] = [...COMMON, '$gt', '$gte', '$lt', '$lte']
const OPERATORS_OF: Record<ComparisonClass, readonly FilterOperator[]> = {
  text: [...COMMON, '$contains'],
  number: ORDERED,
  boolean: COMMON,
  date: ORDERED,
  datetime: ORDERED,
  list: [...COMMON, '$contains'],
  id: ORDERED,
}

/** The operators that a filter on a field of this type may use. */
export function filterOperatorsFor(type: FieldType): readonly FilterOperator[] {
  return OPERATORS_OF[CLASSES[type]]
}

/** How a field of an object is compared and sorted; null when the object has no such field. */
export function comparisonOf(
  object: ObjectDefinition,
  slug: string,
): { compare: ComparisonClass; system: boolean; field: Field | null } | null {
  const type = SYSTEM_FIELDS.get(slug)
  if (type !== undefined) return { compare: slug === 'id' ? 'id' : CLASSES[type], system: true, field: null }
  const field = fieldBySlug(object, slug)
  return field === undefined ? null : { compare: CLASSES[field.type], system: false, field }
}

/**
 * Checks a REST filter object against an object's fields: `{"status": "active", "deal_value": {"$gte": 10000}, "$or": […]}`.
 * All parts must hold; `$or` takes a list of filter objects of which one must. A bare value means `$eq`; null and `""` mean empty.
 *
 * `$eq` and `$in` compare text exactly, `$contains` ignoring case (in a multi-select: has the item, or all of a list). `$ne` and `$nin`
 * are true on an empty field, everything else but `$empty` is false on one. A date against a datetime compares the UTC day for
 * equality and midnight UTC for order.
 *
 * @returns the filter, or every problem of it
 * Source: SPEC.md, section 12; SPEC-DETAILS.md, sections 2, 4 and 5
 */
export function parseFilters(
  object: ObjectDefinition,
  filters: unknown,
  options: FilterOptions = {},
): { ok: true; filter: Filter } | { ok: false; problems: FilterProblem[] } {
  const parsing = new Parsing(object, options.templates === true)
  const filter = parsing.group(filters, '', 0)
  return parsing.problems.length > 0 ? { ok: false, problems: parsing.problems } : { ok: true, filter }
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const pointer = (path: string, key: string | number) =>
  `${path}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`

class Parsing {
  readonly problems: FilterProblem[] = []
  private readonly object: ObjectDefinition
  private readonly templates: boolean
  private rules = 0

  constructor(object: ObjectDefinition, templates: boolean) {
    this.object = object
    this.templates = templates
  }

  group(given: unknown, path: string, depth: number): Filter {
    const filters: Filter[] = []
    if (!isPlain(given)) this.refuse(path, 'a filter is an object: {"status": "new"}')
    else if (depth > MAX_DEPTH) this.refuse(path, `filters nest up to ${MAX_DEPTH} deep`)
    else
      for (const key of Object.keys(given)) {
        const at = pointer(path, key)
        if (key === '$or') filters.push(this.anyOf(given[key], at, depth))
        else if (key.startsWith('$'))
          this.unknown(at, `There is no operator ${key} here.`, 'a filter holds fields and $or')
        else this.field(key, given[key], at, filters)
      }
    return { kind: 'and', filters }
  }

  private anyOf(given: unknown, path: string, depth: number): Filter {
    if (!Array.isArray(given) || given.length === 0) {
      this.refuse(path, '$or takes a list of filter objects')
      return { kind: 'or', filters: [] }
    }
    return { kind: 'or', filters: given.map((one, index) => this.group(one, pointer(path, index), depth + 1)) }
  }

  private field(slug: string, given: unknown, path: string, into: Filter[]): void {
    const known = comparisonOf(this.object, slug)
    if (known === null) {
      const hint = fieldHint(slug, this.object, slugsOf(this.object))
      this.unknown(path, `${this.object.name} has no field ${JSON.stringify(slug)}.`, hint)
      return
    }
    const { compare, system } = known
    const unique = known.field?.unique === true ? known.field : null
    const operators: Record<string, unknown> = isPlain(given) ? given : { $eq: given }
    const keys = Object.keys(operators)
    if (keys.length === 0) this.refuse(path, 'an empty object compares nothing', '{"$gte": 10}')
    for (const key of keys) {
      const at = isPlain(given) ? pointer(path, key) : path
      const operator = key as FilterOperator
      if (!FILTER_OPERATORS.includes(operator))
        this.unknown(at, `There is no operator ${JSON.stringify(key)}.`, FILTER_OPERATORS.join(' '))
      else if (!OPERATORS_OF[compare].includes(operator))
        this.refuse(at, `${slug} can't be compared with ${operator}`, OPERATORS_OF[compare].join(' '))
      else if (++this.rules > MAX_RULES) {
        if (this.rules === MAX_RULES + 1) this.refuse(at, `a filter has up to ${MAX_RULES} comparisons`)
      } else {
        const value = this.value(compare, operator, operators[key], at)
        into.push({ kind: 'rule', field: slug, compare, system, unique, operator, value })
      }
    }
  }

  private value(compare: ComparisonClass, operator: FilterOperator, given: unknown, path: string): unknown {
    if (this.templates && typeof given === 'string' && given.includes('{{')) return given
    if (operator === '$empty') {
      const value = typeof given === 'string' ? parseBoolean(given) : given
      return typeof value === 'boolean' ? value : this.refuse(path, '$empty takes true or false')
    }
    if (operator === '$in' || operator === '$nin') {
      if (!Array.isArray(given)) return this.refuse(path, `${operator} takes a list`)
      return this.list(compare, given, path)
    }
    if (isEmpty(given)) {
      return operator === '$eq' || operator === '$ne' ? null : this.refuse(path, `${operator} needs a value`)
    }
    if (compare === 'list') {
      return this.list('text', Array.isArray(given) ? given : [given], path)
    }
    return this.scalar(compare, given, path)
  }

  private list(compare: ComparisonClass, given: readonly unknown[], path: string): unknown {
    if (given.length > MAX_LIST) return this.refuse(path, `a list has up to ${MAX_LIST} values`)
    const one = compare === 'list' ? 'text' : compare
    return given.map((value, index) => {
      if (this.templates && typeof value === 'string' && value.includes('{{')) return value
      return isEmpty(value) ? null : this.scalar(one, value, pointer(path, index))
    })
  }

  private scalar(compare: ComparisonClass, given: unknown, path: string): unknown {
    if (Array.isArray(given)) return this.refuse(path, 'one value is compared, not a list', '{"$in": ["a", "b"]}')
    if (typeof given === 'object') return this.refuse(path, 'a value is text, a number, true or false')
    const value = compareForm(compare, given)
    if (value !== undefined) return value
    return this.refuse(path, `${JSON.stringify(given)} is not ${EXPECTED[compare]}`)
  }

  private refuse(path: string, message: string, hint?: string): null {
    this.problems.push({ path, message, ...(hint === undefined ? {} : { hint }), unknown: false })
    return null
  }

  private unknown(path: string, message: string, hint?: string): void {
    this.problems.push({ path, message, ...(hint === undefined ? {} : { hint }), unknown: true })
  }
}

const EXPECTED: Record<ComparisonClass, string> = {
  text: 'text that can be stored',
  id: 'text that can be stored',
  list: 'text that can be stored',
  number: 'a number',
  boolean: 'true or false',
  date: 'a date (YYYY-MM-DD)',
  datetime: 'a date with time (ISO 8601)',
}

/** The form by which a class compares; undefined when the value has none. A day stays `YYYY-MM-DD`, also in the class datetime. */
function compareForm(compare: ComparisonClass, given: unknown): unknown {
  switch (compare) {
    case 'number':
      if (typeof given === 'number') return Number.isFinite(given) ? given : undefined
      return typeof given === 'string' ? parseNumber(given) : undefined
    case 'boolean':
      if (typeof given === 'boolean') return given
      return typeof given === 'string' ? parseBoolean(given) : undefined
    case 'date':
    case 'datetime': {
      const moment = typeof given === 'string' ? parseMoment(given) : undefined
      if (moment === undefined) return undefined
      const iso = new Date(moment.ms).toISOString()
      return moment.day ? iso.slice(0, 10) : iso
    }
    default: {
      const text = String(given)
      return text.isWellFormed() && !text.includes('\0') ? text : undefined
    }
  }
}
