import type { Action, ActionType, ObjectAnswer } from '@kantos/model'

const CONFIGS: Record<ActionType, (object: ObjectAnswer | undefined) => Record<string, unknown>> = {
  send_email: (object) => {
    const email = object?.fields.find(({ type }) => type === 'email')
    return { to: email === undefined ? '' : `{{record.${email.slug}}}` }
  },
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

/** A fresh action, with what most people would enter first. @param object of the triggering record */
export function newAction(type: ActionType, key: string, object: ObjectAnswer | undefined): Action {
  return { key, type, config: CONFIGS[type](object) }
}
