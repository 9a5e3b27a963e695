import { migrate } from '../db/migrate.ts'
import { createPool } from '../db/pool.ts'
import { openDatabase } from './compose.ts'
import type { Config } from './config.ts'

/** `kantos migrate`: applies what is missing and says what it did. */
export async function migrateCommand(config: Config, { json = false }: { json?: boolean }): Promise<void> {
  const { url, embedded } = await openDatabase(config)
  const pool = createPool(url, { max: 1, applicationName: 'kantos migrate' })
  try {
    const applied = await migrate(pool)
    if (json) process.stdout.write(`${JSON.stringify({ applied })}\n`)
    else
      process.stdout.write(applied.length === 0 ? 'The database is up to date.\n' : `Applied ${applied.join(', ')}.\n`)
  } finally {
    await pool.end()
    await embedded?.stop()
  }
}
