import { type Trigger, uuidOf } from '@kantos/model'
import { authTypeOf } from '../automations/webhook.ts'
import type { Queryable } from '../db/pool.ts'
import { equalInConstantTime } from '../webhooks/constant-time.ts'

/** An active automation that a URL belongs to, its token already checked. */
export interface Receiver {
  workspaceId: string
  automationId: string
  auth: 'token' | 'signature' | 'none'
  /** sealed, of auth `signature` */
  secret: Buffer | null
}

type WebhookTrigger = Extract<Trigger, { event: 'webhook.received' }>

interface Row {
  id: string
  workspace_id: string
  trigger: WebhookTrigger
  webhook_token: string | null
  webhook_secret: Buffer | null
}

/** 32 hexadecimal digits, as tokens are; what an unknown automation's URL is compared with. */
const NO_TOKEN = '0'.repeat(32)

/**
 * Whose URL it is. An unknown id, an inactive automation, another trigger, and a wrong, missing or superfluous token all give null, so a
 * caller can't tell them apart.
 *
 * @param id `auto_…` as it stands in the URL
 * @param token the last part of the URL; null when there is none
 * Source: SPEC.md, section 11; SPEC-DETAILS.md, section 4
 */
export async function findReceiver(db: Queryable, id: string, token: string | null): Promise<Receiver | null> {
  const automationId = uuidOf('automation', id.toLowerCase())
  if (automationId === null) return null
  const { rows } = await db.query<Row>({
    name: 'webhook-receiver',
    text: `select id, workspace_id, document -> 'trigger' as trigger, webhook_token, webhook_secret from automations
      where id = $1 and status = 'active' and deleted_at is null and trigger_event = 'webhook.received'`,
    values: [automationId],
  })
  const [row] = rows
  const right = equalInConstantTime(row?.webhook_token ?? NO_TOKEN, token ?? '')
  if (row === undefined) return null
  const auth = authTypeOf(row.trigger)
  if (auth === 'token' ? !right || row.webhook_token === null : token !== null) return null
  return { workspaceId: row.workspace_id, automationId: row.id, auth, secret: row.webhook_secret }
}
