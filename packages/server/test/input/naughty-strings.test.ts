import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Endpoint } from '../../src/api/implement.ts'
import { createTestApp, type TestApp } from '../app.ts'
import { callRoute } from './calling.ts'
import { type ChangeWatch, watchChanges } from './changes.ts'
import { NAUGHTY_STRINGS } from './naughty-strings.ts'
import { textPlaces, textWith } from './places.ts'
import { createWorld, sampleCall, type SampleCall, type World } from './sample-calls.ts'

/** A route gets so many strings, each place others, two at least; with FUZZ_RUNS set every string goes everywhere. */
const CALLS_OF_A_ROUTE = 200

let app: TestApp
let world: World
let changes: ChangeWatch
beforeAll(async () => {
  app = await createTestApp({ rateLimitPerMinute: 1_000_000_000 })
  world = await createWorld(app)
  changes = await watchChanges(app.pool)
})
afterAll(() => app.drop())

interface Attempt extends SampleCall {
  /** where the string was put */
  place: string
  json?: string
}

let turn = 0
function someStrings(places: number): readonly string[] {
  if (process.env.FUZZ_RUNS !== undefined) return NAUGHTY_STRINGS
  const count = Math.max(2, Math.min(15, Math.floor(CALLS_OF_A_ROUTE / places)))
  return Array.from({ length: count }, () => NAUGHTY_STRINGS[turn++ % NAUGHTY_STRINGS.length]!)
}

function* attemptsOf(endpoint: Endpoint): Generator<Attempt> {
  const call = sampleCall(endpoint, world)
  const texts = call.body === undefined ? [] : textPlaces(call.body)
  const places = Object.keys(call.params).length + Object.keys(call.query).length + texts.length
  for (const kind of ['params', 'query'] as const)
    for (const name of Object.keys(call[kind]))
      for (const text of someStrings(places))
        yield { ...call, [kind]: { ...call[kind], [name]: text }, place: `${kind}.${name}` }
  for (const at of texts)
    for (const text of someStrings(places))
      yield { ...call, place: `body/${at.join('/')}`, json: textWith(call.body, at, JSON.stringify(text)) }
}

/** The routes that read their own body get the strings in it. */
function bodyOf({ route, body }: Endpoint, attempt: Attempt): { body?: string; type?: string } {
  if (route.raw === true)
    return {
      body: Object.values(attempt.query).join('\n').toWellFormed(),
      type: route.path.includes('import') ? 'text/csv' : undefined,
    }
  return body === null ? {} : { body: attempt.json ?? JSON.stringify(attempt.body) }
}

test('a naughty string in any text of any call is an answer in kind, and a refused call writes nothing', async () => {
  const wrong: string[] = []
  let calls = 0
  for (const endpoint of app.app.endpoints)
    for (const attempt of attemptsOf(endpoint)) {
      const { params, query, place } = attempt
      // so many wrong passwords are refused for their number, which says nothing of the string
      if (endpoint.route.path === '/session') await app.pool.query('delete from login_tries')
      const called = await callRoute({ app, changes }, endpoint, { params, query, ...bodyOf(endpoint, attempt) }, place)
      wrong.push(...called.wrong)
      calls += 1
    }
  expect(wrong).toEqual([])
  expect(calls).toBeGreaterThan(1000)
  const health = await app.request('/readyz')
  expect(health.status).toBe(200)
  expect(({} as { x?: unknown }).x).toBeUndefined()
}, 600_000)
