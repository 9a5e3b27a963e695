import { ROLES, type Role, type Route, type RouteAnswer, type RouteCall } from '@kantos/model'
import { z } from 'zod'
import type { Principal } from '../services.ts'
import type { RequestContext } from './context.ts'

/** What a handler gets. A public route has nobody, so its principal is null. */
export interface Call<R extends Route> extends RouteCall<R> {
  principal: R['policy'] extends 'public' ? null : Principal
  context: RequestContext
}

type Answer<R extends Route> = R['response'] extends null ? void : RouteAnswer<R>

/** Gives the answer's body, or a whole Response where the answer is a stream or a file. */
export type Handler<R extends Route> = (call: Call<R>) => Promise<Answer<R> | Response> | Answer<R> | Response

export interface HandlerOptions {
  /** most bytes of a JSON body; default 1 MiB */
  bodyLimit?: number
}

/** A route with its handler, and everything about it that needn't be found out again for each request. */
export interface Endpoint {
  readonly route: Route
  readonly handler: Handler<any>
  readonly bodyLimit: number
  /** Hono's spelling, with /api: `/api/users/:id` */
  readonly pattern: string
  /** the least rank of a role that may call it; -1: public */
  readonly rank: number
  readonly changesState: boolean
  readonly params: z.ZodType | null
  readonly query: z.ZodType | null
  readonly body: z.ZodType | null
}

export interface Api {
  handle<R extends Route>(route: R, handler: Handler<R>, options?: HandlerOptions): void
  readonly endpoints: readonly Endpoint[]
}

const DEFAULT_BODY_LIMIT = 1024 * 1024

export function rankOf(role: Role): number {
  return ROLES.indexOf(role)
}

/**
 * Collects the routes and their handlers.
 *
 * @throws Error from `handle` when two handlers claim one route
 * Source: SPEC.md, section 12
 */
export function createApi(): Api {
  const endpoints: Endpoint[] = []
  return {
    endpoints,
    handle(route, handler, options = {}) {
      const same = ({ route: other }: Endpoint) =>
        other.method === route.method && shapeOf(other.path) === shapeOf(route.path)
      if (endpoints.some(same)) throw new Error(`${route.method} ${route.path} has two handlers.`)
      endpoints.push({
        route,
        handler,
        bodyLimit: options.bodyLimit ?? DEFAULT_BODY_LIMIT,
        pattern: `/api${route.path.replace(/\{(\w+)\}/g, ':$1')}`,
        rank: route.policy === 'public' ? -1 : rankOf(route.policy),
        changesState: route.method !== 'get',
        params: route.params ?? null,
        query: strict(route.query),
        body: strict(route.body),
      })
    },
  }
}

/** `/users/{id}` → `/users/{}` */
export function shapeOf(path: string): string {
  return path.replace(/\{\w+\}/g, '{}')
}

/** Fixed parts before parameters, so that `/runs/stream` isn't taken for a run's id. */
export function bySpecificity(a: Endpoint, b: Endpoint): number {
  const left = a.route.path.split('/')
  const right = b.route.path.split('/')
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = Number(left[i]!.startsWith('{')) - Number(right[i]!.startsWith('{'))
    if (difference !== 0) return difference
  }
  return 0
}

/** An object that doesn't say what becomes of unknown names refuses them. */
function strict(schema: z.ZodType | undefined): z.ZodType | null {
  if (schema === undefined) return null
  return schema instanceof z.ZodObject && schema.def.catchall === undefined ? schema.strict() : schema
}
