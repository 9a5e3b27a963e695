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
  const input = cutPayload(step.input)
  const output = cutPayload(step.output)
  if (input === step.input && output === step.output && step.attempts.length === 0) return step
  const cut = { ...step, input, output }
  if (step.attempts.length > 0)
    cut.attempts = step.attempts.map((attempt) =>
      attempt.output === undefined ? attempt : { ...attempt, output: cutPayload(attempt.output) },
    )
  return cut
}

/** A cheap upper bound, so that small payloads are never serialised twice. */
function mayExceed(value: unknown, limit: number): boolean {
  return take(value, limit, 0) < 0
}

/** What is left of `room` bytes after a value at its longest; negative when there may be too little. */
function take(value: unknown, room: number, depth: number): number {
  if (typeof value === 'string') return room - value.length * 6 - 2
  if (typeof value !== 'object' || value === null) return room - 24
  if (depth > 100) return -1
  let left = room - 2
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length && left >= 0; i++) left = take(value[i], left - 1, depth + 1)
    return left
  }
  for (const key in value) {
    left = take((value as Record<string, unknown>)[key], left - key.length * 6 - 4, depth + 1)
    if (left < 0) return left
  }
  return left
}

function wholeCharacters(text: string): string {
  return /[\uD800-\uDBFF]$/.test(text) ? text.slice(0, -1) : text
}
