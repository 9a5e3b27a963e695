import type { RunTrigger, WebhookPayload } from '@kantos/model'
import { cutPayload } from './cut.ts'

const HIDDEN = '••••'
/** Names whose values let somebody in. */
const CREDENTIAL = /authorization|cookie|token|secret|signature|password|api[-_]?key|^key$/i

/** A call as it is shown: each part up to 64 KiB, and without the credentials of its headers and its query. */
export function shownCall({ body, headers, query }: WebhookPayload): NonNullable<RunTrigger['webhook']> {
  return {
    body: cutPayload(body),
    headers: cutPayload(withoutCredentials(headers)),
    query: cutPayload(withoutCredentials(query)),
  }
}

function withoutCredentials(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, CREDENTIAL.test(name) ? HIDDEN : value]),
  )
}

/** A value whose texts and names went through `mask`, however deep they stand. */
export function maskTexts<T>(value: T, mask: (text: string) => string): T {
  const masked = (part: unknown): unknown => {
    if (typeof part === 'string') return mask(part)
    if (typeof part !== 'object' || part === null) return part
    if (Array.isArray(part)) return part.map(masked)
    return Object.fromEntries(Object.entries(part).map(([name, inner]) => [mask(name), masked(inner)]))
  }
  return masked(value) as T
}
