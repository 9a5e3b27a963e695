import type { AutomationDocument } from '@kantos/model'
import { type Client, query } from '../db/pool.ts'

/** How far an automation that was activated has gone through the records that were there. `total` null: not counted yet. */
export interface Backfill {
  done: number
  total: number | null
}

/**
 * Brings what follows dates in line with an automation: active and with a date trigger, it goes through all records from now on,
 * in chunks (`fillDates`); else its alarms go.
 *
 * Runs inside the transaction of the change. Dates that are due by its time start nothing.
 *
 * @returns how far it is; null: it follows no dates
 */
export async function followDates(
  client: Client,
  workspaceId: string,
  automation: { id: string; status: 'active' | 'inactive'; document: AutomationDocument },
): Promise<Backfill | null> {
  if (automation.status !== 'active' || automation.document.trigger.event !== 'date.reached') {
    await query(client, {
      text: `update date_triggers set state = 'dropping', touched_at = clock_timestamp()
        where workspace_id = $1 and automation_id = $2`,
      values: [workspaceId, automation.id],
    })
    return null
  }
  await query(client, {
    text: `insert into date_triggers (workspace_id, automation_id, since, state)
      values ($1, $2, date_trunc('milliseconds', clock_timestamp()), 'filling')
      on conflict (workspace_id, automation_id) do update set ${AGAIN}`,
    values: [workspaceId, automation.id],
  })
  return { done: 0, total: null }
}

const AGAIN = `state = 'filling', since = date_trunc('milliseconds', clock_timestamp()), cursor = null, until_id = null,
  seen = 0, total = null, touched_at = clock_timestamp()`

/**
 * Lets the workspace's automations go through all records again.
 *
 * @param only `default zone`: those whose trigger names no time zone, after the workspace's own has changed
 */
export async function followAgain(client: Client, workspaceId: string, only: 'default zone' | 'all'): Promise<void> {
  await query(client, {
    text: `update date_triggers t set ${AGAIN} from automations a
      where t.workspace_id = $1 and t.state <> 'dropping' and a.workspace_id = t.workspace_id and a.id = t.automation_id
        and ($2 = 'all' or a.document -> 'trigger' ->> 'timezone' is null)`,
    values: [workspaceId, only],
  })
}
