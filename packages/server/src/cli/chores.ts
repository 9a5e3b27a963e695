import type { Chore, Chores } from '../chores/boss.ts'
import { importChore, resumeImports } from '../chores/import.ts'
import type { Services } from '../services.ts'

/** The background chores of an installation. */
export function choresOf(services: Services): Chore[] {
  return [importChore({ ...services, dataDir: services.config.dataDir })]
}

/** Takes up what a process before this one left unfinished. */
export async function resumeChores(services: Services, chores: Chores): Promise<void> {
  await resumeImports({ ...services, dataDir: services.config.dataDir }, chores)
}
