/**
 * Which entries of two lists stand for the same thing, kept in order: as many as can be.
 *
 * @returns pairs of indexes, rising in both
 */
export function aligned<T>(
  before: readonly T[],
  after: readonly T[],
  same: (a: T, b: T) => boolean,
): [before: number, after: number][] {
  // lengths of the longest common subsequences of the rests
  const width = after.length + 1
  const lengths = new Uint32Array((before.length + 1) * width)
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--)
      lengths[i * width + j] = same(before[i]!, after[j]!)
        ? lengths[(i + 1) * width + j + 1]! + 1
        : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!)
  const pairs: [number, number][] = []
  for (let i = 0, j = 0; i < before.length && j < after.length; ) {
    if (same(before[i]!, after[j]!)) pairs.push([i++, j++])
    else if (lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!) i++
    else j++
  }
  return pairs
}

/**
 * The entries of two lists set against each other: what is the same, then what became something else, in order.
 *
 * @param related of what is not the same: whether one became the other
 * @returns indexes; null where there is no counterpart
 */
export function paired<T>(
  before: readonly T[],
  after: readonly T[],
  same: (a: T, b: T) => boolean,
  related: (a: T, b: T) => boolean,
): [before: number | null, after: number | null][] {
  const pairs: [number | null, number | null][] = []
  const anchors = [...aligned(before, after, same), [before.length, after.length] as const]
  let i = 0
  let j = 0
  for (const [nextBefore, nextAfter] of anchors) {
    const gone = range(i, nextBefore)
    const come = range(j, nextAfter)
    const became = aligned(gone, come, (a, b) => related(before[a]!, after[b]!))
    const taken = new Set(became.map(([at]) => at))
    const given = new Set(became.map(([, at]) => at))
    for (const [a, b] of became) pairs.push([gone[a]!, come[b]!])
    for (const [at, a] of gone.entries()) if (!taken.has(at)) pairs.push([a, null])
    for (const [at, b] of come.entries()) if (!given.has(at)) pairs.push([null, b])
    i = nextBefore + 1
    j = nextAfter + 1
  }
  return pairs
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i)
}
