import { createHash } from 'node:crypto'
import type { WebhookPayload } from '@kantos/model'
import type { Pool, Queryable } from '../db/pool.ts'
import type { DbTime } from '../db/time.ts'
import { transaction } from '../db/transaction.ts'
import { insertEvents } from '../events/insert.ts'
import type { NewEvent } from '../events/outbox.ts'
import type { InboundChain } from './chain.ts'

/** Headers by which senders tell a delivery from its repetition. */
const ID_HEADERS = ['webhook-id', 'idempotency-key', 'x-github-delivery'] as const
const LONGEST_KEY = 200

/** How long a repeated delivery is recognised. Source: SPEC-DETAILS.md, section 4 */
export const DELIVERY_DAYS = 7

/** The keys of a delivery, sorted, one for each header that names it; none when its repetition can't be told. */
export function deliveryKeys(headers: Headers): string[] {
  return ID_HEADERS.flatMap((name) => {
    const value = headers.get(name)?.trim() ?? ''
    if (value === '') return []
    return [`${name}:${value.length > LONGEST_KEY ? createHash('sha256').update(value).digest('hex') : value}`]
  }).toSorted()
}

/**
 * Writes the event of a call, with the right to start its run. A delivery that was accepted before starts nothing: two that come at once meet
 * at the primary key of `deliveries`, where the second waits for the first one's commit.
 *
 * @returns the event's id, of a repetition the first one's; `repeated` when nothing was written
 * Source: SPEC.md, sections 11 and 15
 */
export async function acceptDelivery(
  pool: Pool,
  time: DbTime,
  receiver: { workspaceId: string; automationId: string },
  keys: readonly string[],
  webhook: WebhookPayload,
  from: InboundChain | null,
): Promise<{ eventId: string; repeated: boolean }> {
  const id = time.id()
  const event: NewEvent = {
    workspaceId: receiver.workspaceId,
    id,
    type: 'webhook.received',
    object: null,
    recordId: null,
    source: 'webhook',
    actor: null,
    lane: from?.lane ?? 0,
    automationId: receiver.automationId,
    changes: null,
    after: null,
    payload: { webhook },
    chain: from?.chain ?? { id, depth: 0, path: [] },
  }
  if (keys.length === 0) {
    await insertEvents(pool, [event])
    return { eventId: id, repeated: false }
  }
  return transaction(pool, async (client) => {
    const first = await claimKeys(client, receiver, keys, id)
    if (first !== null) return { eventId: first, repeated: true }
    await insertEvents(client, [event])
    return { eventId: id, repeated: false }
  })
}

/** @returns null when the delivery is new, else the event of the first one, to which all keys belong from now on */
async function claimKeys(
  client: Queryable,
  { workspaceId, automationId }: { workspaceId: string; automationId: string },
  keys: readonly string[],
  eventId: string,
): Promise<string | null> {
  const { rows } = await client.query<{ key: string }>({
    name: 'deliveries-claim',
    text: `insert into deliveries as d (workspace_id, automation_id, key, event_id)
      select $1, $2, key, $4 from unnest($3::text[]) as key order by key
      on conflict (workspace_id, automation_id, key) do update set event_id = excluded.event_id, at = now()
        where d.at < now() - interval '${DELIVERY_DAYS} days'
      returning key`,
    values: [workspaceId, automationId, keys, eventId],
  })
  if (rows.length === keys.length) return null
  const taken = await client.query<{ event_id: string }>({
    name: 'deliveries-first',
    text: `with first as (
        select event_id from deliveries where workspace_id = $1 and automation_id = $2 and key = any($3::text[]) and event_id <> $4
        order by at limit 1
      ), joined as (
        update deliveries d set event_id = first.event_id from first
        where d.workspace_id = $1 and d.automation_id = $2 and d.key = any($3::text[]) and d.event_id = $4
      )
      select event_id from first`,
    values: [workspaceId, automationId, keys, eventId],
  })
  return taken.rows[0]!.event_id
}
