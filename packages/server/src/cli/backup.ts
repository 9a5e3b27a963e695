import { open, rename, rm, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { writeBackup, type Written } from '../backup/write.ts'
import { readMigrations } from '../db/migrate.ts'
import { createPool } from '../db/pool.ts'
import { keyFileOf, masterKey, readKeys } from '../secrets/key.ts'
import { openDatabase } from './compose.ts'
import type { Config } from './config.ts'

export interface BackupFlags {
  withKey?: boolean
  json?: boolean
}

/**
 * `kantos backup FILE|-`: beside a running server or without one. The file appears whole or not at all, readable for its
 * owner alone: it holds all data, and the hashes of passwords and keys.
 */
export async function backupCommand(config: Config, file: string, flags: BackupFlags): Promise<void> {
  const dataDir = resolve(config.dataDir)
  const keys = readKeys({ secretKey: config.secretKey ?? undefined, dataDir })
  const { url, embedded } = await openDatabase(config)
  const pool = createPool(url, { max: 1, applicationName: 'kantos backup', worker: true, statementTimeoutMs: 0 })
  const written: Written = { tables: {} }
  try {
    const text = writeBackup(
      pool,
      {
        migrations: await readMigrations(),
        keyIds: keys.map((key) => masterKey(key).id.toString('hex')),
        keys: flags.withKey === true ? keys : null,
      },
      written,
    )
    if (file === '-') await pipeline(Readable.from(text), createGzip({ level: 5 }), process.stdout, { end: false })
    else await writeWhole(file, text)
  } finally {
    await pool.end()
    await embedded?.stop()
  }
  await tell(config, file, flags, written)
}

async function writeWhole(file: string, text: AsyncIterable<Buffer>): Promise<void> {
  const beside = `${file}.part-${process.pid}`
  const handle = await open(beside, 'wx', 0o600)
  try {
    await pipeline(Readable.from(text), createGzip({ level: 5 }), handle.createWriteStream({ flush: true }))
    await rename(beside, file)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  } finally {
    await handle.close().catch(() => {})
  }
}

async function tell(config: Config, file: string, flags: BackupFlags, { tables }: Written): Promise<void> {
  const rows = Object.values(tables).reduce((sum, n) => sum + n, 0)
  const bytes = file === '-' ? null : (await stat(file)).size
  // the backup itself is on stdout
  const out = file === '-' ? process.stderr : process.stdout
  if (flags.json === true) out.write(`${JSON.stringify({ file, bytes, rows, tables })}\n`)
  const words = [`Backed up ${rows} rows${bytes === null ? '' : ` to ${file} (${Math.ceil(bytes / 1024)} KB)`}.`]
  if (flags.withKey === true)
    words.push('The key that opens secrets is in it: keep it as safe as the secrets themselves.')
  else
    words.push(
      config.secretKey === null
        ? `The key that opens secrets isn't in it. It is ${keyFileOf(config.dataDir)}: keep a copy apart from the backup.`
        : "The key that opens secrets isn't in it. It is KANTOS_SECRET_KEY: keep it apart from the backup.",
    )
  process.stderr.write(`${words.join('\n')}\n`)
}
