/** Where in a value something stands: the keys from the outside in. */
export type Place = readonly (string | number)[]

/** The places of all texts in a JSON value. */
export function textPlaces(value: unknown): Place[] {
  return places(value, (part) => typeof part === 'string')
}

/** The places of all objects in a JSON value, itself included. */
export function objectPlaces(value: unknown): Place[] {
  return places(value, (part) => typeof part === 'object' && part !== null && !Array.isArray(part))
}

/** The places of everything in a JSON value. */
export function allPlaces(value: unknown): Place[] {
  return places(value, () => true)
}

function places(value: unknown, wanted: (part: unknown) => boolean, at: Place = []): Place[] {
  const here = wanted(value) ? [at] : []
  if (typeof value !== 'object' || value === null) return here
  const parts = Array.isArray(value) ? [...value.entries()] : Object.entries(value)
  return [...here, ...parts.flatMap(([key, part]) => places(part, wanted, [...at, key]))]
}

/** A copy with another value at a place; as JSON text, since what is put there may be no JSON value (`1e999`). */
export function textWith(value: unknown, at: Place, json: string): string {
  const [key, ...rest] = at
  if (key === undefined) return json
  const part = (inner: unknown, name: string | number) =>
    name === key ? textWith(inner, rest, json) : JSON.stringify(inner)
  if (Array.isArray(value)) return `[${value.map(part).join(',')}]`
  const entries = Object.entries(value as object).filter(([, inner]) => inner !== undefined)
  return `{${entries.map(([name, inner]) => `${JSON.stringify(name)}:${part(inner, name)}`).join(',')}}`
}
