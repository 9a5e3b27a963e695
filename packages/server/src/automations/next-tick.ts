import { type AutomationDocument, nextTick, parseCron, timezoneOr } from '@kantos/model'
import { followAgain } from '../dates/follow.ts'
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
  const { rows } = await client.query<{ now: Date; zone: string | null }>(
    `select clock_timestamp() as now, settings ->> 'default_timezone' as zone from workspaces where id = $1`,
    [workspaceId],
  )
  const { now, zone } = rows[0]!
  const at = tickAfter(trigger.cron, trigger.timezone ?? timezoneOr(zone), now)
  await client.query(
    `insert into schedules (workspace_id, automation_id, next_tick_at) values ($1, $2, $3)
     on conflict (workspace_id, automation_id) do update set next_tick_at = excluded.next_tick_at, cursor = null`,
    [workspaceId, automation.id, at],
  )
  return at
}

function tickAfter(cron: string, timezone: string, now: Date): Date | null {
  const parsed = parseCron(cron)
  const tick = parsed.ok ? nextTick(parsed.cron, timezone, now.getTime()) : null
  return tick === null ? null : new Date(tick)
}

/**
 * Moves the next ticks of all schedules that name no time zone, after the workspace's own has changed. What is due already,
 * or on its way through the records, goes on and finds the new zone afterwards. What follows dates in that zone counts them
 * anew.
 */
export async function rescheduleForZone(client: Client, workspaceId: string, timezone: string): Promise<void> {
  await followAgain(client, workspaceId, 'default zone')
  const { rows } = await client.query<{ id: string; cron: string; now: Date }>(
    `select s.automation_id as id, a.document -> 'trigger' ->> 'cron' as cron, clock_timestamp() as now
     from schedules s join automations a on a.workspace_id = s.workspace_id and a.id = s.automation_id
     where s.workspace_id = $1 and a.document -> 'trigger' ->> 'timezone' is null and s.cursor is null
       and s.next_tick_at > clock_timestamp() order by s.automation_id for update of s`,
    [workspaceId],
  )
  for (const { id, cron, now } of rows)
    await client.query('update schedules set next_tick_at = $3 where workspace_id = $1 and automation_id = $2', [
      workspaceId,
      id,
      tickAfter(cron, timezone, now),
    ])
}
