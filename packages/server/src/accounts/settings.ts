import { ApiError, mergeSettings, type Settings, type SettingsPatch, settingsOf } from '@kantos/model'
import { audit } from '../audit/audit.ts'
import { type Client, type Pool, query, type Queryable } from '../db/pool.ts'
import { transaction } from '../db/transaction.ts'
import type { Principal } from '../services.ts'

/** The workspace's settings, defaults filled in. @throws ApiError NOT_FOUND when there is no such workspace */
export async function readSettings(db: Queryable, workspaceId: string): Promise<Settings> {
  const { rows } = await query<{ settings: unknown }>(db, {
    name: 'settings',
    text: 'select settings from workspaces where id = $1',
    values: [workspaceId],
  })
  if (rows[0] === undefined) throw new ApiError('NOT_FOUND', 'There is no such workspace.')
  return settingsOf(rows[0].settings)
}

/**
 * Changes settings. The revision is raised, so that workers read the new limits with their next batch.
 *
 * @param zoneChanged brings what goes by the default time zone in line, in the same transaction
 */
export async function changeSettings(
  pool: Pool,
  principal: Principal,
  patch: SettingsPatch,
  zoneChanged: (client: Client, timezone: string) => Promise<void>,
): Promise<Settings> {
  return transaction(pool, async (client) => {
    await query(client, {
      text: 'select 1 from workspaces where id = $1 for no key update',
      values: [principal.workspaceId],
    })
    const before = await readSettings(client, principal.workspaceId)
    const changed = mergeSettings(before, patch)
    await query(client, {
      text: 'update workspaces set settings = $2, automations_rev = automations_rev + 1 where id = $1',
      values: [principal.workspaceId, JSON.stringify(changed)],
    })
    if (changed.default_timezone !== before.default_timezone) await zoneChanged(client, changed.default_timezone)
    await audit(client, principal, 'settings.updated', null, { ...patch })
    return changed
  })
}
