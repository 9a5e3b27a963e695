import type { Field, FieldOptionItem, FieldType } from './field.ts'
import { clip, isStoredDatetime, parseBoolean, parseMoment, parseNumber } from './notation.ts'

/** Why a value doesn't fit its field. A value like any other: returned, never thrown. */
export class Refusal {
  readonly error: string
  readonly hint: string | undefined
  constructor(error: string, hint?: string) {
    this.error = error
    this.hint = hint
  }
}

const TEXT_LIMIT = 255
const LONG_TEXT_BYTES = 1_048_576
const EMAIL_LIMIT = 254
const URL_BYTES = 2048
const EMAIL =
  /^[^\s@<>()[\]\\,;:"]{1,64}@(?:(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+[\p{L}\p{N}-]{2,}|localhost)$/u
const PHONE = /^[+(]?[\d\s().\-/#*,;]*(?:(?:ext\.?|x)\s*\d+)?$/i
const URL_WITH_SCHEME = /^https?:\/\/(?:[^\s/?#@]*@)?(?:\[[\da-f:.]+\]|[^\s/?#@:[\]\\<>"]+)(?::\d{1,5})?(?:[/?#]\S*)?$/i
const URL_WITHOUT_SCHEME = /^[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}{2,}(?::\d{1,5})?(?:[/?#]\S*)?$/iu
const RECORD_ID = /^rec_[0-9a-f]{32}$/
const USER_ID = /^user_[0-9a-f]{32}$/

/** A value as an error message shows it: short, and never a whole document. */
export function preview(value: unknown): string {
  if (typeof value === 'string') return `"${clip(value, 40)}"`
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : String(value)
}

function storableText(field: Field, value: unknown): string | Refusal {
  let text: string
  if (typeof value === 'string') text = value
  else if ((typeof value === 'number' && Number.isFinite(value)) || typeof value === 'boolean') text = String(value)
  else return new Refusal(`${field.name} must be text, not ${preview(value)}`)
  if (!text.isWellFormed()) return new Refusal(`${field.name} holds half of a surrogate pair, which isn't valid text`)
  if (text.includes('\0')) return new Refusal(`${field.name} holds a NUL character, which can't be stored`)
  return text
}

function codePoints(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}

function tooLong(text: string, limit: number): boolean {
  return text.length > limit && (text.length > limit * 2 || codePoints(text) > limit)
}

function text(field: Field, value: unknown): unknown {
  const stored = storableText(field, value)
  if (stored instanceof Refusal || !tooLong(stored, TEXT_LIMIT)) return stored
  return new Refusal(`${field.name} may have ${TEXT_LIMIT} characters at most`, 'a long text field takes up to 1 MiB')
}

/** Whether a text has at most so many bytes in UTF-8; a UTF-16 unit has three at most. */
function fitsBytes(text: string, limit: number): boolean {
  if (text.length * 3 <= limit) return true
  return text.length <= limit && new TextEncoder().encode(text).length <= limit
}

function longText(field: Field, value: unknown): unknown {
  const stored = storableText(field, value)
  if (stored instanceof Refusal || fitsBytes(stored, LONG_TEXT_BYTES)) return stored
  return new Refusal(`${field.name} may have 1 MiB at most`)
}

function number(field: Field, value: unknown): unknown {
  if (typeof value === 'number' && Number.isFinite(value)) return value === 0 ? 0 : value
  const parsed = typeof value === 'string' ? parseNumber(value) : undefined
  if (parsed === undefined) {
    return new Refusal(
      `${field.name} must be a number, not ${preview(value)}`,
      'write 1234.5, without separators or units',
    )
  }
  if (Number.isInteger(parsed) && !Number.isSafeInteger(parsed) && /^\s*[+-]?\d+\s*$/.test(value as string)) {
    return new Refusal(`${field.name} has more digits than a number keeps exactly`, 'a text field keeps every digit')
  }
  return parsed === 0 ? 0 : parsed
}

function boolean(field: Field, value: unknown): unknown {
  if (typeof value === 'boolean') return value
  const parsed = typeof value === 'string' ? parseBoolean(value) : undefined
  return parsed ?? new Refusal(`${field.name} must be true or false, not ${preview(value)}`)
}

function email(field: Field, value: unknown): unknown {
  const stored = storableText(field, value)
  if (stored instanceof Refusal) return stored
  const address = stored.trim()
  if (address.length <= EMAIL_LIMIT && EMAIL.test(address) && !address.includes('..')) return address
  return new Refusal(`${field.name} must be one e-mail address, not ${preview(value)}`, 'for example ada@example.com')
}

function phone(field: Field, value: unknown): unknown {
  const stored = storableText(field, value)
  if (stored instanceof Refusal) return stored
  const dialled = stored.trim()
  if (dialled.length <= 64 && PHONE.test(dialled) && /\d\D*\d/.test(dialled)) return dialled
  return new Refusal(`${field.name} must be a phone number, not ${preview(value)}`, 'for example +49 30 1234567')
}

function url(field: Field, value: unknown): unknown {
  const stored = storableText(field, value)
  if (stored instanceof Refusal) return stored
  const address = stored.trim()
  const known = fitsBytes(address, URL_BYTES) && (URL_WITH_SCHEME.test(address) || URL_WITHOUT_SCHEME.test(address))
  return known
    ? address
    : new Refusal(`${field.name} must be a web address, not ${preview(value)}`, 'for example https://example.com')
}

function date(field: Field, value: unknown): unknown {
  const moment = typeof value === 'string' ? parseMoment(value) : undefined
  if (moment === undefined)
    return new Refusal(`${field.name} must be a date, not ${preview(value)}`, 'write YYYY-MM-DD')
  return moment.day && (value as string).length === 10 ? value : new Date(moment.ms).toISOString().slice(0, 10)
}

function datetime(field: Field, value: unknown): unknown {
  const moment = typeof value === 'string' ? parseMoment(value) : undefined
  if (moment === undefined) {
    return new Refusal(
      `${field.name} must be a date with time, not ${preview(value)}`,
      'write ISO 8601: 2026-03-01T09:30:00Z',
    )
  }
  return isStoredDatetime(value as string, moment) ? value : new Date(moment.ms).toISOString()
}

const indexes = new WeakMap<readonly FieldOptionItem[], Map<string, number>>()

/** Position of an option in its list, -1 when there is none; long lists are indexed once. */
function optionIndex(items: readonly FieldOptionItem[], name: string): number {
  if (items.length <= 16) {
    for (let i = 0; i < items.length; i++) if (items[i]!.name === name) return i
    return -1
  }
  let index = indexes.get(items)
  if (index === undefined) {
    index = new Map(items.map((item, i) => [item.name, i]))
    indexes.set(items, index)
  }
  return index.get(name) ?? -1
}

/** The options of a dropdown, status or multi-select field, in their order; none for other types. */
export function optionItems(field: Field): readonly FieldOptionItem[] {
  return (field.type === 'status' ? field.options?.stages : field.options?.choices) ?? []
}

function notAnOption(field: Field, value: unknown): Refusal {
  const names = optionItems(field).map((item) => item.name)
  const wanted = typeof value === 'string' ? value.trim().toLowerCase() : ''
  const near = names.find((name) => name.toLowerCase() === wanted)
  const listed = names.length > 12 ? `${names.slice(0, 12).join(', ')}, …` : names.join(', ')
  return new Refusal(
    `${preview(value)} is not an option of ${field.name}`,
    near === undefined ? `one of: ${listed}` : `did you mean "${near}"?`,
  )
}

function option(field: Field, value: unknown): unknown {
  const name = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value
  if (typeof name === 'string' && optionIndex(optionItems(field), name) >= 0) return name
  return notAnOption(field, value)
}

/** `"a"`, `"a, b"`, `"a; b"` and `'["a","b"]'` all write a list of options; an option that holds a comma stands alone. */
function listOf(items: readonly FieldOptionItem[], value: string): unknown[] {
  if (optionIndex(items, value) >= 0) return [value]
  if (value.startsWith('[')) {
    try {
      const parsed: unknown = JSON.parse(value)
      if (Array.isArray(parsed)) return parsed
    } catch {
      return [value]
    }
  }
  const parts = value.split(value.includes(';') ? ';' : ',')
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}

function multiSelect(field: Field, value: unknown): unknown {
  const items = optionItems(field)
  const given = Array.isArray(value) ? value : typeof value === 'string' ? listOf(items, value) : undefined
  if (given === undefined) return new Refusal(`${field.name} must be a list of options, not ${preview(value)}`)
  const chosen = new Set<number>()
  for (const entry of given) {
    const index = typeof entry === 'string' ? optionIndex(items, entry) : -1
    if (index < 0) return notAnOption(field, entry)
    chosen.add(index)
  }
  if (chosen.size === 0) return null
  return [...chosen].sort((a, b) => a - b).map((index) => items[index]!.name)
}

function reference(field: Field, value: unknown): unknown {
  if (typeof value === 'string' && RECORD_ID.test(value)) return value
  const target = field.options?.object === undefined ? '' : ` of ${field.options.object}`
  return new Refusal(
    `${field.name} must be the id of a record${target}, not ${preview(value)}`,
    'for example rec_ and 32 hex digits',
  )
}

function user(field: Field, value: unknown): unknown {
  if (typeof value === 'string' && USER_ID.test(value)) return value
  return new Refusal(
    `${field.name} must be the id of a user, not ${preview(value)}`,
    'for example user_ and 32 hex digits',
  )
}

const NORMALIZERS: Record<FieldType, (field: Field, value: unknown) => unknown> = {
  text,
  long_text: longText,
  number,
  currency: number,
  boolean,
  email,
  phone,
  url,
  date,
  datetime,
  dropdown: option,
  multi_select: multiSelect,
  status: option,
  reference,
  user,
}

/**
 * The stored form of a value that isn't empty, null when it turns out to be empty (blank text in a field that isn't text), or a
 * Refusal. Source: SPEC.md, section 2
 */
export function storedForm(field: Field, value: unknown): unknown {
  if (typeof value === 'string' && field.type !== 'text' && field.type !== 'long_text' && value.trim() === '')
    return null
  return NORMALIZERS[field.type](field, value)
}
