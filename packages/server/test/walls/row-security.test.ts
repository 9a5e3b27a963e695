import { createRecordRoute } from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { acrossWorkspaces, insideNone, insideWalls, insideWorkspace } from '../../src/db/walls.ts'
import { createPool, type Pool } from '../../src/db/pool.ts'
import { transaction } from '../../src/db/transaction.ts'
import { countTry } from '../../src/accounts/login-tries.ts'
import { createTestApp, type TestApp } from '../app.ts'
import { furnish, type World } from './world.ts'

let t: TestApp
let own: World
let foreign: World
let walled: Pool
beforeAll(async () => {
  t = await createTestApp()
  own = await furnish(t, { id: t.workspaceId, key: t.apiKey }, 'OWN')
  foreign = await furnish(t, await t.newWorkspace('Foreign'), 'FOREIGN')
  walled = insideWalls(t.pool)
})
afterAll(() => t.drop())

const BOUND = { tries: 10, seconds: 60 }
const BOUNDS = { pair: BOUND, address: BOUND, account: BOUND }
/** Tables that hold no workspace's data. */
const COMMON = ['login_tries', 'migrations', 'workers']

const unguarded = async () =>
  (
    await t.pool.query<{ name: string }>(
      `select c.relname as name from pg_class c
       where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace and c.relname <> all ($1)
         and not (c.relrowsecurity and c.relforcerowsecurity and 1 = (
           select count(*) from pg_policy p where p.polrelid = c.oid and p.polcmd = '*' and p.polname = 'workspace'))`,
      [COMMON],
    )
  ).rows.map(({ name }) => name)

test('every table and every partition has its wall, which binds the owner too', async () => {
  expect(await unguarded()).toEqual([])
  const { rows } = await t.pool.query(
    'select rolsuper or rolbypassrls as passes from pg_roles where rolname = current_user',
  )
  expect(rows).toEqual([{ passes: false }])
})

test('a month that is made later has its wall, whoever makes it', async () => {
  await t.pool.query(`select make_partitions(now() + interval '1 year', 1)`)
  expect(await unguarded()).toEqual([])
})

test('a table without a wall gets one, and those that stand stay as they are', async () => {
  await t.pool.query('create table later (workspace_id uuid not null, n int)')
  expect(await unguarded()).toEqual(['later'])
  const oids = async () => (await t.pool.query('select oid from pg_policy order by 1')).rows
  const before = await oids()
  await t.pool.query('select raise_walls()')
  expect(await unguarded()).toEqual([])
  expect((await oids()).slice(0, before.length)).toEqual(before)
  await t.pool.query('drop table later')
})

/** Every table with the column that says whose a row is, and how many rows of each workspace it shows. */
async function seen(pool: Pool): Promise<{ own: number; foreign: number }> {
  const { rows: tables } = await t.pool.query<{ name: string; key: string }>(
    `select c.relname as name, case when c.relname = 'workspaces' then 'id' else 'workspace_id' end as key
     from pg_class c where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace and c.relname <> all ($1)`,
    [COMMON],
  )
  const text = tables.map(({ name, key }) => `select ${key} as id from ${name}`).join(' union all ')
  const { rows } = await pool.query<{ own: number; foreign: number }>(
    `select count(*) filter (where id = $1)::int as own, count(*) filter (where id <> $1)::int as foreign from (${text}) x`,
    [own.workspaceId],
  )
  return rows[0]!
}

test('a statement without any condition shows its own workspace’s rows alone, in every table', async () => {
  const all = await seen(acrossWorkspaces(walled))
  expect(all.own).toBeGreaterThan(50)
  expect(all.foreign).toBeGreaterThan(50)
  expect(await insideWorkspace(own.workspaceId, () => seen(walled))).toEqual({ own: all.own, foreign: 0 })
})

