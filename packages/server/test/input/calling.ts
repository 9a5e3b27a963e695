import { sampleCall, type SampleCall, titleOf, type World } from './sample-calls.ts'
import type { Endpoint } from '../../src/api/implement.ts'
import type { TestApp } from '../app.ts'
import type { ChangeWatch } from './changes.ts'

export interface Sent extends Pick<SampleCall, 'params' | 'query'> {
  body?: string | Buffer
  type?: string
}

/** A call of a route: the answer's status, and what of the answer, the log and the data isn't as it should be. */
export interface Called {
  status: number
  text: string
  /** empty when nothing is wrong */
  wrong: string[]
}

/** Calls a route and looks at what came of it: no 5xx, nothing logged, and nothing written by a refused call. */
export async function callRoute(
  { app, changes }: { app: TestApp; changes: ChangeWatch },
  { route }: Endpoint,
  { params, query, body, type = 'application/json' }: Sent,
  place: string,
): Promise<Called> {
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name]!.toWellFormed()))
  const search = new URLSearchParams(query).toString()
  const logged = app.logged.length
  const response = await app.request(`/api${path}${search === '' ? '' : `?${search}`}`, {
    method: route.method.toUpperCase(),
    body: typeof body === 'string' || body === undefined ? body : new Uint8Array(body),
    headers: { 'x-api-key': app.apiKey, ...(body === undefined ? {} : { 'content-type': type }) },
  })
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true
  if (isStream) await response.body?.cancel()
  const text = isStream ? '' : await response.text()
  const written = await changes.take()
  const said = app.logged.slice(logged).map((line) => JSON.stringify(line))
  const isRight = response.status < 500 && said.length === 0 && (response.ok || written.length === 0)
  const wrong = isRight ? [] : [[response.status, titleOf(route), place, written, said, text].join(' ').slice(0, 600)]
  return { status: response.status, text, wrong }
}

/** The routes that read a JSON body, each with a call that it accepts. */
export function withBodies(app: TestApp, world: World): { endpoint: Endpoint; call: SampleCall }[] {
  return app.app.endpoints
    .filter(({ body }) => body !== null)
    .map((endpoint) => ({ endpoint, call: sampleCall(endpoint, world) }))
}
