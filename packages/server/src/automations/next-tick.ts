import { type AutomationDocument, nextTick, parseCron } from '@kantos/model'
import type { Client } from '../db/pool.ts'

/**
 * Brings the schedule's row in line with the automation: the next tick from now, by the database's clock, when it is active and
 * has a schedule; no row otherwise. A fan-out under way ends with it.
 *
 * @returns the next tick; null when there is none
 * Source: SPEC.md, section 4
 */
export async function scheduleNextTick(
  client: Client,
  workspaceId: string,
  automation: { id: string; status: 'active' | 'inactive'; document: AutomationDocument },
): Promise<Date | null> {
  const { trigger } = automation.document
  if (automation.status !== 'active' || trigger.event !== 'schedule') {
    await client.query('delete from schedules where workspace_id = $1 and automation_id = $2', [
      workspaceId,
      automation.id,
    ])
    return null
  }
  const { rows } = await client.query<{ now: Date }>('select clock_timestamp() as now')
  const parsed = parseCron(trigger.cron)
  const tick = parsed.ok ? nextTick(parsed.cron, trigger.timezone ?? 'UTC', rows[0]!.now.getTime()) : null
  const at = tick === null ? null : new Date(tick)
  await client.query(
    `insert into schedules (workspace_id, automation_id, next_tick_at) values ($1, $2, $3)
     on conflict (workspace_id, automation_id) do update set next_tick_at = excluded.next_tick_at, cursor = null`,
    [workspaceId, automation.id, at],
  )
  return at
}
