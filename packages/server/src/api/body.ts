import { ApiError, invalid, type Problem } from '@kantos/model'

/** Objects and lists in a JSON body nest at most this deep, unless the route says less. */
const DEEPEST = 100
/** What is worth a second look: escapes of NUL and of surrogates, and JavaScript's dangerous name, however it is spelt. */
const SUSPECT = /\\u0000|\\u[dD][89a-fA-F]|[\ud800-\udfff]|__proto__|\\u005[fF]/
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i
const CHARSET = /;\s*charset\s*=\s*"?([^\s";]*)/i
/** How long a body that is read into memory may take to arrive: 30 s, and more where more is allowed, at 100 kB a second. */
const deadlineOf = (limit: number) => 30_000 + limit / 100
const UTF8 = new TextDecoder('utf-8', { fatal: true })

/** @returns whether a `Content-Type` names JSON, which is UTF-8 */
export function isJson(contentType: string | null): boolean {
  return contentType !== null && JSON_TYPE.test(contentType) && isUtf8(contentType)
}

/** @returns whether a `Content-Type` says UTF-8, or ASCII, which is part of it, or nothing */
export function isUtf8(contentType: string): boolean {
  const charset = CHARSET.exec(contentType)?.[1]
  return charset === undefined || /^(?:utf-?8|us-ascii)$/i.test(charset)
}

function tooLarge(limit: number): ApiError {
  return new ApiError('PAYLOAD_TOO_LARGE', `The body is larger than ${limit} bytes.`, { limit })
}

/**
 * Whether a request brings a body. Reading `request.body` is left to the last, since it costs.
 *
 * @param onSocket the request came over a socket, where a body has one of the two headers
 */
export function hasBody(request: Request, onSocket: boolean): boolean {
  const length = request.headers.get('content-length')
  if (length !== null) return length !== '0'
  if (request.headers.get('transfer-encoding') !== null) return true
  return !onSocket && request.body !== null
}

/**
 * Reads a body of at most `limit` bytes as text. A byte order mark at its begin is taken off.
 *
 * @throws ApiError PAYLOAD_TOO_LARGE, by its declared length before a byte is read, else as soon as it is over;
 *   BAD_REQUEST when it isn't UTF-8, breaks off, or takes longer than `deadlineMs`
 */
export async function readText(request: Request, limit: number, deadlineMs?: number): Promise<string> {
  const bytes = await readBytes(request, limit, deadlineMs)
  try {
    return UTF8.decode(bytes)
  } catch {
    throw new ApiError('BAD_REQUEST', 'The body is not valid UTF-8.')
  }
}

/** The same as bytes, for what is signed or isn't text. */
export async function readBytes(request: Request, limit: number, deadlineMs = deadlineOf(limit)): Promise<Buffer> {
  const declared = request.headers.get('content-length')
  if (declared !== null && Number(declared) > limit) throw tooLarge(limit)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new ApiError('BAD_REQUEST', `The body didn’t arrive within ${(deadlineMs / 1000).toFixed(1)} s.`)),
      deadlineMs,
    )
  })
  try {
    return await Promise.race([late, declared === null ? collect(request, limit) : wholeBody(request)])
  } catch (error) {
    if (error instanceof ApiError) throw error
    throw new ApiError('BAD_REQUEST', 'The body broke off before its end.')
  } finally {
    clearTimeout(timer)
  }
}

async function wholeBody(request: Request): Promise<Buffer> {
  return Buffer.from(await request.arrayBuffer())
}

async function collect(request: Request, limit: number): Promise<Buffer> {
  if (request.body === null) return Buffer.alloc(0)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > limit) throw tooLarge(limit)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/**
 * Parses a body that a stranger wrote.
 *
 * @throws ApiError BAD_REQUEST: not JSON, nested deeper than 100, or with a key `__proto__`; VALIDATION_ERROR with paths: a text
 *   that PostgreSQL can't hold (NUL, half a surrogate pair)
 * Source: SPEC-DETAILS.md, section 2
 */
export function parseJson(text: string, deepest = DEEPEST): unknown {
  if (nestsTooDeep(text, deepest)) throw new ApiError('BAD_REQUEST', `The body nests deeper than ${deepest} levels.`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new ApiError('BAD_REQUEST', `The body is not valid JSON: ${(error as Error).message}.`)
  }
  if (SUSPECT.test(text)) {
    const problems: Problem[] = []
    inspect(value, '', problems)
    if (problems.length > 0) throw invalid(problems)
  }
  return value
}

/** Counts brackets outside of texts, without parsing. */
function nestsTooDeep(text: string, deepest: number): boolean {
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22: // "
        i = endOfText(text, i)
        break
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > deepest) return true
        break
      case 0x5d: // ]
      case 0x7d: // }
        depth--
    }
  }
  return false
}

/** Where the text that begins at `start` ends; past the end when it doesn't. */
function endOfText(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes++
    if (slashes % 2 === 0) return end
  }
  return text.length
}

function inspect(value: unknown, path: string, problems: Problem[]): void {
  if (typeof value === 'string') {
    if (!isStorable(value))
      problems.push({
        path,
        message: 'The text holds a NUL character or half of a surrogate pair, which can’t be stored.',
      })
  } else if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) inspect(value[i], `${path}/${i}`, problems)
  } else if (typeof value === 'object' && value !== null) {
    for (const key of Object.keys(value)) {
      if (key === '__proto__') throw new ApiError('BAD_REQUEST', 'Unknown name: __proto__.', unknownName(path))
      if (!isStorable(key))
        problems.push({ path, message: 'A name holds a NUL character or half of a surrogate pair.' })
      inspect((value as Record<string, unknown>)[key], `${path}/${pointerPart(key)}`, problems)
    }
  }
}

function unknownName(path: string) {
  return { errors: [{ path: `${path}/__proto__`, message: 'There is no such name.' }] }
}

/** Whether PostgreSQL can hold a text: no NUL, no half of a surrogate pair. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed()
}

/** One part of a JSON pointer, escaped. */
export function pointerPart(key: PropertyKey): string {
  return String(key).replaceAll('~', '~0').replaceAll('/', '~1')
}
