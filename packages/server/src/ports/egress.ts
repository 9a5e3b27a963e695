import type { IncomingHttpHeaders } from 'node:http'
import { Agent, type Dispatcher } from 'undici'
import { parseAllowList } from './egress/allow-list.ts'
import { guardedConnector, type Resolve, systemResolve } from './egress/connect.ts'
import { decodeBody } from './egress/decode.ts'
import { describeFailure, EgressRefused, type FailureCode, rootCause } from './egress/failure.ts'
import { type PreparedRequest, prepareRequest } from './egress/prepare.ts'

export interface EgressRequest {
  method: string
  url: string
  /** A later name wins over an earlier one that differs in case only. */
  headers: Record<string, string>
  body?: string | Buffer
  /** From the look-up of the name to the last byte of the answer; at most 30,000. */
  timeoutMs: number
  /** Hides the secrets that were filled in, in what is logged. */
  mask?: (text: string) => string
}

/** `refused` is permanent: sending the same again cannot help. `failed` may be tried again. */
export type EgressResult =
  | {
      kind: 'answer'
      status: number
      /** Names in lower case; a repeated one joined with ", ". */
      headers: Record<string, string>
      body: Buffer
      /** The answer was longer than 1 MiB and is cut there. */
      truncated: boolean
      durationMs: number
    }
  | { kind: 'refused'; code: 'EGRESS_REFUSED'; message: string }
  | { kind: 'failed'; code: FailureCode; message: string }

export interface Egress {
  /**
   * Sends one request and reads its answer. Redirects are answers like any other and aren't followed.
   *
   * @param signal gives up early; the result is then `failed` with `NETWORK`
   * @returns never rejects: what the outside does wrong is a value
   */
  send(request: EgressRequest, signal?: AbortSignal): Promise<EgressResult>
  /**
   * Why a request would be refused before anything is opened for it: a URL or a header that is none, or an address inside. What a name
   * resolves to isn't asked. Null: it would be tried.
   */
  refuses(request: Pick<EgressRequest, 'method' | 'url' | 'headers'>): string | null
  /** Ends idle connections at once and the others with their answer. */
  close(): Promise<void>
}

export interface EgressOptions {
  /** `EGRESS_ALLOW`: hosts, host:port, addresses or CIDRs that may be reached although private. */
  allow: readonly string[]
  log?: { warn(fields: object, message: string): void }
  /** Connections to one origin; further requests wait, and the wait counts against their time. Default 20. */
  connections?: number
  resolve?: Resolve
}

const LONGEST_MS = 30_000
const LONGEST_BODY = 1024 * 1024
const LONGEST_HEADERS = 16 * 1024

/**
 * The only way out for HTTP. Reaches public addresses and what the operator allows, nothing else.
 *
 * @throws Error when an entry of `allow` is none of the forms it may have
 * Source: SPEC.md, section 11; DESIGN.md, section 14
 */
export function createEgress({ allow, log, connections = 20, resolve = systemResolve }: EgressOptions): Egress {
  const allowList = parseAllowList(allow)
  // The deadline of each request is kept here, so the client's own timers stay off.
  const agent = new Agent({
    connect: guardedConnector(allowList, resolve),
    allowH2: false,
    connections,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: LONGEST_HEADERS,
  })
  const refuse = ({ url, mask = (text) => text }: EgressRequest, message: string): EgressResult => {
    log?.warn({ host: mask(URL.parse(url)?.host ?? ''), reason: mask(message) }, 'outbound request refused')
    return { kind: 'refused', code: 'EGRESS_REFUSED', message }
  }
  return {
    async send(request, signal) {
      const started = performance.now()
      const prepared = prepareRequest(request, allowList)
      if ('refused' in prepared) return refuse(request, prepared.refused)
      const outcome = await exchange(agent, prepared, request, signal)
      if (outcome instanceof EgressRefused) return refuse(request, outcome.message)
      if ('code' in outcome) return { kind: 'failed', ...outcome }
      const encoding = outcome.headers['content-encoding']
      const plain = encoding === undefined ? outcome : await decodeBody(outcome.body, encoding, LONGEST_BODY)
      return {
        kind: 'answer',
        status: outcome.status,
        headers: outcome.headers,
        body: plain.body,
        truncated: outcome.truncated || plain.truncated,
        durationMs: Math.round(performance.now() - started),
      }
    },
    refuses(request) {
      const prepared = prepareRequest(request, allowList)
      return 'refused' in prepared ? prepared.refused : null
    },
    close: () => agent.close(),
  }
}

interface Received {
  status: number
  headers: Record<string, string>
  body: Buffer
  truncated: boolean
}

type Outcome = Received | { code: FailureCode; message: string } | EgressRefused

/** One request and its answer; settles at the deadline at the latest, whatever the other side or the queue does. */
function exchange(
  agent: Agent,
  { origin, path, headers }: PreparedRequest,
  { method, body, timeoutMs }: EgressRequest,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const host = origin.slice(origin.indexOf('//') + 2)
    const limitMs = Math.min(Math.max(timeoutMs, 1), LONGEST_MS)
    const received: Received = { status: 0, headers: {}, body: Buffer.alloc(0), truncated: false }
    const chunks: Buffer[] = []
    let size = 0
    let settled = false
    let controller: Dispatcher.DispatchController | null = null
    const settle = (outcome: Outcome, abandon: boolean) => {
      if (settled) return
      settled = true
      clearTimeout(timer)
      signal?.removeEventListener('abort', cancel)
      resolve(outcome)
      if (abandon) controller?.abort(abandoned)
    }
    const deadline = () =>
      settle({ code: 'TIMEOUT', message: `${host} gave no complete answer within ${limitMs / 1000} s` }, true)
    const cancel = () => settle({ code: 'NETWORK', message: `the request to ${host} was cancelled` }, true)
    const timer = setTimeout(deadline, limitMs)
    if (signal?.aborted) return cancel()
    signal?.addEventListener('abort', cancel, { once: true })
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(given) {
        controller = given
        // Given up while it waited for a connection: not a byte of it goes out.
        if (settled) given.abort(abandoned)
      },
      onResponseStart(_, status, fields) {
        if (status < 200) return
        received.status = status
        received.headers = flatten(fields)
      },
      onResponseData(_, chunk) {
        if (settled) return
        const room = LONGEST_BODY - size
        chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk)
        size += chunk.length
        if (chunk.length > room) settle({ ...received, body: Buffer.concat(chunks), truncated: true }, true)
      },
      onResponseEnd() {
        settle({ ...received, body: Buffer.concat(chunks) }, false)
      },
      onResponseError(_, error) {
        const cause = rootCause(error)
        settle(cause instanceof EgressRefused ? cause : describeFailure(error, host), false)
      },
    }
    try {
      agent.dispatch({ origin, path, method: method as Dispatcher.HttpMethod, headers, body: body ?? null }, handler)
    } catch (error) {
      settle(describeFailure(error, host), false)
    }
  })
}

const abandoned = new Error('given up')

function flatten(fields: IncomingHttpHeaders): Record<string, string> {
  const entries: [string, string][] = []
  for (const name of Object.keys(fields)) {
    const value = fields[name]
    if (value !== undefined) entries.push([name, typeof value === 'string' ? value : value.join(', ')])
  }
  return Object.fromEntries(entries)
}
