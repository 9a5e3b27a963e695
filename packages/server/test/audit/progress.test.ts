import { publicId } from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRecord } from '../../src/records/write.ts'
import { advance, type AdvanceOptions } from '../../src/runs/advance.ts'
import { transaction } from '../../src/db/transaction.ts'
import { BY_KEY, createTestCrm, insertAutomation, type TestCrm } from '../crm.ts'
import { createTestDatabase, type TestDatabase } from '../database.ts'

let database: TestDatabase
let crm: TestCrm
beforeAll(async () => {
  database = await createTestDatabase()
  crm = await createTestCrm(database.pool)
})
afterAll(() => database.drop())

/** A batch on a database so slow that its time is over before the first step. */
const OVERDUE: AdvanceOptions = {
  workerId: '00000000-0000-7000-8000-000000000001',
  room: { reserve: () => ({ ok: false, afterMs: 0 }), refuses: () => null },
  outcomes: [],
  eventLimit: 10,
  dueLimit: 10,
  budgetMs: 0,
  maxCommands: 1_000,
  waitForLocks: false,
  fail: null,
  claimed: async () => {},
}

test('a batch whose time is over takes at least one step, so every run gets to its end', async () => {
  const automation = await insertAutomation(crm, 'Three steps', {
    trigger: { event: 'record.created', object: 'leads' },
    actions: ['company', 'phone', 'notes'].map((field, i) => ({
      key: `u${i}`,
      type: 'update_record',
      config: { fields: { [field]: `+49 30 12345${i}`, status: '{{record.status}}' } },
    })),
  })
  const records = []
  for (const name of ['A', 'B']) records.push(await createRecord(crm, crm.workspaceId, 'leads', { name }, BY_KEY))
  let batches = 0
  const open = async () => {
    const { rows } = await crm.pool.query(
      'select (select count(*) from outbox)::int + (select count(*) from runs_live)::int as left',
    )
    return rows[0].left as number
  }
  while ((await open()) > 0) {
    const { taken } = await transaction(crm.pool, (client) => advance(client, crm.time, OVERDUE))
    // a run that is due now by our measure of the database's clock may be due a moment later by that clock
    if (taken > 0) batches += 1
    // two runs of three steps each, and a batch for each step at most, besides those that only take an event up
    expect(batches).toBeLessThanOrEqual(8)
  }
  expect(batches).toBeGreaterThan(2)
  const runs = await crm.pool.query('select status from runs where automation_id = $1', [automation])
  expect(runs.rows).toEqual([{ status: 'succeeded' }, { status: 'succeeded' }])
  for (const { id } of records) {
    const { rows } = await crm.pool.query('select data from records where id = $1', [id])
    expect([publicId('record', id), rows[0].data]).toMatchObject([
      publicId('record', id),
      { company: '+49 30 123450', phone: '+49 30 123451', notes: '+49 30 123452' },
    ])
  }
})
