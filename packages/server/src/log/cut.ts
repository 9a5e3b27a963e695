import type { Step } from '@kantos/model'

/** Bytes of one payload in the log. Source: SPEC.md, section 9 */
export const PAYLOAD_LIMIT = 65_536
const PREVIEW = 2_000

/**
 * A payload for reading: as it is, or, beyond 64 KiB of JSON, `{truncated: true, size, preview}`.
 * What a later step needs is never read from here.
 */
export function cutPayload(value: unknown, limit = PAYLOAD_LIMIT): unknown {
  if (value === undefined) return null
  if (!mayExceed(value, limit)) return value
  const json = JSON.stringify(value)
  const size = Buffer.byteLength(json)
  if (size <= limit) return value
  return { truncated: true, size, preview: wholeCharacters(json.slice(0, PREVIEW)) }
}

/** A step whose input, output and attempts are cut for the log. */
export function cutStep(step: Step): Step {
  const cut = { ...step, input: cutPayload(step.input), output: cutPayload(step.output) }
  if (step.attempts.length > 0)
    cut.attempts = step.attempts.map((attempt) =>
      attempt.output === undefined ? attempt : { ...attempt, output: cutPayload(attempt.output) },
    )
  return cut
}

/** A cheap upper bound, so that small payloads are never serialised twice. */
function mayExceed(value: unknown, limit: number): boolean {
  let left = limit
  const stack: unknown[] = [value]
  while (stack.length > 0) {
    const next = stack.pop()
    if (typeof next === 'string') left -= next.length * 6 + 2
    else if (Array.isArray(next)) {
      left -= next.length + 2
      for (const item of next) stack.push(item)
    } else if (typeof next === 'object' && next !== null) {
      for (const key of Object.keys(next)) {
        left -= key.length * 6 + 4
        stack.push((next as Record<string, unknown>)[key])
      }
    } else left -= 24
    if (left < 0) return true
  }
  return false
}

function wholeCharacters(text: string): string {
  return /[\uD800-\uDBFF]$/.test(text) ? text.slice(0, -1) : text
}
