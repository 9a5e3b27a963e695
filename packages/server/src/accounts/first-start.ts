import type { Services } from '../services.ts'
import { ensureKey } from './api-keys.ts'
import { createOwnerLink, ensureOwner, hasOwner } from './owner.ts'
import { ensureWorkspace } from './workspaces.ts'

export interface FirstStart {
  workspaceId: string
  /** while there is no owner: the link to print, `<PUBLIC_URL>/setup?token=…` */
  ownerLink: string | null
}

/**
 * Makes what every start relies on: the workspace `default`, the key of `KANTOS_API_KEY`, the owner of
 * `KANTOS_OWNER_EMAIL` and `KANTOS_OWNER_PASSWORD`. What is there already stays.
 *
 * @throws Error naming a setting that can't be used
 * Source: SPEC.md, section 14
 */
export async function prepareFirstStart({ pool, sealer, config }: Services): Promise<FirstStart> {
  const { id: workspaceId } = await ensureWorkspace(pool, sealer)
  if (config.apiKey !== null) await ensureKey(pool, workspaceId, config.apiKey)
  if (config.ownerEmail !== null && config.ownerPassword !== null)
    await ensureOwner(pool, workspaceId, config.ownerEmail, config.ownerPassword)
  else if (config.ownerEmail !== null || config.ownerPassword !== null)
    throw new Error('KANTOS_OWNER_EMAIL and KANTOS_OWNER_PASSWORD go together; one of them is missing.')
  if (await hasOwner(pool, workspaceId)) return { workspaceId, ownerLink: null }
  return { workspaceId, ownerLink: await createOwnerLink(pool, workspaceId, config.publicUrl) }
}
