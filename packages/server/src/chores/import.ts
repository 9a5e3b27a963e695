import { type Importing, removeStrayUploads, runImport, unfinishedImports } from '../records/import.ts'
import type { Chore, Chores } from './boss.ts'

export const IMPORT_CHORE = 'import'

interface ImportJob {
  workspaceId: string
  importId: string
}

/** Imports a CSV file that was uploaded to this data folder. Source: SPEC.md, section 2 */
export function importChore(importing: Importing): Chore {
  return {
    name: IMPORT_CHORE,
    local: true,
    concurrency: 2,
    async run(data, signal) {
      const { workspaceId, importId } = data as ImportJob
      await runImport(importing, workspaceId, importId, signal)
    },
  }
}

/** Goes on at once with the imports of this data folder that a stop or crash interrupted, and clears away uploads that became none. */
export async function resumeImports(importing: Importing, chores: Pick<Chores, 'send'>): Promise<void> {
  await removeStrayUploads(importing, Date.now())
  for (const job of await unfinishedImports(importing)) await chores.send(IMPORT_CHORE, job)
}
