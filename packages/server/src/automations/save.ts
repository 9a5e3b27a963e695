import { isDeepStrictEqual } from 'node:util'
import { ApiError, type AutomationDocument, type Problem, publicId } from '@kantos/model'
import { audit } from '../audit/audit.ts'
import type { Client } from '../db/pool.ts'
import type { Principal, Services } from '../services.ts'
import { setStatus, writeMode } from './activate.ts'
import { changeAutomations, noAutomation } from './change.ts'
import { judged, triggerObjectOf } from './judge.ts'
import { type AutomationRow, findAutomation } from './row.ts'
import { type WebhookKeys, webhookKeys, withoutSecret } from './webhook.ts'

export interface Saved {
  row: AutomationRow
  warnings: Problem[]
  /** it made a version */
  written: boolean
}

/** What the audit log says beside the version: the older one that is saved again, and what becomes of waiting runs. */
export interface SavedAbout {
  restored?: number
  waiting_runs?: 'move' | 'cancel'
}

/** Called inside the transaction with what was saved, such as to remember the answer for a repeated request. */
export type Finish = (client: Client, saved: Saved) => Promise<void>

/**
 * Creates an automation from what was sent, as its version 1; active at once when it says so.
 *
 * @param raw any JSON
 * @throws ApiError VALIDATION_ERROR with every problem
 * Source: SPEC.md, section 3; SPEC-DETAILS.md, section 3
 */
export async function createAutomation(
  services: Services,
  principal: Principal,
  raw: unknown,
  finish: Finish = async () => {},
): Promise<Saved> {
  const { workspaceId } = principal
  const saved = await changeAutomations(services, workspaceId, async (client) => {
    const valid = await judged(client, services, workspaceId, raw, null)
    const { trigger, secret } = withoutSecret(valid.document.trigger)
    const row = await insertAutomation(services, client, principal, {
      name: valid.name,
      description: valid.description,
      mode: valid.mode ?? 'live',
      document: { ...valid.document, trigger },
      secret,
    })
    if (valid.status === 'active') await setStatus(client, workspaceId, row, 'active')
    await audit(client, principal, 'automation.created', publicId('automation', row.id), {
      name: row.name,
      status: row.status,
    })
    const result = { row, warnings: valid.warnings, written: true }
    await finish(client, result)
    return { changed: true, result }
  })
  if (saved.row.status === 'active') services.wake()
  return saved
}

/** Writes a new, inactive automation and its version 1. */
export async function insertAutomation(
  { time, sealer }: Pick<Services, 'time' | 'sealer'>,
  client: Client,
  { workspaceId, actor }: Principal,
  given: Pick<AutomationRow, 'name' | 'description' | 'mode' | 'document'> & { secret: string | null },
): Promise<AutomationRow> {
  const id = time.id()
  const none: WebhookKeys = { token: null, sealedSecret: null }
  const keys = webhookKeys(sealer, { workspaceId, id }, given.document.trigger, none, given.secret)
  const { rows } = await client.query<{ created_at: Date; updated_at: Date }>(
    `insert into automations (workspace_id, id, name, description, mode, version, document, trigger_event, trigger_object,
       webhook_token, webhook_secret, created_by)
     values ($1, $2, $3, $4, $5, 1, $6, $7, $8, $9, $10, $11) returning created_at, updated_at`,
    [
      workspaceId,
      id,
      given.name,
      given.description,
      given.mode,
      given.document,
      given.document.trigger.event,
      triggerObjectOf(given.document),
      keys.token,
      keys.sealedSecret,
      actor,
    ],
  )
  const row: AutomationRow = {
    id,
    name: given.name,
    description: given.description,
    status: 'inactive',
    mode: given.mode,
    version: 1,
    document: given.document,
    activated_at: null,
    webhook_token: keys.token,
    webhook_secret: keys.sealedSecret,
    flags: [],
    ...rows[0]!,
    created_by: actor,
    next_tick_at: null,
    backfill: null,
    told: null,
  }
  await insertVersion(client, workspaceId, row, actor)
  return row
}

