/** One difference: JSON pointers lead into the later document, of what was removed into the earlier one. */
export interface Difference {
  kind: 'changed' | 'added' | 'removed' | 'moved'
  path: string
  /** what was there; of a move, its pointer */
  from?: unknown
  /** what is there now; of a move, its pointer */
  to?: unknown
}

/** What differs between two documents: a line for people, and the value. */
export interface Comparison {
  /** one line each, such as `Condition 2: “amount is more than 100” became “amount is more than 250”` */
  words: string[]
  changes: Difference[]
}

export function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every(
    (key) => Object.hasOwn(b, key) && isSame((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  )
}

/** The values that differ inside two values, each with its path below them. */
export function leaves(before: unknown, after: unknown): { keys: string[]; from: unknown; to: unknown }[] {
  if (isSame(before, after)) return []
  if (!isPlain(before) || !isPlain(after)) return [{ keys: [], from: before, to: after }]
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
    leaves(before[key], after[key]).map((leaf) => ({ ...leaf, keys: [key, ...leaf.keys] })),
  )
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
