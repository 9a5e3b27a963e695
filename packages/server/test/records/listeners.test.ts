import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Pool } from '../../src/db/pool.ts'
import { createRecord } from '../../src/records/write.ts'
import { BY_KEY, createTestCrm, insertAutomation, type TestCrm } from '../crm.ts'
import { createTestDatabase, type TestDatabase } from '../database.ts'

let database: TestDatabase
let crm: TestCrm
beforeAll(async () => {
  database = await createTestDatabase()
  crm = await createTestCrm(database.pool)
})
afterAll(() => database.drop())

const create = (of: TestCrm, object: string) => createRecord(of, of.workspaceId, object, { name: 'A name' }, BY_KEY)
const waiting = async () => (await database.pool.query('select from outbox')).rowCount

/** The workspace as it is seen by who does something before each write of a new record. */
const interrupted = (before: () => Promise<unknown>): TestCrm => {
  const query = async (statement: { name?: string }) => {
    if (statement.name?.startsWith('records-guarded') === true) await before()
    return database.pool.query(statement as never)
  }
  return { ...crm, pool: { query, connect: () => database.pool.connect() } as unknown as Pool }
}

test('a new record’s event waits for who listens, and for nobody else', async () => {
  await create(crm, 'leads')
  expect(await waiting()).toBe(0)
  await insertAutomation(crm, 'Listens', { trigger: { event: 'record.created', object: 'leads' } })
  await insertAutomation(crm, 'Follows a date', {
    trigger: { event: 'date.reached', object: 'deals', field: 'close_date' },
  })
  await insertAutomation(crm, 'Other events', { trigger: { event: 'record.updated', object: 'companies' } })
  await insertAutomation(crm, 'Off', { trigger: { event: 'record.created', object: 'contacts' } }, 'inactive')
  for (const object of ['leads', 'deals', 'companies', 'contacts']) await create(crm, object)
  const { rows } = await database.pool.query(
    'select e.object from outbox o join events e on e.id = o.event_id order by o.seq',
  )
  expect(rows).toEqual([{ object: 'leads' }, { object: 'deals' }])
})

test('an automation that is activated just before a write misses nothing', async () => {
  await database.pool.query('truncate outbox')
  await create(crm, 'companies')
  expect(await waiting()).toBe(0)
  let interruptions = 0
  const writer = interrupted(async () => {
    if (interruptions++ === 0)
      await insertAutomation(crm, 'Late', { trigger: { event: 'record.created', object: 'companies' } })
  })
  await create(writer, 'companies')
  expect(interruptions).toBe(1)
  expect(await waiting()).toBe(1)
})
