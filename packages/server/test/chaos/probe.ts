import type { Action, Trigger } from '@kantos/model'

export const QUICK_RETRIES = { delays_seconds: [0.2, 0.5, 1, 1, 1, 1, 2, 2] }

/** What the rig's automations are: each is a probe of its own. */
export interface Probe {
  trigger: Trigger
  serial?: boolean
  /** what else its document says: exit conditions, an enrolment rule */
  also?: Record<string, unknown>
  actions: Action[]
  /** keys of the steps of a run that succeeded, in order; a loop's come once for each item */
  order: readonly string[]
  /** an end that is as good as success: exit conditions held, or the record had been taken before */
  mayEnd?: 'EXITED' | 'ALREADY_ENROLLED'
}

/** Makes actions as a document has them. */
export const make = {
  update: (key: string, fields: Record<string, string>): Action => ({ type: 'update_record', key, config: { fields } }),
  task: (key: string): Action => ({
    type: 'create_record',
    key,
    config: { object_definition_id: 'tasks', data: { title: `{{run.id}} ${key}` } },
  }),
  call: (key: string, url: string): Action => ({
    type: 'webhook',
    key,
    config: { url, body: `{{run.id}} ${key}`, retry: QUICK_RETRIES },
  }),
  wait: (key: string, duration: number): Action => ({ type: 'wait', key, config: { duration, unit: 'seconds' } }),
}
