import { publicId, uuidOf } from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRecord, deleteRecord } from '../../src/records/write.ts'
import { readRecord } from '../../src/records/query.ts'
import { BY_KEY, createTestCrm, type TestCrm } from '../crm.ts'
import { createTestDatabase, type TestDatabase } from '../database.ts'
import { until } from '../helpers.ts'

let database: TestDatabase
let crm: TestCrm
beforeAll(async () => {
  database = await createTestDatabase()
  crm = await createTestCrm(database.pool)
})
afterAll(() => database.drop())

test('a reference that is turned elsewhere while its target is being deleted stays where it was turned', async () => {
  const make = async (object: string, values: object) =>
    (await createRecord(crm, crm.workspaceId, object, { ...values }, BY_KEY)).id
  const gone = await make('companies', { name: 'Gone' })
  const other = await make('companies', { name: 'Other' })
  const deal = await make('deals', { name: 'Big', company: publicId('record', gone) })
  const ofDeal = [crm.workspaceId, deal]

  const editor = await database.pool.connect()
  await editor.query('begin')
  await editor.query('select from records where workspace_id = $1 and id = $2 for no key update', ofDeal)
  const deleting = deleteRecord(crm, crm.workspaceId, gone, BY_KEY)
  await until(async () => {
    const { rows } = await database.pool.query(`select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%for no key update of r%'`)
    return rows.length > 0
  })
  await editor.query(
    `update records set data = data || jsonb_build_object('company', $3::text) where workspace_id = $1 and id = $2`,
    [...ofDeal, publicId('record', other)],
  )
  await editor.query(`update record_references set target_id = $3 where workspace_id = $1 and record_id = $2`, [
    ...ofDeal,
    other,
  ])
  await editor.query('commit')
  editor.release()
  await deleting

  const read = await readRecord(crm.pool, crm.workspaceId, publicId('record', deal))
  expect(uuidOf('record', String(read?.data.company))).toBe(other)
  const { rows } = await database.pool.query('select target_id from record_references where record_id = $1', [deal])
  expect(rows).toEqual([{ target_id: other }])
})
