import fc from 'fast-check'
import { publicId, uuidOf } from '@kantos/model'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { updateRecord } from '../../src/records/write.ts'
import { createTestEngine, type TestEngine } from '../engine.ts'
import { until } from '../helpers.ts'

let e: TestEngine
beforeAll(async () => {
  e = await createTestEngine()
  await e.addWorker()
  await e.addWorker()
})
afterAll(() => e.stop())

test('no two relays ever turn one record’s events round, whatever their lanes', async () => {
  await e.automation({
    trigger: { event: 'field.changed', object: 'leads', field: 'estimated_value' },
    actions: [
      { type: 'update_record', config: { fields: { notes: '{{record.notes}},{{changes.estimated_value.to}}' } } },
    ],
  })
  const lane = fc.constantFrom(0 as const, 1 as const, 2 as const)
  const history = fc.array(lane, { minLength: 1, maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(fc.array(history, { minLength: 1, maxLength: 8 }), async (histories) => {
      const records = await Promise.all(histories.map((_, i) => e.create('leads', { name: `L${i}`, notes: '' })))
      await Promise.all(
        histories.map(async (lanes, i) => {
          for (const [n, lane] of lanes.entries())
            await updateRecord(
              e.services,
              e.workspaceId,
              uuidOf('record', records[i]!)!,
              { estimated_value: n + 1 },
              { actor: 'key_x', source: 'api', lane, chain: null },
            )
        }),
      )
      await until(async () => {
        const { rows } = await e.pool.query(
          'select (select count(*) from outbox)::int + (select count(*) from runs_live)::int as left',
        )
        return rows[0].left === 0
      })
      for (const [i, record] of records.entries())
        expect((await e.values(record))!.notes).toBe(histories[i]!.map((_, n) => `,${n + 1}`).join(''))
      return records.every((record) => publicId('record', uuidOf('record', record)!) === record)
    }),
    { numRuns: 25 },
  )
})
