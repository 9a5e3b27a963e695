import type { Action, AutomationAnswer } from '@kantos/model'
import { expect, test } from 'vitest'
import { bodyOf, draftOf, sameDraft } from './draft.ts'

const document = {
  name: 'A',
  description: 'why',
  trigger: { event: 'record.created', object: 'deals' },
  conditions: { match: 'all', rules: [] },
  actions: [{ key: 'stop_1', type: 'stop', config: {}, on_error: { actions: [] } }] as Action[],
  serial: true,
  exit: { match: 'any', rules: [{ field: 'stage', operator: 'equals', value: 'Won' }] },
  enrolment: { once_per: { days: 30 } },
  on_import: 'skip',
  of_a_newer_server: { kept: [1, 2] },
}
const saved = {
  ...document,
  id: 'auto_1',
  status: 'active',
  mode: 'live',
  version: 3,
  flags: [],
  webhook: { url: 'https://example.org' },
  next_tick_at: null,
  activated_at: null,
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
  created_by: null,
} as unknown as AutomationAnswer

test('what is saved again is the whole document, also what no form knows', () => {
  expect(bodyOf(draftOf(saved), 3)).toEqual({ ...document, version: 3 })
})
test('where the automation stands is no part of it', () => {
  expect(sameDraft(draftOf(saved), draftOf({ ...saved, status: 'inactive', updated_at: 'later' }))).toBe(true)
})
test('another exit condition is another draft', () => {
  expect(sameDraft(draftOf(saved), { ...draftOf(saved), exit: { match: 'all', rules: [] } })).toBe(false)
})
