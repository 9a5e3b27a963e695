export const OFFSET_UNITS = ['minutes', 'hours', 'days', 'weeks', 'months'] as const
export type OffsetUnit = (typeof OFFSET_UNITS)[number]

/** A date that a name gives, and how far from it. */
export interface UntilDate {
  /** `record.close_date` */
  path: string
  /** below 0: before it */
  amount: number
  unit: OffsetUnit
}

const PLAIN = /^\s*\{\{\s*([a-z][\w.]*)\s*\}\}\s*$/
const MOVED = /^\s*\{\{\s*date_add\(\s*([a-z][\w.]*)\s*,\s*(-?\d+)\s*,\s*(['"])([a-z]+)\3\s*\)\s*\}\}\s*$/

/** Reads what `untilText` writes; null for any other text. */
export function readUntil(text: string): UntilDate | null {
  const plain = PLAIN.exec(text)
  if (plain !== null) return { path: plain[1]!, amount: 0, unit: 'days' }
  const moved = MOVED.exec(text)
  const unit = OFFSET_UNITS.find((one) => one === moved?.[4] || one === `${moved?.[4]}s`)
  return moved === null || unit === undefined ? null : { path: moved[1]!, amount: Number(moved[2]), unit }
}

/** `{{record.close_date}}`, or `{{date_add(record.close_date, -3, 'days')}}`. */
export function untilText({ path, amount, unit }: UntilDate): string {
  return amount === 0 ? `{{${path}}}` : `{{date_add(${path}, ${amount}, '${unit}')}}`
}
