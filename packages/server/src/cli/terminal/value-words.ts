import { clean } from './paint.ts'

const MOST = 48
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}/

/** A value of the log on one line: empty is `–`, times (UTC) lose their fractions, long ones are cut. */
export function valueWords(value: unknown, most = MOST): string {
  if (value === null || value === undefined || value === '') return '–'
  if (Array.isArray(value))
    return value.length === 0 ? '–' : clean(value.map((item) => valueWords(item)).join(', '), most)
  if (typeof value === 'string')
    return INSTANT.test(value) ? `${value.slice(0, 10)} ${value.slice(11, 19)}Z` : clean(value, most)
  if (typeof value === 'object') return clean(JSON.stringify(value), most)
  return String(value)
}
