import { type AutomationAnswer, type AutomationDocument, type AutomationFlag, publicId } from '@kantos/model'
import type { Backfill } from '../dates/follow.ts'
import type { Queryable } from '../db/pool.ts'
import type { Principal, Services } from '../services.ts'
import { notDone, type Told, TOLD } from './told.ts'
import { webhookAddress } from './webhook.ts'

/** An automation as it is stored, with the next tick of its schedule. */
export interface AutomationRow {
  id: string
  name: string
  description: string
  status: 'inactive' | 'active'
  mode: 'live' | 'test'
  version: number
  document: AutomationDocument
  activated_at: Date | null
  webhook_token: string | null
  webhook_secret: Buffer | null
  flags: AutomationFlag[]
  created_at: Date
  updated_at: Date
  created_by: string | null
  next_tick_at: Date | null
  /** of a date trigger that goes through the records that were there */
  backfill: Backfill | null
  /** what the watchdog told of and isn't over; null: nothing */
  told: Told[] | null
}

/** Columns of an AutomationRow, of `automations a left join schedules s`. */
export const AUTOMATION_COLUMNS = `a.id, a.name, a.description, a.status, a.mode, a.version, a.document, a.activated_at,
  a.webhook_token, a.webhook_secret, a.flags, a.created_at, a.updated_at, a.created_by, s.next_tick_at,
  (select json_build_object('done', d.seen, 'total', d.total) from date_triggers d
    where d.workspace_id = a.workspace_id and d.automation_id = a.id and d.state = 'filling') as backfill,
  ${TOLD} as told`

/** An automation that isn't deleted, or null; a foreign id answers like a missing one. */
export async function findAutomation(db: Queryable, workspaceId: string, id: string): Promise<AutomationRow | null> {
  const { rows } = await db.query<AutomationRow>({
    name: 'automation-by-id',
    text: `select ${AUTOMATION_COLUMNS} from automations a
      left join schedules s on s.workspace_id = a.workspace_id and s.automation_id = a.id
      where a.workspace_id = $1 and a.id = $2 and a.deleted_at is null`,
    values: [workspaceId, id],
  })
  return rows[0] ?? null
}

/**
 * An automation as the API gives it.
 *
 * Source: SPEC.md, section 3; SPEC-DETAILS.md, section 4
 */
export function presentAutomation(
  { config, sealer }: Pick<Services, 'config' | 'sealer'>,
  principal: Pick<Principal, 'workspaceId' | 'role'>,
  row: AutomationRow,
): AutomationAnswer {
  const { trigger, conditions, actions, serial, exit, enrolment, on_import } = row.document
  const answer: AutomationAnswer = {
    id: publicId('automation', row.id),
    name: row.name,
    description: row.description,
    status: row.status,
    mode: row.mode,
    version: row.version,
    trigger,
    conditions,
    actions,
    flags: row.flags,
    activated_at: row.activated_at?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
    created_by: row.created_by,
  }
  if (serial !== undefined) answer.serial = serial
  if (exit !== undefined) answer.exit = exit
  if (enrolment !== undefined) answer.enrolment = enrolment
  if (on_import !== undefined) answer.on_import = on_import
  if (row.backfill !== null) answer.backfill = row.backfill
  if (row.status === 'active' && row.mode === 'live') Object.assign(answer, notDone(row.told ?? []))
  if (trigger.event === 'webhook.received')
    answer.webhook = webhookAddress(sealer, config.publicUrl, principal, row, trigger)
  if (trigger.event === 'schedule' && row.status === 'active')
    answer.next_tick_at = row.next_tick_at?.toISOString() ?? null
  return answer
}
