import { ApiError } from '@kantos/model'
import { audit } from '../audit/audit.ts'
import { type Pool, query, type Queryable } from '../db/pool.ts'
import { transaction } from '../db/transaction.ts'
import type { Sealer } from '../secrets/seal.ts'
import type { Principal } from '../services.ts'
import { newSigningSecret } from '../webhooks/signing-secret.ts'

/** An entry of `workspaces.signing_secrets`; the current one stands first and has no `expires_at`. */
interface Entry {
  sealed: string
  created_at: string
  expires_at?: string
}

export interface SigningSecret {
  /** `whsec_<base64>` */
  secret: string
  createdAt: string
  /** set on a rotated one: it signs until then */
  expiresAt: string | null
}

const ROW = 'signing-secret'
const MOST_FORMER = 5

/** A signing secret as it is stored. */
export function sealSigningSecret(sealer: Sealer, workspaceId: string, secret: string, at: Date): Entry {
  const sealed = sealer.seal(secret, { workspaceId, rowId: ROW }).toString('base64')
  return { sealed, created_at: at.toISOString() }
}

/**
 * The secrets that sign outbound webhooks now: the current one, then the former ones during their 24 hours.
 *
 * @throws SealError when the master key isn't the one they were sealed with
 * Source: SPEC.md, section 11
 */
export async function signingSecrets(db: Queryable, sealer: Sealer, workspaceId: string): Promise<SigningSecret[]> {
  const { rows } = await query<{ signing_secrets: Entry[]; now: Date }>(db, {
    name: 'signing-secrets',
    text: 'select signing_secrets, now() from workspaces where id = $1',
    values: [workspaceId],
  })
  if (rows[0] === undefined) throw new ApiError('NOT_FOUND', 'There is no such workspace.')
  const { signing_secrets, now } = rows[0]
  return signing_secrets
    .filter(({ expires_at }) => expires_at === undefined || new Date(expires_at) > now)
    .map(({ sealed, created_at, expires_at }) => ({
      secret: sealer.open(Buffer.from(sealed, 'base64'), { workspaceId, rowId: ROW }),
      createdAt: created_at,
      expiresAt: expires_at ?? null,
    }))
}

/**
 * Makes a new signing secret. Those before sign too, each for 24 hours after it was replaced: a second click takes from nobody the time
 * to follow the first.
 *
 * @throws ApiError CONFLICT when that many were replaced within 24 hours: each of them signs each webhook
 */
export async function rotateSigningSecret(pool: Pool, sealer: Sealer, principal: Principal): Promise<void> {
  const { workspaceId } = principal
  await transaction(pool, async (client) => {
    const { rows } = await query<{ signing_secrets: Entry[]; now: Date }>(client, {
      text: 'select signing_secrets, now() from workspaces where id = $1 for no key update',
      values: [workspaceId],
    })
    const { signing_secrets, now } = rows[0]!
    const until = new Date(now.getTime() + 24 * 3_600_000).toISOString()
    const former = signing_secrets
      .filter(({ expires_at }) => expires_at === undefined || new Date(expires_at) > now)
      .map((entry) => ({ ...entry, expires_at: entry.expires_at ?? until }))
    if (former.length > MOST_FORMER)
      throw new ApiError(
        'CONFLICT',
        `The signing secret was changed ${MOST_FORMER} times within 24 hours, and all of them still sign. Come back when the oldest has ended.`,
      )
    const next = [sealSigningSecret(sealer, workspaceId, newSigningSecret(), now), ...former]
    await query(client, {
      text: 'update workspaces set signing_secrets = $2 where id = $1',
      values: [workspaceId, JSON.stringify(next)],
    })
    await audit(client, principal, 'signing_secret.rotated', null)
  })
}
