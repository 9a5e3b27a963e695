import { looseEquals, toText } from '../expressions/index.ts'
import type { FieldType } from '../field.ts'
import { DAY_MS, parseBoolean, parseMoment, parseNumber } from '../notation.ts'
import type { Moment } from '../notation.ts'

/** How values of one kind are read and compared. `read` gives undefined for what is no value of the kind. */
export interface Kind<V = unknown> {
  /** "a number": for the sentence that says why something can't be compared */
  readonly noun: string
  read(value: unknown): V | undefined
  same(a: V, b: V): boolean
  /** below, at or above zero; NaN when these two have no order. Absent when none have. */
  order?(a: V, b: V): number
}

const scalarText = (value: unknown): string | undefined =>
  typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'boolean'
      ? toText(value)
      : undefined

/** The text of a scalar, undefined for lists and objects. */
export const readText = scalarText

const text: Kind<string> = { noun: 'text', read: scalarText, same: (a, b) => a === b }

const number: Kind<number> = {
  noun: 'a number',
  read(value) {
    if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
    return typeof value === 'string' ? parseNumber(value) : undefined
  },
  same: (a, b) => a === b,
  order: (a, b) => a - b,
}

const readMoment = (value: unknown): Moment | undefined => (typeof value === 'string' ? parseMoment(value) : undefined)
const utcDay = (moment: Moment): number => Math.floor(moment.ms / DAY_MS)

/** Dates and datetimes: a day against a datetime is equal by the UTC calendar day, and ordered as its midnight in UTC. */
const moment: Kind<Moment> = {
  noun: 'a date',
  read: readMoment,
  same: (a, b) => (a.day === b.day ? a.ms === b.ms : utcDay(a) === utcDay(b)),
  order: (a, b) => a.ms - b.ms,
}

const boolean: Kind<boolean> = {
  noun: 'true or false',
  read(value) {
    if (typeof value === 'boolean') return value
    return typeof value === 'string' ? parseBoolean(value) : undefined
  },
  same: (a, b) => a === b,
}

/** References and users: ids; a record that a template gives whole stands for its id. */
const id: Kind<string> = {
  noun: 'an id',
  read(value) {
    if (typeof value === 'string') return value
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'id')) return undefined
    const own = (value as { id: unknown }).id
    return typeof own === 'string' ? own : undefined
  },
  same: (a, b) => a === b,
}

/** Multi-select: a set of option names; one name stands for the set of it alone. */
const set: Kind<readonly string[]> = {
  noun: 'a list of options',
  read(value) {
    if (!Array.isArray(value)) {
      const name = scalarText(value)
      return name === undefined ? undefined : [name]
    }
    const names: string[] = []
    for (const item of value) {
      const name = scalarText(item)
      if (name === undefined) return undefined
      names.push(name)
    }
    return names
  },
  same: (a, b) => a.every((name) => b.includes(name)) && b.every((name) => a.includes(name)),
}

/** Values whose type is known at run time only: numbers with numbers, dates with dates, all else has no order. */
const any: Kind<unknown> = {
  noun: 'a value',
  read: (value) => value,
  same: looseEquals,
  order(a, b) {
    const left = number.read(a)
    const right = number.read(b)
    if (left !== undefined && right !== undefined) return left - right
    const from = readMoment(a)
    const to = from === undefined ? undefined : readMoment(b)
    return from === undefined || to === undefined ? Number.NaN : from.ms - to.ms
  },
}

const KINDS: Record<FieldType | 'any', Kind> = {
  text,
  long_text: text,
  email: text,
  phone: text,
  url: text,
  dropdown: text,
  status: text,
  number,
  currency: number,
  date: moment,
  datetime: moment,
  boolean,
  reference: id,
  user: id,
  multi_select: set,
  any,
}

/** How values of a field's type are read and compared. Source: SPEC.md, section 5; SPEC-DETAILS.md, section 5 */
export function kindOf(type: FieldType | 'any'): Kind {
  return KINDS[type]
}
