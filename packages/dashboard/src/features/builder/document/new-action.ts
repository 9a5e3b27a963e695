import type { Action, ActionType } from '@kantos/model'

const CONFIGS: Record<ActionType, () => Record<string, unknown>> = {
  send_email: () => ({ to: '{{record.email}}' }),
  update_record: () => ({ fields: {} }),
  create_record: () => ({ data: {} }),
  webhook: () => ({ url: '', method: 'POST' }),
  wait: () => ({ duration: 1, unit: 'days' }),
  branch: () => ({ conditions: [{ if: { match: 'all', rules: [] }, then: [] }, { else: [] }] }),
  delete_record: () => ({}),
  find_records: () => ({ limit: 100 }),
  for_each: () => ({ items: '', actions: [] }),
  stop: () => ({}),
}

/** A fresh action, with what most people would enter first. */
export function newAction(type: ActionType, key: string): Action {
  return { key, type, config: CONFIGS[type]() }
}
