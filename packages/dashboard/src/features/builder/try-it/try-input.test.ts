import { expect, test } from 'vitest'
import { likelyChange, NOTHING_CHOSEN, tryBody } from './try-input.ts'

const automation = { name: 'A' }

test('a chosen record is named, a change of it only for triggers on changes', () => {
  const choice = { ...NOTHING_CHOSEN, recordId: 'rec_1', changes: { stage: 'Won' } }
  expect(tryBody(automation, 'record.updated', choice)).toEqual({
    automation,
    record_id: 'rec_1',
    changes: { stage: 'Won' },
  })
  expect(tryBody(automation, 'record.created', choice)).toEqual({ automation, record_id: 'rec_1' })
})
test('an invented record goes along whole', () => {
  const choice = { ...NOTHING_CHOSEN, source: 'invented' as const, recordId: 'rec_1', invented: { name: 'Ada' } }
  expect(tryBody(automation, 'record.created', choice)).toEqual({ automation, record: { name: 'Ada' } })
})
test('a webhook’s body must be JSON', () => {
  expect(tryBody(automation, 'webhook.received', { ...NOTHING_CHOSEN, body: '{"a": 1}' })).toEqual({
    automation,
    webhook: { body: { a: 1 } },
  })
  expect(tryBody(automation, 'webhook.received', { ...NOTHING_CHOSEN, body: '{' })).toBeNull()
})
test('the change that is proposed is the one the trigger waits for', () => {
  expect(likelyChange({ event: 'field.changed', field: 'stage', to: ['Won', 'Lost'] }, null)).toEqual({ stage: 'Won' })
  expect(likelyChange({ event: 'record.updated' }, null)).toEqual({})
})
