import { ApiError, type WebhookPayload } from '@kantos/model'
import { isJson, isStorable, isUtf8, parseJson } from './body.ts'

/** What a stranger sends nests no deeper. */
const DEEPEST = 64
const FORM_TYPE = /^application\/x-www-form-urlencoded\s*(?:;|$)/i

/** Credentials and signatures: they have done their work, and the log is no place for them. */
const WITHHELD = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'webhook-signature',
  'x-hub-signature',
  'x-hub-signature-256',
  'x-kantos-signature',
  'x-kantos-chain',
  '__proto__',
])

/** What a body is, by its headers. @throws ApiError UNSUPPORTED_MEDIA_TYPE for anything but JSON and forms */
export function kindOfBody(headers: Headers): 'json' | 'form' | 'none' {
  const type = headers.get('content-type')
  const encoding = headers.get('content-encoding')
  const plain = encoding === null || encoding.trim().toLowerCase() === 'identity'
  if (plain && isJson(type)) return 'json'
  if (plain && type !== null && FORM_TYPE.test(type) && isUtf8(type)) return 'form'
  if (plain && type === null && !hasBody(headers)) return 'none'
  throw new ApiError(
    'UNSUPPORTED_MEDIA_TYPE',
    'The body must be JSON or a form: send Content-Type: application/json or application/x-www-form-urlencoded.',
  )
}

function hasBody(headers: Headers): boolean {
  return (headers.get('content-length') ?? '0') !== '0' || headers.has('transfer-encoding')
}

/**
 * The body of a call, parsed. A name that a form holds several times has the list of its values; no bytes are null.
 *
 * @throws ApiError BAD_REQUEST: not UTF-8, not JSON, deeper than 64 levels, or with what can't be stored (NUL, half a surrogate pair,
 *   a name `__proto__`)
 * Source: SPEC.md, section 11
 */
export function parseContent(kind: 'json' | 'form' | 'none', bytes: Buffer): unknown {
  if (bytes.length === 0) return null
  const text = decode(bytes)
  if (kind === 'none') throw new ApiError('UNSUPPORTED_MEDIA_TYPE', 'The Content-Type of the body is missing.')
  if (kind === 'form') return pairs(new URLSearchParams(text), (all) => all)
  try {
    return parseJson(text, DEEPEST)
  } catch (error) {
    if (error instanceof ApiError && error.code === 'VALIDATION_ERROR')
      throw new ApiError('BAD_REQUEST', error.message, error.details)
    throw error
  }
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new ApiError('BAD_REQUEST', 'The body is not valid UTF-8.')
  }
}

/** The headers that an automation may see: names in lower case, without credentials and signatures. */
export function visibleHeaders(headers: Headers): WebhookPayload['headers'] {
  const visible: Record<string, string> = {}
  for (const [name, value] of headers) if (!WITHHELD.has(name) && isStorable(value)) visible[name] = value
  return visible
}

/** The query of a URL; a name that stands there several times has its values with commas between. */
export function queryOf(url: string): WebhookPayload['query'] {
  const start = url.indexOf('?')
  if (start === -1) return {}
  return pairs(new URLSearchParams(url.slice(start + 1)), (all) => all.join(', ')) as Record<string, string>
}

function pairs(given: URLSearchParams, several: (values: string[]) => unknown): Record<string, unknown> {
  const lists = new Map<string, string[]>()
  for (const [name, value] of given) {
    if (name === '__proto__') throw new ApiError('BAD_REQUEST', 'Unknown name: __proto__.')
    if (!isStorable(name) || !isStorable(value))
      throw new ApiError('BAD_REQUEST', `${JSON.stringify(name)} holds a NUL character, which can’t be stored.`)
    const list = lists.get(name)
    if (list === undefined) lists.set(name, [value])
    else list.push(value)
  }
  return Object.fromEntries([...lists].map(([name, list]) => [name, list.length === 1 ? list[0] : several(list)]))
}
