import { randomUUID } from 'node:crypto'
import { ApiError } from '@kantos/model'
import type { Context } from 'hono'
import type { Histogram } from 'prom-client'
import type { OutageLog } from '../db/outage-log.ts'
import { insideNone, insideWorkspace } from '../db/walls.ts'
import { failpoint } from '../failpoints.ts'
import type { Services } from '../services.ts'
import { type Authenticator, type Caller, requireSameOrigin } from './auth.ts'
import { type ClientAddress, networkOf } from './client-address.ts'
import { hasBody, isJson, isStorable, parseJson, readText } from './body.ts'
import { RequestContext } from './context.ts'
import { errorBody, RateLimited, toApiError } from './errors.ts'
import { claimKey, type Held } from './idempotency.ts'
import { type Endpoint, rankOf } from './implement.ts'
import { parseBody, parseQuery, refuseBody, refuseQuery } from './parse.ts'
import { pathToLog } from './path-to-log.ts'
import type { RateLimit, RateState } from './rate-limit.ts'
import { whileAllowed } from './while-allowed.ts'

export interface Frame {
  services: Services
  authenticator: Authenticator
  rateLimit: RateLimit
  clientAddress: ClientAddress
  /** on every answer */
  headers: Readonly<Record<string, string>>
  durations: Histogram<'route' | 'method' | 'status'>
  /** tells of requests that could not be served */
  refused: OutageLog
  /** the embedded database has no room left */
  isFull(): boolean
}

/**
 * What happens to every request of the API, in this order: who is it; is it within its rate; may it; is it well-formed;
 * was it answered already (Idempotency-Key); then the handler. Whatever is thrown on the way becomes the error's answer.
 *
 * @param endpoint null: there is no such path, or not with this method (`allow`)
 * Source: SPEC.md, section 12
 */
export async function dispatch(
  frame: Frame,
  endpoint: Endpoint | null,
  c: Context,
  allow: readonly string[] = [],
): Promise<Response> {
  const began = performance.now()
  const ip = frame.clientAddress(c)
  let rate: RateState | null = null
  let response: Response
  try {
    const caller =
      endpoint === null || endpoint.rank === -1 ? null : await identify(frame, c, ip, (state) => (rate = state))
    rate ??= await frame.rateLimit.count(caller?.id ?? networkOf(ip))
    if ((rate as RateState).retryAfter > 0)
      throw new RateLimited('Too many requests in this minute.', (rate as RateState).retryAfter)
    if (endpoint === null) throw unknownPath(c, allow)
    if (frame.services.stopping?.aborted === true)
      throw new ApiError('UNAVAILABLE', 'Kantos is stopping. Try again in a moment.')
    const work = answer.bind(null, frame, endpoint, c, caller, ip, rate)
    const answered = await (caller === null ? insideNone(work) : insideWorkspace(caller.workspaceId, work))
    response = answered.response
    if (caller !== null && answered.ofHandler && response.body !== null && isStream(response))
      response = guarded(frame, c, caller, response)
  } catch (thrown) {
    response = failure(frame, c, thrown, rate, allow)
  }
  const labels = { route: endpoint?.route.path ?? 'none', method: c.req.method, status: String(response.status) }
  frame.durations.observe(labels, (performance.now() - began) / 1000)
  return response
}

/**
 * An answer, and whether its handler made it. One of ours is text that is written as it is; to look at its body or headers would make
 * a stream and objects of it first (measured: a tenth of what a record's creation costs this process).
 */
interface Answered {
  response: Response
  ofHandler: boolean
}

/** An answer that a handler makes bit by bit, in its own `Response`. */
function isStream(response: Response): boolean {
  return !response.headers.get('Content-Type')?.startsWith('application/json')
}

/** It is read later, outside of this call, by somebody whose right may end meanwhile. */
function guarded({ authenticator }: Frame, c: Context, caller: Caller, response: Response): Response {
  const { headers } = c.req.raw
  const isEvents = response.headers.get('Content-Type') === 'text/event-stream'
  const body = whileAllowed(
    response.body!,
    (next) => insideWorkspace(caller.workspaceId, next),
    () => authenticator.stillIs(caller, headers),
    isEvents ? 'close' : 'error',
  )
  return new Response(body, { status: response.status, headers: response.headers })
}

