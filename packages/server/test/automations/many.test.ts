import { afterAll, beforeAll, expect, test } from 'vitest'
import { listAutomations } from '../../src/automations/list.ts'
import { acrossWorkspaces, insideWalls } from '../../src/db/walls.ts'
import type { Pool } from '../../src/db/pool.ts'
import { readOverview } from '../../src/health/overview.ts'
import { listRecordEvents } from '../../src/log/why.ts'
import type { Principal } from '../../src/services.ts'
import { createTestApp, type TestApp } from '../app.ts'
import { pagesRead, statementsOf } from '../pages.ts'

const MANY = 4_000
const RECORD = '01990000-0000-7000-9000-000000000003'

let t: TestApp
let walled: Pool
let me: Principal
beforeAll(async () => {
  t = await createTestApp()
  walled = acrossWorkspaces(insideWalls(t.pool))
  me = { workspaceId: t.workspaceId, kind: 'key', id: 'key', actor: 'key_test', name: 'Test', role: 'owner' }
  await t.pool.query(
    `insert into automations (workspace_id, id, name, status, version, document, trigger_event, trigger_object, created_at, flags)
     select $1, gen_random_uuid(), 'Automation ' || i, 'inactive', 1,
       json_build_object('trigger', json_build_object('event', 'record.created', 'object', 'leads'), 'filler', repeat('x', 500)),
       'record.created', 'leads', now() - make_interval(secs => i + 60),
       case when i % 2000 = 0 then '[{"code": "FAILING", "run_id": null, "at": "2026-01-01T00:00:00.000Z"}]' else '[]' end::jsonb
     from generate_series(1, ${MANY}) i`,
    [t.workspaceId],
  )
  await t.pool.query(
    `insert into events (workspace_id, id, type, object, record_id, at, source, lane, chain_id, depth, path)
     values ($1, gen_random_uuid(), 'record.created', 'leads', $2, now(), 'api', 1, gen_random_uuid(), 0, $3)`,
    [t.workspaceId, RECORD, '[]'],
  )
  await t.pool.query(
    `insert into alerts (workspace_id, id, kind, automation_id, about, since, per_day, ended_at, mail, webhook)
     select $1, gen_random_uuid(), 'silent', a.id, n::text, now(), 40, case when n > 1 or a.place > 10 then now() end, 'sent', 'off'
     from (select id, row_number() over (order by lower(name), id) as place from automations) a, generate_series(1, 5) n
     where a.place % 2 = 0`,
    [t.workspaceId],
  )
  await t.pool.query(
    `update automations set status = 'active', activated_at = now() - interval '1 day' where lower(name) < 'automation 101'`,
  )
  await t.pool.query('vacuum (analyze) automations, alerts')
})
afterAll(() => t.drop())

// the table has over 400 pages
const A_FEW = 150

/** The pages that each of these statements reads, behind the wall. */
async function pagesOf(ask: (db: Pool) => Promise<unknown>): Promise<number[]> {
  const pages: number[] = []
  for (const statement of await statementsOf(t.pool, ask)) pages.push(await pagesRead(walled, statement))
  return pages
}

test('a page of the list reads that page, and counts in an index', async () => {
  const page = (page: number) => (pool: Pool) =>
    listAutomations({ ...t.services, pool }, me, { page, per_page: 10 }).then(({ data, pagination }) => {
      expect(data).toHaveLength(10)
      expect(pagination.total).toBe(MANY)
    })
  const [first, total] = await pagesOf(page(1))
  expect(first).toBeLessThan(A_FEW)
  expect(total).toBeLessThan(A_FEW)
})

test('which of a page are silent is read with it, from the index of what is open', async () => {
  const { data } = await listAutomations(t.services, me, { page: 1, per_page: 10 })
  expect(data.map(({ silent }) => silent?.per_day)).toEqual(Array.from({ length: 5 }, () => [undefined, 40]).flat())
})

test('what listened to a record’s event is found without looking at the others', async () => {
  const pages = await pagesOf((db) => listRecordEvents(db, t.workspaceId, RECORD, { limit: 25 }))
  const { events } = await listRecordEvents(t.pool, t.workspaceId, RECORD, { limit: 25 })
  expect(events[0]!.automations).toHaveLength(200)
  // 200 of them are told of, each with its document and versions: 3 pages each, and one more
  expect(Math.max(...pages)).toBeLessThan(200 * 8)
})

test('those that are paused are found by themselves', async () => {
  const pages = await pagesOf((db) => readOverview(db, t.workspaceId, Date.now()))
  const { paused } = await readOverview(t.pool, t.workspaceId, Date.now())
  expect(paused.map(({ automation_name }) => automation_name).toSorted()).toEqual([
    'Automation 2000',
    'Automation 4000',
  ])
  expect(Math.max(...pages)).toBeLessThan(A_FEW)
})
