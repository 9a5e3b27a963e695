import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestApp } from '../app.ts'
import { statementsOf } from '../statements.ts'
import { type Ask, NESTED, nestedRequest, requestOf } from './requests.ts'
import { send } from './send.ts'
import { ABSENT, createBothSides, type Ids, type World } from './world.ts'

// A foreign id must not be told from a missing one by the time that an answer takes either. Times are noise; what costs time is what
// the database is asked. So the statements are compared: the same ones, as many, in the same order.

let t: TestApp
let own: World
let foreign: World
beforeAll(async () => {
  ;({ t, own, foreign } = await createBothSides())
})
afterAll(() => t.drop())

const guarded = () => t.app.endpoints.filter(({ route }) => route.policy !== 'public')

/** The requests whose statements differ. Each is asked twice, so that what is read once for all has been read. */
async function differing(asks: readonly { title: string; of: (ids: Ids) => Ask }[]): Promise<string[]> {
  const found: string[] = []
  for (const { title, of } of asks) {
    const work = (ids: Ids) => statementsOf(() => send(t, of(ids), { 'x-api-key': own.apiKey }))
    await work(foreign.ids)
    const [nowhere, there] = [await work(ABSENT), await work(foreign.ids)]
    if (nowhere.join('\n') !== there.join('\n'))
      found.push(`${title}: missing ${JSON.stringify(nowhere)}, foreign ${JSON.stringify(there)}`)
  }
  return found
}

test('every route with an id in its path asks the database the same for a foreign id as for a missing one', async () => {
  const asks = guarded()
    .filter(({ route }) => route.path.includes('{') && `${route.method} ${route.path}` !== 'put /secrets/{name}')
    .map((endpoint) => {
      const of = (ids: Ids) => requestOf(endpoint, ids, own.ids)
      return { title: of(ABSENT).title, of }
    })
  expect(asks.length).toBeGreaterThan(35)
  expect(await differing(asks)).toEqual([])
})

test('so does every route with an id in its query or body', async () => {
  const asks = NESTED.map((row) => ({
    title: `${row[0]}, ${row[1]}`,
    of: (ids: Ids) => nestedRequest(t.app.endpoints, row, own.ids, ids),
  }))
  expect(await differing(asks)).toEqual([])
})

test('a read of one’s own record costs the statements that a foreign one does, so what is compared is what is asked', async () => {
  const read = guarded().find(({ route }) => route.method === 'get' && route.path === '/crm/record/{id}')!
  const work = (ids: Ids) => statementsOf(() => send(t, requestOf(read, ids, own.ids), { 'x-api-key': own.apiKey }))
  expect((await work(own.ids)).join()).toContain('from records')
})
