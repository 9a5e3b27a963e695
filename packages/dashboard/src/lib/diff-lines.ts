/** A line of a text before, after, or both. */
export interface DiffLine {
  kind: 'same' | 'removed' | 'added'
  text: string
}

/** Lines of which more would take too long to match: they count as replaced. */
const MOST_CELLS = 4_000_000

/**
 * The lines of two texts in one list: those that stayed, and between them what was removed and added, with as few changes as possible.
 * Beyond 2,000 changed lines on both sides all of them count as changed.
 */
export function diffLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  let start = 0
  while (start < before.length && start < after.length && before[start] === after[start]) start++
  let end = 0
  while (
    end < before.length - start &&
    end < after.length - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  )
    end++
  const same = (text: string): DiffLine => ({ kind: 'same', text })
  return [
    ...before.slice(0, start).map(same),
    ...changed(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end).map(same),
  ]
}

/** By the longest common subsequence. */
function changed(before: readonly string[], after: readonly string[]): DiffLine[] {
  const [n, m] = [before.length, after.length]
  const width = m + 1
  const tooMany = n * m > MOST_CELLS
  const longest = new Uint16Array(tooMany ? 0 : (n + 1) * width)
  if (!tooMany)
    for (let i = n - 1; i >= 0; i--)
      for (let j = m - 1; j >= 0; j--)
        longest[i * width + j] =
          before[i] === after[j]
            ? longest[(i + 1) * width + j + 1]! + 1
            : Math.max(longest[(i + 1) * width + j]!, longest[i * width + j + 1]!)
  const lines: DiffLine[] = []
  let [i, j] = [0, 0]
  while (i < n || j < m) {
    if (i < n && j < m && !tooMany && before[i] === after[j]) {
      lines.push({ kind: 'same', text: before[i]! })
      i++
      j++
    } else if (i < n && (j === m || tooMany || longest[(i + 1) * width + j]! >= longest[i * width + j + 1]!))
      lines.push({ kind: 'removed', text: before[i++]! })
    else lines.push({ kind: 'added', text: after[j++]! })
  }
  return lines
}

/** Lines, and how many that stayed are left out in their place. */
export type ShownLine = DiffLine | { kind: 'left-out'; count: number }

/**
 * What differs with some lines around it.
 *
 * @param context lines that are kept before and after each change
 */
export function withContext(lines: readonly DiffLine[], context: number): ShownLine[] {
  const isNear = lines.map(() => false)
  for (const [at, { kind }] of lines.entries())
    if (kind !== 'same') isNear.fill(true, Math.max(0, at - context), at + context + 1)
  const shown: ShownLine[] = []
  for (const [at, line] of lines.entries()) {
    const last = shown.at(-1)
    if (isNear[at] === true) shown.push(line)
    else if (last?.kind === 'left-out') last.count++
    else shown.push({ kind: 'left-out', count: 1 })
  }
  return shown
}
