import { query } from '../db/pool.ts'
import { transaction } from '../db/transaction.ts'
import type { Services } from '../services.ts'
import { printFile } from './file.ts'
import { type Folder, FOLDERS, KINDS, removeFile, writeWhole } from './folder.ts'
import { saysTheSame } from './plan.ts'
import { type Kind, presentOf, readState } from './state.ts'

/** What a pull did to a file. */
export interface Pulled {
  path: string
  what: 'written' | 'changed' | 'same' | 'extra' | 'removed'
}

/** What a pull makes of a file. `extra`: the workspace has nothing of the kind. */
export interface PulledFile {
  path: string
  what: 'written' | 'changed' | 'same' | 'extra'
  /** null: the file stays as it is */
  text: string | null
}

/**
 * A workspace as files, one for each thing. A file that says the same already stays as it is, byte for byte; in one that doesn't,
 * comments and the order of keys stay. Things that had no key get theirs, so that they keep it when they are renamed.
 *
 * @param folder the files there are
 * @param publicUrl of the installation, where editors find the schemas
 * @throws Error when a file can't be read
 */
export async function pullWorkspace(
  services: Pick<Services, 'pool' | 'time'>,
  workspaceId: string,
  folder: Folder,
  publicUrl: string,
): Promise<PulledFile[]> {
  if (folder.problems.length > 0) {
    const [{ file, line, message }] = folder.problems as [Folder['problems'][0]]
    throw new Error(`${file}:${line}: ${message}. Mend or remove the file, then pull again.`)
  }
  const state = await transaction(services.pool, async (client) => {
    await client.query('select 1 from workspaces where id = $1 for update', [workspaceId])
    const found = await readState(client, workspaceId)
    for (const { id, key, keyed } of found.automations)
      if (!keyed)
        await client.query('update automations set key = $3 where workspace_id = $1 and id = $2', [
          workspaceId,
          id,
          key,
        ])
    for (const { name, key, keyed } of found.templates)
      if (!keyed)
        await query(client, {
          text: 'update email_templates set key = $3 where workspace_id = $1 and name = $2',
          values: [workspaceId, name, key],
        })
    return found
  })
  const pulled: PulledFile[] = []
  for (const kind of KINDS) {
    const files = folder.files.get(kind)!
    const present = presentOf(state, kind)
    for (const one of present) {
      const before = files.get(one.key) ?? null
      const path = before?.path ?? `${FOLDERS[kind]}/${one.key}.yaml`
      if (before !== null && saysTheSame(kind, before, one, state, services.time.now())) {
        pulled.push({ path, what: 'same', text: null })
        continue
      }
      const text = printFile(one.content, before, schemaUrl(publicUrl, kind))
      pulled.push({ path, what: before === null ? 'written' : 'changed', text })
    }
    const keys = new Set(present.map(({ key }) => key))
    for (const [key, { path }] of files) if (!keys.has(key)) pulled.push({ path, what: 'extra', text: null })
  }
  return pulled
}

const BELOW = new RegExp(`^(${Object.values(FOLDERS).join('|')})/[^/\\\\]+$`)

/**
 * Writes what a pull made into the folder.
 *
 * @param prune remove files of what the workspace doesn't have
 * @throws Error before anything is written, when a path leads out of the folder
 */
export async function writePulled(root: string, files: readonly PulledFile[], prune: boolean): Promise<Pulled[]> {
  for (const { path } of files)
    if (!BELOW.test(path)) throw new Error(`${JSON.stringify(path)} is no path of such a file.`)
  const pulled: Pulled[] = []
  for (const { path, what, text } of files) {
    if (text !== null) await writeWhole(root, path, text)
    const removed = what === 'extra' && prune
    if (removed) await removeFile(root, path)
    pulled.push({ path, what: removed ? 'removed' : what })
  }
  return pulled
}

/** Where the JSON Schema of a kind of file is published. */
export function schemaUrl(publicUrl: string, kind: Kind): string {
  return `${publicUrl.replace(/\/$/, '')}/api/schemas/${kind}.json`
}
