import type { ObjectDefinition } from '../object.ts'

/** Edit distance with swaps of neighbours, given up above `limit`. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let best = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + cost)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, before[j - 2]! + 1)
      row.push(best)
    }
    before = last
    last = row
  }
  return last[b.length]!
}

/**
 * The candidate a person most likely meant: the same but for case, spaces and dashes, or a third of its letters wrong at most.
 *
 * @returns the candidate as it is written, or undefined when none is near
 */
export function closest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > 100) return undefined
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[\s-]+/g, '_')
  const wanted = plain(word)
  let found: string | undefined
  let best = Math.max(1, Math.floor(wanted.length / 3)) + 1
  for (const candidate of candidates) {
    const d = distance(wanted, plain(candidate), best)
    if (d < best) {
      best = d
      found = candidate
    }
  }
  return found
}

/**
 * `did you mean "status"?`, or else what there is: `one of: email, name, status`; undefined when there is nothing.
 *
 * @param word whatever was sent: what isn't text resembles nothing (an object may have a `toString` that is no function)
 */
export function hintFor(word: unknown, candidates: Iterable<string>): string | undefined {
  const list = [...candidates]
  const near = typeof word === 'string' ? closest(word, list) : undefined
  if (near !== undefined) return `did you mean "${near}"?`
  if (list.length === 0) return undefined
  return `one of: ${list.slice(0, 15).join(', ')}${list.length > 15 ? ', …' : ''}`
}

/**
 * What to write instead of a field that an object hasn't got: the one of that name, the nearest one, or what there is.
 *
 * @param slugs those that would do; default: the object's own fields
 */
export function fieldHint(slug: string, object: ObjectDefinition, slugs?: readonly string[]): string | undefined {
  const byName = object.fields.find(({ name }) => name.toLowerCase() === slug.toLowerCase())
  if (byName !== undefined) return `did you mean "${byName.slug}"?`
  return hintFor(slug, slugs ?? object.fields.map((field) => field.slug))
}