/** An unknown caller is counted by its address before it is told so. */
async function identify(frame: Frame, c: Context, ip: string, counted: (state: RateState) => void): Promise<Caller> {
  try {
    const caller = await frame.authenticator.authenticate(c.req.raw.headers)
    caller.ip = ip
    return caller
  } catch (thrown) {
    const state = await frame.rateLimit.count(networkOf(ip))
    counted(state)
    throw state.retryAfter > 0 ? new RateLimited('Too many requests in this minute.', state.retryAfter) : thrown
  }
}

async function answer(
  frame: Frame,
  endpoint: Endpoint,
  c: Context,
  caller: Caller | null,
  ip: string,
  rate: RateState,
): Promise<Answered> {
  const { services } = frame
  const { route } = endpoint
  if (caller !== null) authorize(endpoint, caller, c, services.config.publicUrl)
  if (endpoint.changesState && route.method !== 'delete' && frame.isFull())
    throw new ApiError(
      'UNAVAILABLE',
      'The disk is almost full: less than 256 MB are free. Nothing is written until there is room.',
    )
  const params = endpoint.params === null ? undefined : readParams(endpoint, c)
  const query = readQuery(endpoint, c)
  const text = route.raw === true ? null : await readJsonText(endpoint, c)
  const body = readBody(endpoint, text)

  let held: Held | null = null
  if (caller !== null && route.method === 'post') {
    const key = c.req.raw.headers.get('idempotency-key')
    if (key !== null) {
      const request = [c.req.url.slice(c.req.url.indexOf('/api')), text ?? rawFingerprint(c.req.raw)]
      const claim = await claimKey(services, caller.workspaceId, caller.actor, key, request)
      if (claim.kind === 'answered')
        return ours(json(frame, claim.answer.status, claim.answer.body, rate, { 'Idempotent-Replayed': 'true' }))
      held = claim
    }
  }
  const source = caller === null || !caller.session ? (caller?.keyType === 'intake' ? 'intake' : 'api') : 'ui'
  const context = new RequestContext(c, ip, source, held?.remember ?? null)
  if (held === null) {
    const result = await endpoint.handler({ params, query, body, principal: caller as never, context } as never)
    if (endpoint.changesState) failpoint('api_after_commit_before_answer')
    return finish(frame, route.status, result, rate, context)
  }
  return once(frame, held, rate, context, route.status, () =>
    endpoint.handler({ params, query, body, principal: caller as never, context } as never),
  )
}

/** Runs a handler that holds an Idempotency-Key: its answer is kept, refusals too; what a repeat may mend is not. */
async function once(
  frame: Frame,
  held: Held,
  rate: RateState,
  context: RequestContext,
  status: number,
  run: () => unknown,
): Promise<Answered> {
  let result: unknown
  try {
    result = await run()
    failpoint('api_after_commit_before_answer')
  } catch (thrown) {
    const { error } = toApiError(thrown)
    if (error.status >= 500 || error.status === 429) await held.release().catch(() => {})
    else await held.keep({ status: error.status, body: JSON.stringify(errorBody(error)) })
    throw thrown
  }
  if (result instanceof Response) await held.release()
  else
    await held.keep({
      status: result === undefined ? 204 : status,
      body: result === undefined ? null : JSON.stringify(result),
    })
  return finish(frame, status, result, rate, context)
}

function authorize(endpoint: Endpoint, caller: Caller, c: Context, publicUrl: string): void {
  if (caller.keyType === 'intake') {
    if (endpoint.route.intake !== true)
      throw new ApiError('FORBIDDEN', 'An intake key may only create records (POST /api/crm/record).')
  } else if (rankOf(caller.role) < endpoint.rank)
    throw new ApiError('FORBIDDEN', `This needs the role ${endpoint.route.policy}; yours is ${caller.role}.`)
  if (caller.session && endpoint.changesState) requireSameOrigin(c.req.raw.headers, publicUrl)
}

/** An id that can't be one is as unknown as a foreign one. */
function readParams(endpoint: Endpoint, c: Context): unknown {
  const given = c.req.param()
  const result = endpoint.params!.safeParse(given)
  if (!result.success || !Object.values(given).every((value) => isStorable(String(value))))
    throw new ApiError('NOT_FOUND', 'There is no such thing.')
  return result.data
}

