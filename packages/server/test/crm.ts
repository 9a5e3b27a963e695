import { createDbTime, type DbTime } from '../src/db/time.ts'
import type { Pool } from '../src/db/pool.ts'
import { seedObjects } from '../src/objects/seed.ts'
import type { Cause } from '../src/records/write-batch.ts'

/** What writing needs, for tests below the API: a workspace with the standard objects. */
export interface TestCrm {
  pool: Pool
  time: DbTime
  workspaceId: string
  /** how often somebody was told that work was made */
  woken: number
  wake(): void
}

export const BY_KEY: Cause = { actor: 'key_00000000000000000000000000000001', source: 'api', lane: 1, chain: null }

/** A workspace with the standard objects in a test database. */
export async function createTestCrm(pool: Pool, slug = 'default'): Promise<TestCrm> {
  const time = await createDbTime(pool)
  const workspaceId = time.id()
  await pool.query('insert into workspaces (id, name, slug) values ($1, $2, $2)', [workspaceId, slug])
  await seedObjects(pool, workspaceId, () => time.id())
  const crm: TestCrm = { pool, time, workspaceId, woken: 0, wake: () => void crm.woken++ }
  return crm
}

/** Writes an automation as its folder would, with no more than the columns that others read. */
export async function insertAutomation(
  crm: TestCrm,
  name: string,
  document: { trigger: { event: string; object?: string; field?: string }; conditions?: object; actions?: object[] },
  status: 'active' | 'inactive' = 'active',
): Promise<string> {
  const id = crm.time.id()
  await crm.pool.query(
    `insert into automations (workspace_id, id, name, status, version, document, trigger_event, trigger_object, activated_at)
     values ($1, $2, $3, $4, 1, $5, $6, $7, now())`,
    [
      crm.workspaceId,
      id,
      name,
      status,
      { conditions: { match: 'all', rules: [] }, actions: [], ...document },
      document.trigger.event,
      document.trigger.object?.replace(/^obj_(def_)?/, '') ?? null,
    ],
  )
  await crm.pool.query('update workspaces set automations_rev = automations_rev + 1 where id = $1', [crm.workspaceId])
  return id
}

/** All that a stream gives. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
