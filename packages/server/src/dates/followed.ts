import type { DateTrigger } from '@kantos/model'
import { type Queryable, query } from '../db/pool.ts'
import { zoneOfTrigger } from './alarms.ts'

/** An active automation that follows dates, as it is now. */
export interface Followed {
  id: string
  trigger: DateTrigger
  /** IANA name */
  zone: string
}

/** Those of the given automations that are active and follow dates, by id. */
export async function readFollowed(
  db: Queryable,
  of: readonly { workspaceId: string; automationId: string }[],
): Promise<ReadonlyMap<string, Followed>> {
  const given = new Map(of.map((one) => [one.automationId, one]))
  const { rows } = await query<{ id: string; trigger: DateTrigger; zone: string | null }>(db, {
    name: 'dates-automations',
    text: `select a.id, a.document -> 'trigger' as trigger, w.settings ->> 'default_timezone' as zone
      from unnest($1::uuid[], $2::uuid[]) as x(workspace_id, id)
      join automations a on a.workspace_id = x.workspace_id and a.id = x.id
      join workspaces w on w.id = a.workspace_id
      where a.status = 'active' and a.deleted_at is null and a.trigger_event = 'date.reached'`,
    values: [[...given.values()].map(({ workspaceId }) => workspaceId), [...given.keys()]],
  })
  return new Map(rows.map(({ id, trigger, zone }) => [id, { id, trigger, zone: zoneOfTrigger(trigger, zone) }]))
}
