import type { ActionType } from './actions/index.ts'
import type { Group } from './conditions/index.ts'
import type { Enrolment, OnImport } from './enrolment.ts'
import type { Trigger } from './trigger.ts'

export type AutomationStatus = 'inactive' | 'active'
export type AutomationMode = 'live' | 'test'

/** One thing an automation does. `config` is the action's own shape (`actions/<type>.ts`), templates unrendered. */
export interface Action {
  /** slug, unique in the automation; given when absent: `send_email_1` */
  key: string
  name?: string
  type: ActionType
  config: Record<string, unknown>
  on_error?: OnError
}

/**
 * What a run does when the action fails: it ends as failed, goes on behind it, or runs these actions first and then goes
 * on. In them `error.code`, `error.message` and `error.step_key` tell what failed.
 */
export type OnError = 'stop' | 'continue' | { actions: Action[] }

/** What a version holds: everything that decides what a run does. */
export interface AutomationDocument {
  trigger: Trigger
  conditions: Group
  actions: Action[]
  /** one run of a record at a time, in order */
  serial?: boolean
  /** ends a run that waits, when they hold on its record as it is then */
  exit?: Group
  /** how often it takes one record; absent: every time */
  enrolment?: Enrolment
  /** whether events of an import start it; absent: they do */
  on_import?: OnImport
}

export interface AutomationFlag {
  code: 'LOOP' | 'POISON' | 'FAILING'
  run_id: string
  at: string
}

/** An automation as the API gives it. Source: SPEC.md, section 3 */
export interface Automation extends AutomationDocument {
  id: string
  name: string
  description: string
  status: AutomationStatus
  mode: AutomationMode
  version: number
  flags: AutomationFlag[]
  /** of a webhook.received trigger: where to call it */
  webhook?: { url: string; token?: string; secret?: string }
  created_at: string
  updated_at: string
  created_by: string | null
}

export const MAX_ACTIONS = 500
export const MAX_BRANCH_DEPTH = 10