async function insertVersion(client: Client, workspaceId: string, row: AutomationRow, actor: string): Promise<void> {
  await client.query(
    `insert into automation_versions (workspace_id, automation_id, version, name, description, document, created_by)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [workspaceId, row.id, row.version, row.name, row.description, row.document, actor],
  )
}

/**
 * Saves an automation as its next version. What is the same makes no version; without `status` and `mode` those stay.
 *
 * @param raw any JSON; with `version`, the one it is based on
 * @throws ApiError NOT_FOUND; CONFLICT when `version` isn't the newest; VALIDATION_ERROR with every problem
 * Source: SPEC-DETAILS.md, section 3
 */
export async function updateAutomation(
  services: Services,
  principal: Principal,
  id: string,
  raw: unknown,
  finish: Finish = async () => {},
  about: SavedAbout = {},
): Promise<Saved> {
  const { workspaceId } = principal
  const saved = await changeAutomations(services, workspaceId, async (client) => {
    const row = await findAutomation(client, workspaceId, id)
    if (row === null) throw noAutomation()
    const valid = await judged(client, services, workspaceId, raw, id)
    if (valid.version !== undefined && valid.version !== row.version) throw otherVersion(row, valid.version)
    const based = row.version
    const result: Saved = { row, warnings: valid.warnings, written: false }
    const changed = [
      await writeVersion(services, client, principal, row, valid, about),
      await writeSwitches(client, principal, row, valid),
    ].some(Boolean)
    result.written = row.version > based
    await finish(client, result)
    return { changed, result }
  })
  services.wake()
  return saved
}

function otherVersion(row: AutomationRow, based: number): ApiError {
  const message = `"${row.name}" was changed meanwhile: you have version ${based}, it is at version ${row.version}.`
  return new ApiError('CONFLICT', message, { version: row.version })
}

/** @returns whether anything was written */
async function writeVersion(
  { sealer }: Pick<Services, 'sealer'>,
  client: Client,
  principal: Principal,
  row: AutomationRow,
  given: { name: string; description: string; document: AutomationDocument },
  about: SavedAbout,
): Promise<boolean> {
  const { workspaceId, actor } = principal
  const { trigger, secret } = withoutSecret(given.document.trigger)
  // as it will be read back, so that -0 or a key set to undefined is no change
  const document = JSON.parse(JSON.stringify({ ...given.document, trigger })) as AutomationDocument
  const has: WebhookKeys = { token: row.webhook_token, sealedSecret: row.webhook_secret }
  const keys = webhookKeys(sealer, { workspaceId, id: row.id }, trigger, has, secret)
  const newSecret = keys.sealedSecret !== has.sealedSecret
  const sameDocument = isDeepStrictEqual(document, row.document)
  const same = sameDocument && given.name === row.name && given.description === row.description
  if (same && !newSecret) return false
  const sameTrigger = isDeepStrictEqual(trigger, row.document.trigger)
  Object.assign(row, { name: given.name, description: given.description, document })
  Object.assign(row, { webhook_token: keys.token, webhook_secret: keys.sealedSecret })
  if (!same) row.version += 1
  const { rows } = await client.query<{ updated_at: Date }>(
    `update automations set name = $3, description = $4, version = $5, document = $6, trigger_event = $7,
       trigger_object = $8, webhook_token = $9, webhook_secret = $10, flags = $11::jsonb, updated_at = now()
     where workspace_id = $1 and id = $2 returning updated_at`,
    [
      workspaceId,
      row.id,
      row.name,
      row.description,
      row.version,
      document,
      trigger.event,
      triggerObjectOf(document),
      keys.token,
      keys.sealedSecret,
      // a changed automation starts with a clean sheet
      JSON.stringify(sameDocument ? row.flags : (row.flags = [])),
    ],
  )
  row.updated_at = rows[0]!.updated_at
  if (!same) await insertVersion(client, workspaceId, row, actor)
  if (row.status === 'active' && !sameTrigger) await setStatus(client, workspaceId, row, 'active')
  const action = about.restored === undefined ? 'automation.updated' : 'automation.restored'
  await audit(client, principal, action, publicId('automation', row.id), {
    name: row.name,
    version: row.version,
    ...about,
    ...(newSecret ? { webhook_secret: 'changed' } : {}),
  })
  return true
}

/** Sets what a save says of the toggle and the mode. @returns whether anything was written */
async function writeSwitches(
  client: Client,
  principal: Principal,
  row: AutomationRow,
  { status, mode }: { status?: 'active' | 'inactive'; mode?: 'live' | 'test' },
): Promise<boolean> {
  const id = publicId('automation', row.id)
  const about = { name: row.name, version: row.version }
  let written = false
  if (mode !== undefined && mode !== row.mode) {
    await writeMode(client, principal.workspaceId, row, mode)
    await audit(client, principal, 'automation.mode_changed', id, { ...about, mode })
    written = true
  }
  if (status !== undefined && status !== row.status) {
    await setStatus(client, principal.workspaceId, row, status)
    await audit(client, principal, `automation.${status === 'active' ? 'activated' : 'deactivated'}`, id, about)
    written = true
  }
  return written
}
