import type { z } from 'zod'
import { API_ERRORS, ApiError, type ApiErrorCode } from '../errors.ts'
import type { Route } from './route.ts'

type Part<Name extends string, T> = T extends z.ZodType
  ? {} extends z.input<T>
    ? { [K in Name]?: z.input<T> }
    : undefined extends z.input<T>
      ? { [K in Name]?: z.input<T> }
      : { [K in Name]: z.input<T> }
  : { [K in Name]?: undefined }

/** What a call of a route needs: only the parts that the route has. */
export type ClientInput<R extends Route> = Part<'params', R['params']> &
  Part<'query', R['query']> &
  (R['raw'] extends true ? { body?: BodyInit } : Part<'body', R['body']>)
export type ClientAnswer<R extends Route> = R['response'] extends z.ZodType ? z.output<R['response']> : undefined

export interface CallOptions {
  idempotencyKey?: string
  headers?: Record<string, string>
  signal?: AbortSignal
}

type Rest<R extends Route> =
  {} extends ClientInput<R>
    ? [input?: ClientInput<R>, options?: CallOptions]
    : [input: ClientInput<R>, options?: CallOptions]

export interface Client {
  /** Calls a route and gives its answer; undefined for a 204. @throws ApiError with the server's code, status, details */
  call<R extends Route>(route: R, ...rest: Rest<R>): Promise<ClientAnswer<R>>
  /** The same, giving the response itself: for files, streams and headers. @throws ApiError like `call` */
  request<R extends Route>(route: R, ...rest: Rest<R>): Promise<Response>
}

export interface ClientOptions {
  /** where the server is, without `/api`: `http://localhost:3000`; empty in the dashboard */
  baseUrl: string
  /** absent in the dashboard, whose session cookie the browser sends */
  apiKey?: string
  fetch?: (url: string, init: RequestInit) => Promise<Response> | Response
}

/**
 * A typed client of the API, made from the routes' shapes alone.
 *
 * ```ts
 * const client = createClient({ baseUrl: 'http://localhost:3000', apiKey: 'kantos_…' })
 * const { data } = await client.call(listUsers)
 * ```
 */
export function createClient(options: ClientOptions): Client {
  const base = `${options.baseUrl.replace(/\/+$/, '')}/api`
  const send = options.fetch ?? ((url: string, init: RequestInit) => fetch(url, init))

  async function request(route: Route, input: LooseInput = {}, call: CallOptions = {}): Promise<Response> {
    const headers: Record<string, string> = { accept: 'application/json', ...call.headers }
    if (options.apiKey !== undefined) headers['x-api-key'] = options.apiKey
    if (call.idempotencyKey !== undefined) headers['idempotency-key'] = call.idempotencyKey
    const init: RequestInit = { method: route.method.toUpperCase(), headers }
    if (options.apiKey === undefined) init.credentials = 'same-origin'
    if (call.signal !== undefined) init.signal = call.signal
    if (input.body !== undefined) {
      if (route.raw === true) init.body = input.body as BodyInit
      else {
        headers['content-type'] ??= 'application/json'
        init.body = JSON.stringify(input.body)
      }
    }
    const response = await send(base + pathOf(route, input.params) + queryOf(input.query), init)
    if (!response.ok) throw await errorOf(response)
    return response
  }

  return {
    request: request as Client['request'],
    call: (async (route: Route, input?: LooseInput, call?: CallOptions) => {
      const response = await request(route, input, call)
      return response.status === 204 ? undefined : response.json()
    }) as Client['call'],
  }
}

interface LooseInput {
  params?: Record<string, unknown>
  query?: Record<string, unknown>
  body?: unknown
}

function pathOf(route: Route, params: Record<string, unknown> = {}): string {
  return route.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name])))
}

/** Objects become JSON (`filters`), undefined is left out. */
function queryOf(query: Record<string, unknown> = {}): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue
    search.set(name, typeof value === 'object' ? JSON.stringify(value) : String(value))
  }
  const text = search.toString()
  return text === '' ? '' : `?${text}`
}

async function errorOf(response: Response): Promise<ApiError> {
  const text = await response.text()
  try {
    const { code, error, details } = JSON.parse(text) as { code: ApiErrorCode; error: string; details?: unknown }
    if (Object.hasOwn(API_ERRORS, code)) return new ApiError(code, error, details)
  } catch {
    // a proxy's page, not our answer
  }
  const known = Object.entries(API_ERRORS).find(([, status]) => status === response.status)
  const code = (known?.[0] ?? (response.status >= 500 ? 'UNAVAILABLE' : 'BAD_REQUEST')) as ApiErrorCode
  return new ApiError(code, `The server answered ${response.status}.`, { body: text.slice(0, 1000) })
}
