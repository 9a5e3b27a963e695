import type { Chore, Chores } from '../chores/boss.ts'
import { healthChore } from '../chores/health.ts'
import { importChore, resumeImports } from '../chores/import.ts'
import { partitionsChore } from '../chores/partitions.ts'
import { retentionChore } from '../chores/retention.ts'
import { acrossWorkspaces } from '../db/walls.ts'
import type { Services } from '../services.ts'

/** The background chores of an installation. */
export function choresOf(given: Services): Chore[] {
  const services: Services = Object.create(given, { pool: { value: acrossWorkspaces(given.pool) } })
  return [importChore(services), partitionsChore(services), retentionChore(services), healthChore(services)]
}

/** Takes up what a process before this one left unfinished. */
export async function resumeChores(services: Services, chores: Chores): Promise<void> {
  await resumeImports(services, chores)
}
