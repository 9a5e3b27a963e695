import { publicId } from '@kantos/model'
import { audit } from '../audit/audit.ts'
import { followDates } from '../dates/follow.ts'
import type { Client } from '../db/pool.ts'
import type { Principal, Services } from '../services.ts'
import { changeAutomations, noAutomation } from './change.ts'
import { judged } from './judge.ts'
import { scheduleNextTick } from './next-tick.ts'
import { type AutomationRow, findAutomation } from './row.ts'

/**
 * Sets the toggle. The time of activation is the database's: an automation runs for the events written from then on.
 * An active automation whose trigger changed begins a new period (`again`), so that it doesn't run for what it didn't listen to.
 * Who activates one that was paused because it only failed gives it another chance: the flag goes.
 *
 * Runs inside the transaction of the change; the caller raises the revision.
 * Source: SPEC.md, section 15 (activation)
 */
export async function setStatus(
  client: Client,
  workspaceId: string,
  row: AutomationRow,
  status: 'active' | 'inactive',
): Promise<void> {
  if (row.status === 'active')
    await client.query(
      `update activations set deactivated_at = date_trunc('milliseconds', clock_timestamp())
       where workspace_id = $1 and automation_id = $2 and deactivated_at is null`,
      [workspaceId, row.id],
    )
  const { rows } = await client.query<Pick<AutomationRow, 'activated_at' | 'updated_at' | 'flags'>>(
    `update automations set status = $3, updated_at = now(),
       activated_at = case when $3 = 'active' then date_trunc('milliseconds', clock_timestamp()) end,
       flags = case when $3 = 'active' then jsonb_path_query_array(flags, '$[*] ? (@.code != "FAILING")') else flags end
     where workspace_id = $1 and id = $2 returning activated_at, updated_at, flags`,
    [workspaceId, row.id, status],
  )
  Object.assign(row, { status, ...rows[0]! })
  if (status === 'active')
    await client.query(
      `insert into activations (workspace_id, automation_id, activated_at) values ($1, $2, $3)
       on conflict (workspace_id, automation_id, activated_at) do update set deactivated_at = null`,
      [workspaceId, row.id, row.activated_at],
    )
  row.next_tick_at = await scheduleNextTick(client, workspaceId, row)
  row.backfill = await followDates(client, workspaceId, row)
}

/**
 * Activates an automation, if it still fits its workspace: an object, template or secret may have gone since it was saved.
 *
 * @throws ApiError NOT_FOUND; VALIDATION_ERROR with what doesn't fit any more
 * Source: SPEC.md, sections 3 and 15
 */
export async function activateAutomation(services: Services, principal: Principal, id: string): Promise<AutomationRow> {
  return switchTo(services, principal, id, 'active')
}

/** Deactivates an automation; its runs under way end as they would. @throws ApiError NOT_FOUND */
export async function deactivateAutomation(
  services: Services,
  principal: Principal,
  id: string,
): Promise<AutomationRow> {
  return switchTo(services, principal, id, 'inactive')
}

async function switchTo(
  services: Services,
  principal: Principal,
  id: string,
  status: 'active' | 'inactive',
): Promise<AutomationRow> {
  const { workspaceId } = principal
  const row = await changeAutomations(services, workspaceId, async (client) => {
    const found = await findAutomation(client, workspaceId, id)
    if (found === null) throw noAutomation()
    if (found.status === status) return { changed: false, result: found }
    if (status === 'active') {
      const raw = { name: found.name, description: found.description, ...found.document }
      await judged(client, services, workspaceId, raw, id)
    }
    await setStatus(client, workspaceId, found, status)
    const action = status === 'active' ? 'automation.activated' : 'automation.deactivated'
    await audit(client, principal, action, publicId('automation', id), { name: found.name, version: found.version })
    return { changed: true, result: found }
  })
  services.wake()
  return row
}

/**
 * Switches between live and test mode; runs that began keep theirs.
 *
 * @throws ApiError NOT_FOUND
 * Source: SPEC.md, section 8
 */
export async function setMode(
  services: Services,
  principal: Principal,
  id: string,
  mode: 'live' | 'test',
): Promise<AutomationRow> {
  const { workspaceId } = principal
  return changeAutomations(services, workspaceId, async (client) => {
    const row = await findAutomation(client, workspaceId, id)
    if (row === null) throw noAutomation()
    if (row.mode === mode) return { changed: false, result: row }
    await writeMode(client, workspaceId, row, mode)
    await audit(client, principal, 'automation.mode_changed', publicId('automation', id), { name: row.name, mode })
    return { changed: true, result: row }
  })
}

export async function writeMode(
  client: Client,
  workspaceId: string,
  row: AutomationRow,
  mode: 'live' | 'test',
): Promise<void> {
  const { rows } = await client.query<{ updated_at: Date }>(
    'update automations set mode = $3, updated_at = now() where workspace_id = $1 and id = $2 returning updated_at',
    [workspaceId, row.id, mode],
  )
  Object.assign(row, { mode, ...rows[0]! })
}