test('nobody in particular sees nothing', async () => {
  expect(await seen(walled)).toEqual({ own: 0, foreign: 0 })
  expect(await insideNone(() => seen(t.pool))).toEqual({ own: 0, foreign: 0 })
  const stranger = createPool(t.pool.options.connectionString!, { max: 1, applicationName: 'psql' })
  expect(await seen(stranger)).toEqual({ own: 0, foreign: 0 })
  await stranger.end()
})

test('tries to log in are nobody’s, and no request sees them', async () => {
  await countTry(acrossWorkspaces(walled), BOUNDS, 'somebody', '192.0.2.1')
  const count = (pool: Pool) => pool.query('select from login_tries').then(({ rowCount }) => rowCount)
  expect(await count(acrossWorkspaces(walled))).toBeGreaterThan(0)
  expect(await insideWorkspace(own.workspaceId, () => count(walled))).toBe(0)
  expect(await insideNone(() => count(t.pool))).toBe(0)
})

test('no row of another workspace is written, changed, moved or deleted', async () => {
  const inside = (text: string, values: unknown[]) => insideWorkspace(own.workspaceId, () => walled.query(text, values))
  const refused = { code: '42501' }
  await expect(
    inside(`insert into outbox (workspace_id, lane, event_id) values ($1, 1, gen_random_uuid())`, [
      foreign.workspaceId,
    ]),
  ).rejects.toMatchObject(refused)
  await expect(inside('update records set workspace_id = $1', [foreign.workspaceId])).rejects.toMatchObject(refused)
  expect((await inside(`update secrets set sealed = '' where workspace_id = $1`, [foreign.workspaceId])).rowCount).toBe(
    0,
  )
  expect((await inside('delete from runs where workspace_id = $1', [foreign.workspaceId])).rowCount).toBe(0)
  expect((await inside('delete from runs_live where workspace_id = $1', [foreign.workspaceId])).rowCount).toBe(0)
  await expect(
    walled.query('insert into chains (workspace_id, chain_id, runs) values ($1, $1, 1)', [own.workspaceId]),
  ).rejects.toMatchObject(refused)
})

test('twenty workspaces share the connections of one pool, and a thousand of their requests never meet', async () => {
  const workspaces = await Promise.all(
    Array.from({ length: 20 }, async (_, i) => {
      const made = await t.newWorkspace(`Neighbour ${i}`)
      const client = t.clientOf(made.key)
      for (let n = 0; n < 3; n++)
        await client.call(createRecordRoute, {
          body: { object_id: 'leads', field_values: { name: `N${i}` } },
        })
      return { ...made, name: `N${i}` }
    }),
  )
  const pool = createPool(t.pool.options.connectionString!, { max: 4, applicationName: 'shared' })
  const own = insideWalls(pool)
  let crossed = 0
  const look = async (index: number) => {
    const { id, name } = workspaces[(index * 7) % 20]!
    await insideWorkspace(id, async () => {
      // one in four in a transaction, one in ten fails, some ask for somebody else's
      const read = () =>
        own.query<{ workspace_id: string; name: string }>(`select workspace_id, data ->> 'name' as name from records`)
      if (index % 10 === 3) await own.query('select 1 / 0').catch(() => {})
      const { rows } =
        index % 4 === 0
          ? await transaction(own, async (client) =>
              client.query(`select workspace_id, data ->> 'name' as name from records`),
            )
          : await read()
      if (rows.length !== 3 || rows.some((row) => row.workspace_id !== id || row.name !== name)) crossed += 1
    })
  }
  await Promise.all(Array.from({ length: 1_000 }, (_, index) => look(index)))
  const requests = await Promise.all(
    Array.from({ length: 1_000 }, async (_, index) => {
      const { key, name } = workspaces[(index * 11) % 20]!
      const answer = await t.request('/api/crm/records/query?object_id=leads', { headers: { 'x-api-key': key } })
      const { data } = (await answer.json()) as { data: { field_values: { name: string } }[] }
      return data.length === 3 && data.every(({ field_values }) => field_values.name === name)
    }),
  )
  await pool.end()
  expect(crossed).toBe(0)
  expect(requests.filter((right) => !right)).toEqual([])
})
