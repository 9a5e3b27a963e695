import type { EgressRequest } from '../egress.ts'
import { type AllowList, canonicalHost } from './allow-list.ts'
import { BLOCKED_PORTS } from './blocked-ports.ts'
import { isPublicAddress, parseAddress } from './public-address.ts'

export interface PreparedRequest {
  origin: string
  path: string
  headers: Record<string, string>
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'])
const LONGEST_URL = 16 * 1024
const LONGEST_HEADERS = 32 * 1024
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
// Space, tab, printable ASCII and everything beyond; no other control character, so no CR, LF or NUL.
const FIELD_VALUE = /^[\t\x20-\x7e\u0080-\uffff]*$/

/** Set by the connection itself; what a user copies along from a recorded request is left out. */
const CONNECTION_HEADERS: ReadonlySet<string> = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/**
 * Checks a request before anything is opened for it.
 *
 * @returns what to send, or why it is refused. Credentials of the URL become an `Authorization: Basic` header unless
 *   one is given; text beyond ASCII in header values travels as UTF-8. Reasons name the host, never path or query:
 *   these may hold secrets.
 * Source: SPEC.md, section 11
 */
export function prepareRequest(
  request: Pick<EgressRequest, 'method' | 'url' | 'headers'>,
  allow: AllowList,
): PreparedRequest | { refused: string } {
  if (!METHODS.has(request.method)) return { refused: `the method ${JSON.stringify(request.method)} is not supported` }
  if (request.url.length > LONGEST_URL) return { refused: `the URL is longer than ${LONGEST_URL} characters` }
  if (request.url === '') return { refused: 'the URL is empty' }
  const url = URL.parse(request.url)
  if (url === null) return { refused: 'the URL is not valid' }
  const target = checkTarget(url, allow)
  if (target !== null) return { refused: target }
  const headers = checkHeaders(request.headers, url)
  if ('refused' in headers) return headers
  return { origin: url.origin, path: url.pathname + url.search, headers: headers.values }
}

function checkTarget(url: URL, allow: AllowList): string | null {
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return `${url.protocol} URLs are not sent, only http: and https:`
  const port = portOf(url)
  const literal = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname
  const named = allow.allowsHost(url.hostname, port) || allow.allowsAddress(literal, port)
  if (named && port !== 0) return null
  if (BLOCKED_PORTS.has(port)) return `port ${port} of ${url.hostname} is not a port for webhooks`
  if (parseAddress(canonicalHost(literal)) !== null && !isPublicAddress(canonicalHost(literal)))
    return notPublic(url.hostname)
  return null
}

/** The reason given when a host is, or resolves to, an address inside. */
export function notPublic(hostname: string): string {
  return `${hostname} is not a public address; whoever runs this server can allow it with EGRESS_ALLOW`
}

export function portOf(url: { port: string; protocol: string }): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
}

function checkHeaders(
  given: Record<string, string>,
  url: URL,
): { values: Record<string, string> } | { refused: string } {
  const headers = new Map<string, [name: string, value: string]>()
  let size = 0
  for (const [name, value] of Object.entries(given)) {
    if (!TOKEN.test(name)) return { refused: `${JSON.stringify(name)} is not a valid header name` }
    if (typeof value !== 'string' || !FIELD_VALUE.test(value))
      return { refused: `the header ${name} holds a line break or another control character` }
    size += name.length + value.length
    if (size > LONGEST_HEADERS) return { refused: `the headers are longer than ${LONGEST_HEADERS} characters` }
    const key = name.toLowerCase()
    if (key === 'host' && value.toLowerCase() !== url.host)
      return { refused: `the header Host says ${JSON.stringify(value)}, the URL ${url.host}` }
    if (key !== 'host' && !CONNECTION_HEADERS.has(key)) headers.set(key, [name, asUtf8(value)])
  }
  const credentials = basicAuth(url)
  if (credentials === null) return { refused: 'the credentials in the URL are not valid' }
  if (credentials !== '' && !headers.has('authorization')) headers.set('authorization', ['Authorization', credentials])
  if (!headers.has('user-agent')) headers.set('user-agent', ['User-Agent', 'Kantos-Automations'])
  headers.set('accept-encoding', ['Accept-Encoding', 'identity'])
  return { values: Object.fromEntries(headers.values()) }
}

function basicAuth(url: URL): string | null {
  if (url.username === '' && url.password === '') return ''
  try {
    const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
    return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`
  } catch {
    return null
  }
}

// Header values go out one byte a character.
function asUtf8(value: string): string {
  return /^[\t\x20-\x7e]*$/.test(value) ? value : Buffer.from(value, 'utf8').toString('latin1')
}
