import { parseDate } from './dates.ts'

const NUMERIC = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*$/
const MAX_COMPARED_DEPTH = 64

/** A list, as far as the language knows. */
export const isList: (value: unknown) => value is readonly unknown[] = Array.isArray

/** An object that holds data only: a literal, parsed JSON, or one without a prototype. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** What may enter an expression: JSON data. A Date becomes ISO text; functions, symbols and instances become nothing. */
export function admit(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return value
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
    case 'object':
      if (value === null || isList(value) || isPlainObject(value)) return value
      return value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : null
    default:
      return null
  }
}

/** One step into plain data by an own property or a list position; anything else gives null. */
export function readMember(object: unknown, key: unknown): unknown {
  if (typeof object !== 'object' || object === null) return null
  if (isList(object)) {
    const position = typeof key === 'string' && /^\d{1,9}$/.test(key) ? Number(key) : key
    if (typeof position !== 'number' || !Number.isInteger(position)) return null
    return position >= 0 && position < object.length ? admit(object[position]) : null
  }
  const name = typeof key === 'number' ? String(key) : key
  if (typeof name !== 'string' || !isPlainObject(object) || !Object.hasOwn(object, name)) return null
  return admit(object[name])
}

/** Empty: null, missing, `""` and `[]`. Source: SPEC.md, section 5 */
export function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || value === '' || (isList(value) && value.length === 0)
}

/** True except for empty values, `0` and `false`. */
export function isTruthy(value: unknown): boolean {
  return !isEmpty(value) && value !== false && value !== 0 && !Number.isNaN(value)
}

/** The number that a number or a numeric text stands for, else null. */
export function toNumber(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value !== 'string' || !NUMERIC.test(value)) return null
  const number = Number(value)
  return Number.isFinite(number) ? number : null
}

/** Hides the last digit's binary noise: 0.1 + 0.2 gives 0.3. Whole numbers stay as they are. */
export function tidyNumber(value: number): number {
  if (Number.isInteger(value)) return value === 0 ? 0 : value
  return Number(value.toPrecision(15))
}

/**
 * How a value reads in mixed text.
 *
 * @param value anything
 * @returns text: a list reads `a, b` (empty items left out), an object as JSON, booleans `true` and `false`, nothing as
 * empty text; never "undefined", "NaN" or "[object Object]"
 * Source: SPEC-DETAILS.md, section 7
 */
export function toText(value: unknown): string {
  const plain = admit(value)
  if (typeof plain === 'string') return plain
  if (typeof plain === 'number') return Number.isFinite(plain) ? String(tidyNumber(plain)) : ''
  if (typeof plain === 'boolean') return plain ? 'true' : 'false'
  if (isList(plain)) return listText(plain, 0)
  return plain === null ? '' : toJson(plain)
}

function listText(list: readonly unknown[], depth: number): string {
  if (depth > MAX_COMPARED_DEPTH) return ''
  const texts: string[] = []
  for (const item of list) {
    const text = isList(item) ? listText(item, depth + 1) : toText(item)
    if (text !== '') texts.push(text)
  }
  return texts.join(', ')
}

/** How many values there are inside a list or an object, all levels counted; 1 for anything else. */
export function countValues(value: unknown): number {
  return countWithin(value, 0)
}

function countWithin(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null || depth > MAX_COMPARED_DEPTH) return 1
  let count = 1
  for (const item of isList(value) ? value : Object.values(value)) count += countWithin(item, depth + 1)
  return count
}

/** JSON of plain data; empty text for what JSON can't hold (a cycle, too deep a nesting). */
export function toJson(value: unknown): string {
  try {
    return JSON.stringify(value ?? null) ?? 'null'
  } catch {
    return ''
  }
}

/**
 * Whether two values are equal, as `==` and the conditions on values without a field type judge it: empty values equal
 * each other; numbers, numeric text and a number as numbers; ISO dates as instants (a date against a datetime by the
 * UTC calendar day); `"true"` equals true; lists as sets; everything else exactly.
 *
 * Source: SPEC.md, section 5; SPEC-DETAILS.md, section 7
 */
export function looseEquals(a: unknown, b: unknown): boolean {
  return equalTo(a, b, 0)
}

function equalTo(a: unknown, b: unknown, depth: number): boolean {
  if (a === b) return true
  if (isEmpty(a) || isEmpty(b)) return isEmpty(a) && isEmpty(b)
  if (typeof a === 'string' && typeof b === 'string') return sameDate(a, b)
  if (typeof a === 'number' || typeof b === 'number') {
    const left = toNumber(a)
    return left !== null && left === toNumber(b)
  }
  if (typeof a === 'boolean' || typeof b === 'boolean') return String(asScalar(a)) === String(asScalar(b))
  if (depth > MAX_COMPARED_DEPTH) return false
  if (isList(a)) return isList(b) && sameList(a, b, depth)
  return isPlainObject(a) && isPlainObject(b) && sameObject(a, b, depth)
}

function asScalar(value: unknown): unknown {
  return typeof value === 'object' ? null : value
}

function sameDate(a: string, b: string): boolean {
  const left = parseDate(a)
  const right = left === null ? null : parseDate(b)
  if (left === null || right === null) return false
  if (left.kind === right.kind) return left.ms === right.ms
  return Math.floor(left.ms / 86_400_000) === Math.floor(right.ms / 86_400_000)
}

/** Same items in any order; items are told apart by their text, so it takes one pass. */
function sameList(a: readonly unknown[], b: readonly unknown[], depth: number): boolean {
  if (a.length === b.length && a.every((item, index) => equalTo(item, b[index], depth + 1))) return true
  const left = new Set(a.map(itemText))
  const right = new Set(b.map(itemText))
  return left.size === right.size && [...left].every((text) => right.has(text))
}

function itemText(item: unknown): string {
  return typeof item === 'object' && item !== null ? toJson(item) : toText(item)
}

function sameObject(
  a: Readonly<Record<string, unknown>>,
  b: Readonly<Record<string, unknown>>,
  depth: number,
): boolean {
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every((key) => Object.hasOwn(b, key) && equalTo(a[key], b[key], depth + 1))
}

/**
 * Order of two values for `<` and its kin, `min` and `max`.
 *
 * @returns below 0, 0 or above 0; null when the two can't be compared (text and a number, a list, nothing)
 */
export function compare(a: unknown, b: unknown): number | null {
  const left = toNumber(a)
  const right = left === null ? null : toNumber(b)
  if (left !== null && right !== null) return left - right
  if (typeof a !== 'string' || typeof b !== 'string') return null
  const from = parseDate(a)
  const to = from === null ? null : parseDate(b)
  if (from !== null && to !== null) return from.ms - to.ms
  return a < b ? -1 : a > b ? 1 : 0
}
