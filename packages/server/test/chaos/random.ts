/** Random numbers that begin anew with the same seed. */
export interface Random {
  /** 0 ≤ n < 1 */
  next(): number
  between(min: number, max: number): number
  pick<T>(list: readonly T[]): T
}

/** mulberry32. @param seed a whole number */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    between: (min, max) => min + next() * (max - min),
    pick: (list) => list[Math.floor(next() * list.length)]!,
  }
}
