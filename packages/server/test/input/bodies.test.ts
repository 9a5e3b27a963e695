import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestApp, type TestApp } from '../app.ts'
import { callRoute, withBodies } from './calling.ts'
import { type ChangeWatch, watchChanges } from './changes.ts'
import { NO_JSON, ODD_VALUES, PROTOTYPE_NAMES } from './hostile-bodies.ts'
import { allPlaces, objectPlaces, textWith } from './places.ts'
import { createWorld, titleOf, type World } from './sample-calls.ts'

/** Each place gets every so many odd values, each time others; with FUZZ_RUNS set all of them. */
const EVERY = process.env.FUZZ_RUNS === undefined ? 20 : 1

let app: TestApp
let world: World
let changes: ChangeWatch
beforeAll(async () => {
  app = await createTestApp({ rateLimitPerMinute: 1_000_000_000 })
  world = await createWorld(app)
  changes = await watchChanges(app.pool)
})
afterAll(() => app.drop())

test('most sample calls are accepted, so that what follows changes them in one place each', async () => {
  const routes = withBodies(app, world)
  const refused: string[] = []
  for (const { endpoint, call } of routes) {
    const body = JSON.stringify(call.body)
    const { status, text } = await callRoute({ app, changes }, endpoint, { ...call, body }, '')
    if (status >= 300) refused.push(`${titleOf(endpoint.route)} ${status} ${text}`)
  }
  // there are no runs, no link and no password to be right about
  expect(refused.filter((line) => !/^\w+ \/(?:session|runs)/.test(line)).length).toBeLessThan(routes.length / 5)
})

test('a body that is no JSON is a 400 everywhere, and nothing is written', async () => {
  const wrong: string[] = []
  for (const { endpoint, call } of withBodies(app, world))
    for (const [what, bytes] of NO_JSON) {
      const called = await callRoute({ app, changes }, endpoint, { ...call, body: bytes }, what)
      wrong.push(...called.wrong)
      if (called.status !== 400) wrong.push(`${called.status} ${titleOf(endpoint.route)} ${what} ${called.text}`)
    }
  expect(wrong.slice(0, 20)).toEqual([])
})

test('a byte order mark before the body is taken off', async () => {
  const { endpoint, call } = withBodies(app, world).find(
    ({ endpoint: { route } }) => titleOf(route) === 'POST /crm/record',
  )!
  const { status } = await callRoute(
    { app, changes },
    endpoint,
    { ...call, body: `\ufeff${JSON.stringify(call.body)}` },
    '',
  )
  expect(status).toBe(201)
})

test('any value at any place of any body is an answer in kind, and a refused call writes nothing', async () => {
  const wrong: string[] = []
  let turn = 0
  let calls = 0
  for (const { endpoint, call } of withBodies(app, world))
    for (const at of allPlaces(call.body)) {
      turn += 1
      for (const value of ODD_VALUES.filter((_, index) => (index + turn) % EVERY === 0)) {
        const body = textWith(call.body, at, value)
        wrong.push(
          ...(await callRoute({ app, changes }, endpoint, { ...call, body }, `/${at.join('/')} ${value}`.slice(0, 200)))
            .wrong,
        )
        calls += 1
      }
    }
  expect(wrong.slice(0, 20)).toEqual([])
  expect(calls).toBeGreaterThan(300)
}, 600_000)

test('a name that reaches a prototype is refused at any depth, or is plain data; no prototype changes', async () => {
  const wrong: string[] = []
  for (const { endpoint, call } of withBodies(app, world))
    for (const at of objectPlaces(call.body))
      for (const name of PROTOTYPE_NAMES) {
        const part = at.reduce<unknown>((value, key) => (value as Record<string | number, unknown>)[key], call.body)
        const inner = JSON.stringify(part)
        const poison = `"${name}":{"polluted":1,"isAdmin":true}`
        const body = textWith(call.body, at, inner === '{}' ? `{${poison}}` : `{${poison},${inner.slice(1)}`)
        const { status, wrong: found } = await callRoute(
          { app, changes },
          endpoint,
          { ...call, body },
          `/${at.join('/')}`,
        )
        wrong.push(...found)
        if (name.endsWith('_proto__') && status !== 400)
          wrong.push(`${status} ${titleOf(endpoint.route)} /${at.join('/')}`)
      }
  expect(wrong.slice(0, 20)).toEqual([])
  for (const plain of [{}, [], '', 0, () => {}])
    expect([(plain as { polluted?: unknown }).polluted, (plain as { isAdmin?: unknown }).isAdmin]).toEqual([
      undefined,
      undefined,
    ])
}, 120_000)

test.each([
  [null, 415],
  ['', 415],
  ['text/plain', 415],
  ['text/json', 415],
  ['application/x-www-form-urlencoded', 415],
  ['multipart/form-data; boundary=x', 415],
  ['application/jsonp', 415],
  ['application/json; charset=utf-7', 415],
  ['application/json; charset=utf-16', 415],
  ['application/json; charset=iso-8859-1', 415],
  ['text/html; application/json', 415],
  ['application/json; charset=UTF-8', 400],
  ['application/json;charset="utf-8"', 400],
  ['application/merge-patch+json', 400],
])('a body announced as %s is a %i everywhere', async (type, expected) => {
  const wrong: string[] = []
  for (const { endpoint, call } of withBodies(app, world)) {
    const body = Buffer.from('{"nope":')
    const { status, wrong: found } = await callRoute(
      { app, changes },
      endpoint,
      { ...call, body, type: type ?? '' },
      '',
    )
    wrong.push(...found)
    if (status !== expected) wrong.push(`${titleOf(endpoint.route)} ${status}`)
  }
  expect(wrong).toEqual([])
})

test('afterwards the API is healthy', async () => {
  expect((await app.request('/readyz')).status).toBe(200)
})
