const SYSTEM_NAMES: ReadonlyMap<string, string> = new Map([
  ['id', 'Record id'],
  ['created_at', 'Created at'],
  ['updated_at', 'Updated at'],
  ['created_by', 'Created by'],
])

/**
 * A field that a rule names, in words: `close_date` → "Close date", `previous.status` → "previous Status", `owner.email` → "Owner › email";
 * else the path as it is.
 *
 * @param nameOf the name of a field by its slug; undefined when there is none
 */
export function fieldPathWords(path: string, nameOf: (slug: string) => string | undefined): string {
  const [first = '', second, ...rest] = path.split('.')
  if (first === 'previous' && second !== undefined)
    return `previous ${fieldPathWords([second, ...rest].join('.'), nameOf)}`
  const name = nameOf(first)
  if (name === undefined) return SYSTEM_NAMES.get(path) ?? path
  return second === undefined ? name : `${name} › ${second}`
}
