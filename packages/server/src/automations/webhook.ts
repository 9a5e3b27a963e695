import { randomBytes } from 'node:crypto'
import { publicId, type Trigger } from '@kantos/model'
import type { Sealer } from '../secrets/seal.ts'
import type { Principal } from '../services.ts'
import { newSigningSecret } from '../webhooks/signing-secret.ts'

type WebhookTrigger = Extract<Trigger, { event: 'webhook.received' }>
type AuthType = 'token' | 'signature' | 'none'

/** How calls of a trigger's URL prove themselves; by default with a token in it. Source: SPEC.md, section 11 */
export function authTypeOf({ auth }: WebhookTrigger): AuthType {
  return (typeof auth === 'string' ? auth : auth?.type) ?? 'token'
}

/** A new token of 128 bits. */
export function newWebhookToken(): string {
  return randomBytes(16).toString('hex')
}

/**
 * Takes a secret out of a trigger, so that versions and logs never hold it.
 *
 * @returns the trigger to store, and the secret that was given
 */
export function withoutSecret(trigger: Trigger): { trigger: Trigger; secret: string | null } {
  if (trigger.event !== 'webhook.received' || typeof trigger.auth !== 'object') return { trigger, secret: null }
  const { secret, ...auth } = trigger.auth
  return { trigger: { ...trigger, auth }, secret: secret ?? null }
}

export interface WebhookKeys {
  token: string | null
  sealedSecret: Buffer | null
}

/**
 * The token and secret of an automation after a save: what it has stays, what its trigger needs is made.
 *
 * @param given the secret that came with the save, null when none
 */
export function webhookKeys(
  sealer: Sealer,
  owner: { workspaceId: string; id: string },
  trigger: Trigger,
  has: WebhookKeys,
  given: string | null,
): WebhookKeys {
  if (trigger.event !== 'webhook.received') return has
  const type = authTypeOf(trigger)
  const binding = { workspaceId: owner.workspaceId, rowId: owner.id }
  const keys = { ...has }
  if (type === 'token') keys.token ??= newWebhookToken()
  if (type === 'signature') {
    const current = has.sealedSecret === null ? null : sealer.open(has.sealedSecret, binding)
    const wanted = given ?? current ?? newSigningSecret()
    if (wanted !== current) keys.sealedSecret = sealer.seal(wanted, binding)
  }
  return keys
}

/** Where to call an automation, and with what. Viewers see neither token nor secret. Source: SPEC-DETAILS.md, section 4 */
export function webhookAddress(
  sealer: Sealer,
  publicUrl: string,
  principal: Pick<Principal, 'workspaceId' | 'role'>,
  row: { id: string; webhook_token: string | null; webhook_secret: Buffer | null },
  trigger: WebhookTrigger,
): { url: string; token?: string; secret?: string } {
  const url = `${publicUrl}/api/webhooks/automation/${publicId('automation', row.id)}`
  if (principal.role === 'viewer') return { url }
  const type = authTypeOf(trigger)
  if (type === 'token' && row.webhook_token !== null)
    return { url: `${url}/${row.webhook_token}`, token: row.webhook_token }
  if (type === 'signature' && row.webhook_secret !== null)
    return { url, secret: sealer.open(row.webhook_secret, { workspaceId: principal.workspaceId, rowId: row.id }) }
  return { url }
}
