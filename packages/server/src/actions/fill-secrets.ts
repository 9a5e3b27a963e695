import type { SecretSlot } from '@kantos/model'
import { type EffectContext, EffectFailure } from './outcome.ts'

/**
 * Puts the secrets' values where they belong, in a copy. The places were noted when the templates were rendered, so no
 * data can pose as one.
 *
 * @returns the filled copy, and `mask`, which hides the values wherever the other side repeats them
 * @throws EffectFailure SECRET_NOT_FOUND
 */
export async function fillSecrets<T>(
  input: T,
  slots: readonly SecretSlot[],
  context: EffectContext,
): Promise<{ filled: T; mask: (text: string) => string }> {
  if (slots.length === 0) return { filled: input, mask: (text) => text }
  const names = slots.flatMap(({ parts }) => parts.flatMap((part) => (typeof part === 'string' ? [] : [part.secret])))
  const values = await context.secrets([...new Set(names)])
  const filled = structuredClone(input)
  for (const { pointer, parts } of slots) {
    const text = parts
      .map((part) => {
        if (typeof part === 'string') return part
        const value = values.get(part.secret)
        if (value === undefined)
          throw new EffectFailure(
            'SECRET_NOT_FOUND',
            `The secret ${part.secret} is gone. Add it in the settings and retry.`,
            {
              permanent: true,
            },
          )
        return value
      })
      .join('')
    put(filled, pointer, text)
  }
  return { filled, mask: masking([...values.values()]) }
}

const HIDDEN = '••••'
/** shorter ones are too likely to stand for something else */
const SHORTEST_MASKED = 4
/** of a shorter value too little is left to tell it from other texts */
const SHORTEST_ENCODED = 8

/** Hides values in a text: as they are, and as JSON, URLs, host names and base64 spell them. */
export function masking(values: readonly string[]): (text: string) => string {
  const spellings = values
    .filter((value) => value.length >= SHORTEST_MASKED)
    // an echo of a header's bytes, read one by one
    .flatMap((value) => [value, Buffer.from(value, 'utf8').toString('latin1')])
    .flatMap((value) => [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value.toWellFormed())])
    .flatMap((value) => [value, ...lowerOf(value), ...base64Of(value)])
  const longestFirst = [...new Set(spellings)].toSorted((a, b) => b.length - a.length)
  return (text) => longestFirst.reduce((masked, spelling) => masked.replaceAll(spelling, HIDDEN), text)
}

const lowerOf = (value: string): string[] => (value.length < SHORTEST_ENCODED ? [] : [value.toLowerCase()])

/** What of a base64 text is decided by the value alone, wherever in the encoded text it stands: after `user:`, say. */
function base64Of(value: string): string[] {
  const bytes = Buffer.from(value, 'utf8')
  return [0, 1, 2]
    .map((before) => {
      const encoded = Buffer.concat([Buffer.alloc(before), bytes])
        .toString('base64')
        .replaceAll('=', '')
      const whole = Math.floor(((before + bytes.length) * 8) / 6)
      return encoded.slice(Math.ceil((before * 8) / 6), whole)
    })
    .filter((core) => core.length >= SHORTEST_ENCODED)
    .flatMap((core) => [core, core.replaceAll('+', '-').replaceAll('/', '_')])
}

function put(target: unknown, pointer: string, text: string): void {
  const keys = pointer
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
  const last = keys.pop()!
  let place = target as Record<string, unknown>
  for (const key of keys) place = place[key] as Record<string, unknown>
  place[last] = text
}
