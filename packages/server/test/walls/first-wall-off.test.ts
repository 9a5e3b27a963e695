import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { TestApp } from '../app.ts'
import { NESTED, nestedRequest, requestOf, type Ask } from './requests.ts'
import { send } from './send.ts'
import { changes, snapshot } from './snapshot.ts'
import { createBothSides, type World } from './world.ts'

// The first wall is `workspace_id = $1` in each statement. Here it is switched off in all of them at once: wherever the API's
// statements name the caller's workspace, they name the other one, so each handler works on foreign rows with foreign ids. What
// holds then is the second wall alone.

let t: TestApp
let own: World
let foreign: World
const { query } = pg.Client.prototype

beforeAll(async () => {
  ;({ t, own, foreign } = await createBothSides())
})
afterEach(() => {
  pg.Client.prototype.query = query
})
afterAll(() => t.drop())

/** In every statement but the one that sets the walls, the caller's workspace becomes the other one. */
function switchFirstWallOff(): void {
  const turn = (value: unknown): unknown => {
    if (typeof value === 'string') return value.replaceAll(own.workspaceId, foreign.workspaceId)
    if (Buffer.isBuffer(value))
      return Buffer.from(value.toString('latin1').replaceAll(own.workspaceId, foreign.workspaceId), 'latin1')
    if (Array.isArray(value)) return value.map(turn)
    return value
  }
  pg.Client.prototype.query = function (this: pg.Client, ...given: unknown[]) {
    const [first, second] = given
    if (typeof first === 'object' && first !== null && 'values' in first) {
      const statement = first as { name?: string; values?: unknown[] }
      if (statement.name !== 'walls') given[0] = { ...first, values: statement.values?.map(turn) }
    } else if (Array.isArray(second)) given[1] = second.map(turn)
    return (query as (...all: unknown[]) => unknown).apply(this, given) as never
  } as typeof query
}

/** Everything that can be asked, with foreign ids in paths, bodies and queries. */
function requests(): Ask[] {
  const endpoints = t.app.endpoints.filter(
    ({ route }) => route.policy !== 'public' && route.path !== '/session/password',
  )
  return [
    ...endpoints.map((endpoint) => requestOf(endpoint, foreign.ids)),
    ...NESTED.map((row) => nestedRequest(t.app.endpoints, row, foreign.ids, foreign.ids)),
  ].toSorted((a, b) => Number(isLast(a)) - Number(isLast(b)))
}
const isLast = ({ endpoint }: Ask) => endpoint.route.method === 'delete'

/** The requests whose answer showed foreign rows, and the foreign tables that were changed. */
async function walk(headers: Record<string, string>): Promise<{ shown: string[]; changed: string[] }> {
  const before = await snapshot(t.pool, foreign.workspaceId)
  switchFirstWallOff()
  const shown: string[] = []
  for (const ask of requests()) {
    const { text } = await send(t, ask, headers)
    if (text.includes(foreign.canary)) shown.push(`${ask.title}: ${text.slice(0, 200)}`)
  }
  pg.Client.prototype.query = query
  return { shown, changed: changes(before, await snapshot(t.pool, foreign.workspaceId)) }
}

test('with every check of a statement switched off, no foreign row is shown or changed', async () => {
  expect(await walk({ 'x-api-key': own.apiKey })).toEqual({ shown: [], changed: [] })
})

test('without the second wall the same requests show and change foreign rows, so the proof proves something', async () => {
  const walls = (state: 'enable' | 'disable') =>
    t.pool.query(`do $$ declare walled regclass; begin
      for walled in select polrelid from pg_policy loop
        execute format('alter table %s ${state} row level security', walled);
      end loop;
    end $$`)
  await walls('disable')
  const { shown, changed } = await walk({ 'x-api-key': own.apiKey })
  await walls('enable')
  expect(shown.length).toBeGreaterThan(20)
  expect(changed).toEqual(
    expect.arrayContaining(['api_keys', 'automations', 'email_templates', 'records', 'runs', 'secrets', 'users']),
  )
})
