const LONGEST = 63

/** A key of a name: `Welcome new leads!` → `welcome-new-leads`; never empty. */
export function keyOf(name: string): string {
  const plain = name
    .replaceAll('ß', 'ss')
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, LONGEST)
    .replace(/^-+|-+$/g, '')
  return plain === '' ? 'unnamed' : plain
}

/** What a key may be: it is also the name of a file. */
export const KEY_PATTERN = /^[a-z0-9][a-z0-9_-]{0,62}$/

/**
 * Keys for things: those that have one keep it, the others get one of their name, `-2` and so on behind it where it is taken.
 *
 * @param things in an order that stays, the oldest first
 */
export function withKeys<T extends { key: string | null; name: string }>(
  things: readonly T[],
): (T & { key: string })[] {
  const taken = new Set(things.flatMap(({ key }) => key ?? []))
  return things.map((thing) => {
    if (thing.key !== null) return { ...thing, key: thing.key }
    const base = keyOf(thing.name)
    let key = base
    for (let n = 2; taken.has(key); n++) key = `${base.slice(0, LONGEST - 5)}-${n}`
    taken.add(key)
    return { ...thing, key }
  })
}
