import { type Client, query } from '../db/pool.ts'
import { inZone, nextTickAfter } from './next.ts'

/** Ends the ticks of a workspace that are on their way through the records: its schedules sleep until their next tick. */
export async function endFanOuts(client: Client, workspaceId: string): Promise<void> {
  const { rows } = await query<{
    id: string
    trigger: { cron: string; timezone?: string } | null
    zone: string | null
    now: Date
  }>(client, {
    text: `select s.automation_id as id, a.document -> 'trigger' as trigger, clock_timestamp() as now,
        (select settings ->> 'default_timezone' from workspaces where id = $1) as zone
      from schedules s left join automations a on a.workspace_id = s.workspace_id and a.id = s.automation_id
      where s.workspace_id = $1 and s.cursor is not null order by s.automation_id for update of s`,
    values: [workspaceId],
  })
  for (const { id, trigger, zone, now } of rows) {
    const next = trigger === null ? null : nextTickAfter(inZone(trigger, zone), now.getTime())
    await query(client, {
      text: 'update schedules set cursor = null, next_tick_at = $3 where workspace_id = $1 and automation_id = $2',
      values: [workspaceId, id, next === null ? null : new Date(next)],
    })
  }
}
