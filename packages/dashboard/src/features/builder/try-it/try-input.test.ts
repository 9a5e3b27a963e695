import { expect, test } from 'vitest'
import { type ObjectAnswer, objectFromTemplate, type RecordAnswer, STANDARD_OBJECTS } from '@kantos/model'
import { likelyBody, likelyChange, NOTHING_CHOSEN, tryBody } from './try-input.ts'

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
  const trigger = { event: 'field.changed', field: 'stage', to: ['Won', 'Lost'] }
  expect(likelyChange(trigger, null, undefined)).toEqual({ stage: 'Won' })
  expect(likelyChange({ event: 'record.updated' }, null, undefined)).toEqual({})
})
test('a change to no value in particular is one to another value than the record has', () => {
  const deals = objectFromTemplate(STANDARD_OBJECTS.find(({ slug }) => slug === 'deals')!) as unknown as ObjectAnswer
  const deal = { field_values: { stage: 'Lead', deal_value: 10 } } as unknown as RecordAnswer
  const changed = (field: string) => likelyChange({ event: 'field.changed', field }, deal, deals)
  expect(changed('stage')).toEqual({ stage: 'Qualified' })
  expect(changed('deal_value')).toEqual({ deal_value: 11 })
})
test('the call that is proposed has all that the automation reads of it', () => {
  const reads = {
    actions: [{ config: { to: '{{webhook.body.email}}', data: '{{ webhook.body.company.name ?? 1 }}' } }],
  }
  expect(JSON.parse(likelyBody(reads))).toEqual({ email: 'ada@example.com', company: { name: 'Ada Lovelace' } })
  expect(JSON.parse(likelyBody({}))).toEqual({ email: 'ada@example.com' })
})