function readQuery(endpoint: Endpoint, c: Context): unknown {
  const { url } = c.req
  const start = url.indexOf('?')
  const search = start === -1 ? '' : url.slice(start + 1)
  if (endpoint.query !== null) return parseQuery(endpoint.query, search)
  if (search !== '' && endpoint.route.raw !== true) refuseQuery(search)
  return undefined
}

async function readJsonText(endpoint: Endpoint, c: Context): Promise<string | null> {
  const request = c.req.raw
  if (request.method === 'GET' || request.method === 'HEAD') return null
  if (!hasBody(request, onSocket(c))) return null
  if (!isJson(request.headers.get('content-type')) || request.headers.get('content-encoding') !== null)
    throw new ApiError('UNSUPPORTED_MEDIA_TYPE', 'The body must be JSON: send Content-Type: application/json.')
  return readText(request, endpoint.bodyLimit)
}

function readBody(endpoint: Endpoint, text: string | null): unknown {
  if (endpoint.body === null) {
    if (text !== null && text !== '') refuseBody(parseJson(text))
    return undefined
  }
  if (text !== null) return parseBody(endpoint.body, parseJson(text))
  const none = endpoint.body.safeParse(undefined)
  if (!none.success) throw new ApiError('BAD_REQUEST', 'A JSON body is needed.')
  return none.data
}

/** A body that the handler reads itself is recognised by its kind and length. */
function rawFingerprint(request: Request): string {
  return `${request.headers.get('content-type')} ${request.headers.get('content-length')}`
}

function finish(frame: Frame, status: number, result: unknown, rate: RateState, context: RequestContext): Answered {
  if (result instanceof Response) {
    for (const [name, value] of Object.entries({ ...frame.headers, ...rateHeaders(rate), ...context.headers }))
      if (!result.headers.has(name)) result.headers.set(name, value)
    return { response: result, ofHandler: true }
  }
  const body = result === undefined ? null : JSON.stringify(result)
  return ours(json(frame, result === undefined ? 204 : status, body, rate, context.headers))
}

function ours(response: Response): Answered {
  return { response, ofHandler: false }
}

function json(
  frame: Frame,
  status: number,
  body: string | null,
  rate: RateState | null,
  more: Record<string, string>,
): Response {
  const headers: Record<string, string> = { ...frame.headers, ...(rate === null ? {} : rateHeaders(rate)), ...more }
  if (body !== null) headers['Content-Type'] = 'application/json; charset=utf-8'
  return new Response(body, { status, headers })
}

/** The three headers of every answer. */
export function rateHeaders({ limit, remaining, reset }: RateState): Record<string, string> {
  return { 'X-RateLimit-Limit': limit, 'X-RateLimit-Remaining': remaining, 'X-RateLimit-Reset': reset }
}

function failure(
  frame: Frame,
  c: Context,
  thrown: unknown,
  rate: RateState | null,
  allow: readonly string[],
): Response {
  const { services, refused } = frame
  const { error, unexpected } = toApiError(thrown)
  const headers: Record<string, string> = {}
  if (unexpected || error.status >= 500) {
    const id = randomUUID()
    headers['X-Request-Id'] = id
    const fields = { request_id: id, method: c.req.method, path: pathToLog(c.req.path), err: thrown }
    if (unexpected) services.log.error(fields, 'a request failed')
    else refused(fields)
  }
  if (error instanceof RateLimited) headers['Retry-After'] = String(error.retryAfterSeconds)
  if (error.code === 'UNAVAILABLE') headers['Retry-After'] = '1'
  if (error.code === 'METHOD_NOT_ALLOWED') headers.Allow = allow.join(', ')
  if (error.code === 'UNAUTHORIZED') headers['WWW-Authenticate'] = 'ApiKey header="X-Api-Key"'
  return json(frame, error.status, JSON.stringify(errorBody(error)), rate, headers)
}

function unknownPath(c: Context, allow: readonly string[]): ApiError {
  if (allow.length === 0) return new ApiError('NOT_FOUND', `There is nothing at ${c.req.path}.`)
  return new ApiError('METHOD_NOT_ALLOWED', `${c.req.method} isn’t possible here; ${allow.join(' or ')} is.`, { allow })
}

interface NodeBindings {
  incoming?: { socket?: { remoteAddress?: string } }
}

function onSocket(c: Context): boolean {
  return (c.env as NodeBindings | undefined)?.incoming !== undefined
}
