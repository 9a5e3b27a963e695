import type { z } from 'zod'

/** Roles, each including those before it. A `server` API key acts as an admin. */
export const ROLES = ['viewer', 'editor', 'admin', 'owner'] as const
export type Role = (typeof ROLES)[number]

/**
 * One endpoint's shape: shared by the server (which implements it), the typed client of the dashboard, the CLI and the
 * tests, and the OpenAPI document. A route can't exist without its policy.
 */
export interface Route {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** below /api, with `{param}` for parameters: `/automations/{id}` */
  path: string
  summary: string
  tag: string
  /** the least role that may call it; `public` needs no login */
  policy: Role | 'public'
  /** intake keys may call it too */
  intake?: boolean
  params?: z.ZodType
  query?: z.ZodType
  /** a JSON body; `raw: true` leaves the body to the handler */
  body?: z.ZodType
  raw?: boolean
  /** the answer of success; null: 204 without a body */
  status: 200 | 201 | 202 | 204
  response: z.ZodType | null
}

/** Declares a route, keeping its exact types. */
export function route<const R extends Route>(shape: R): R {
  return shape
}

type InputOf<T> = T extends z.ZodType ? z.input<T> : undefined
type OutputOf<T> = T extends z.ZodType ? z.output<T> : undefined

/** What a caller sends. */
export interface RouteInput<R extends Route> {
  params: InputOf<R['params']>
  query: InputOf<R['query']>
  body: InputOf<R['body']>
}
/** What a handler receives, parsed. */
export interface RouteCall<R extends Route> {
  params: OutputOf<R['params']>
  query: OutputOf<R['query']>
  body: OutputOf<R['body']>
}
export type RouteAnswer<R extends Route> = R['response'] extends z.ZodType ? z.input<R['response']> : undefined
