import { publicId } from '@kantos/model'
import { audit } from '../audit/audit.ts'
import type { Principal, Services } from '../services.ts'
import { changeAutomations, noAutomation } from './change.ts'
import { findAutomation } from './row.ts'
import { type Finish, insertAutomation, type Saved } from './save.ts'

const NAME_LIMIT = 255

/**
 * Copies the newest version of an automation. The copy is inactive, begins at version 1 and has its own webhook address.
 *
 * @throws ApiError NOT_FOUND
 * Source: SPEC.md, section 12
 */
export async function duplicateAutomation(
  services: Services,
  principal: Principal,
  id: string,
  finish: Finish = async () => {},
): Promise<Saved> {
  const { workspaceId } = principal
  return changeAutomations(services, workspaceId, async (client) => {
    const source = await findAutomation(client, workspaceId, id)
    if (source === null) throw noAutomation()
    const { description, mode, document } = source
    const name = await freeName(source.name, async (wanted) => {
      const { rowCount } = await client.query(
        'select 1 from automations where workspace_id = $1 and name = $2 and deleted_at is null limit 1',
        [workspaceId, wanted],
      )
      return rowCount === 0
    })
    const row = await insertAutomation(services, client, principal, { name, description, mode, document, secret: null })
    await audit(client, principal, 'automation.duplicated', publicId('automation', row.id), {
      name,
      source: publicId('automation', id),
    })
    const result: Saved = { row, warnings: [], written: true }
    await finish(client, result)
    return { changed: true, result }
  })
}

/** `Welcome (copy)`, `Welcome (copy 2)`, …: the first that is free, the original's cut when it is long. */
async function freeName(name: string, isFree: (wanted: string) => Promise<boolean>): Promise<string> {
  for (let n = 1; ; n++) {
    const ending = n === 1 ? ' (copy)' : ` (copy ${n})`
    const wanted = [...name].slice(0, NAME_LIMIT - ending.length).join('') + ending
    if (n === 100 || (await isFree(wanted))) return wanted
  }
}
