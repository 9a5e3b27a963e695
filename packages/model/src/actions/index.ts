import { branch } from './branch.ts'
import { createRecord } from './create-record.ts'
import { deleteRecord } from './delete-record.ts'
import { findRecords } from './find-records.ts'
import { forEach } from './for-each.ts'
import { sendEmail } from './send-email.ts'
import { stop } from './stop.ts'
import { updateRecord } from './update-record.ts'
import { wait } from './wait.ts'
import { webhook } from './webhook.ts'

export const ACTION_TYPES = [
  'send_email',
  'update_record',
  'create_record',
  'webhook',
  'wait',
  'branch',
  'delete_record',
  'find_records',
  'for_each',
  'stop',
] as const
export type ActionType = (typeof ACTION_TYPES)[number]

/** The actions whose doing leaves the database. */
export type EffectType = 'send_email' | 'webhook'

/** Every action: its label, and whether it is an effect. */
export const ACTIONS = {
  send_email: sendEmail,
  update_record: updateRecord,
  create_record: createRecord,
  webhook,
  wait,
  branch,
  delete_record: deleteRecord,
  find_records: findRecords,
  for_each: forEach,
  stop,
} satisfies Record<ActionType, { type: string; label: string; effect: boolean }>
