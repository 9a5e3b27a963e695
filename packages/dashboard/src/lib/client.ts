import {
  ApiError,
  type CallOptions,
  type ClientAnswer,
  type ClientInput,
  createClient,
  type Route,
} from '@kantos/model'

const listeners = new Set<() => void>()

/** Calls back when an answer says that nobody is logged in. @returns stops it */
export function onLoggedOut(callback: () => void): () => void {
  listeners.add(callback)
  return () => listeners.delete(callback)
}

/** The API, typed by the routes' shapes; the browser sends the session's cookie. */
export const client = createClient({ baseUrl: '' })

/**
 * Calls a route. A write carries an Idempotency-Key, so that a repetition after a broken connection changes nothing twice.
 *
 * @throws ApiError with code, words and details; a network that fails is `UNAVAILABLE`
 * Source: SPEC.md, section 12
 */
export async function call<R extends Route>(
  route: R,
  input?: ClientInput<R>,
  options: CallOptions = {},
): Promise<ClientAnswer<R>> {
  return guarded(() => loose.call(route, input, withKey(route, options))) as Promise<ClientAnswer<R>>
}

/** The same, giving the response itself: for files and streams. @throws ApiError like `call` */
export async function request<R extends Route>(
  route: R,
  input?: ClientInput<R>,
  options: CallOptions = {},
): Promise<Response> {
  return guarded(() => loose.request(route, input, withKey(route, options)))
}

const loose = client as unknown as {
  call(route: Route, input: unknown, options: CallOptions): Promise<unknown>
  request(route: Route, input: unknown, options: CallOptions): Promise<Response>
}

function withKey(route: Route, options: CallOptions): CallOptions {
  if (route.method !== 'post' || route.raw === true || route.policy === 'public') return options
  return { idempotencyKey: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`, ...options }
}

async function guarded<T>(send: () => Promise<T>): Promise<T> {
  try {
    return await send()
  } catch (error) {
    if (error instanceof ApiError) {
      if (error.code === 'UNAUTHORIZED') for (const listener of listeners) listener()
      throw error
    }
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError('UNAVAILABLE', 'The server can’t be reached. Check the connection and try again.')
  }
}
