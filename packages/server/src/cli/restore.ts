import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import type { BackupHeader } from '../backup/format.ts'
import { restoreBackup } from '../backup/restore.ts'
import { createPool } from '../db/pool.ts'
import { addKeys, keyFileOf, masterKey, readKeys } from '../secrets/key.ts'
import { openDatabase } from './compose.ts'
import type { Config } from './config.ts'
import { makeDataDir } from './data-dir.ts'

export interface RestoreFlags {
  force?: boolean
  json?: boolean
}

/** `kantos restore FILE|-`: into an empty installation, all or nothing, and on hold until `kantos release`. */
export async function restoreCommand(config: Config, file: string, flags: RestoreFlags): Promise<void> {
  const source = file === '-' ? process.stdin : await openFile(file)
  const dataDir = resolve(config.dataDir)
  await makeDataDir(dataDir, { holdsDatabase: config.databaseUrl === null })
  const { url, embedded } = await openDatabase(config)
  const pool = createPool(url, { max: 2, applicationName: 'kantos restore', worker: true, statementTimeoutMs: 0 })
  try {
    const gunzip = createGunzip()
    // its failure is the reader's
    pipeline(source, gunzip).catch(() => {})
    const { header, tables, migrated } = await restoreBackup(pool, gunzip, { force: flags.force === true })
    if (header.keys !== undefined)
      addKeys(
        dataDir,
        header.keys.map((key) => Buffer.from(key, 'base64')),
      )
    const rows = Object.values(tables).reduce((sum, n) => sum + n, 0)
    if (flags.json === true)
      process.stdout.write(`${JSON.stringify({ made_at: header.made_at, rows, tables, migrated, on_hold: true })}\n`)
    process.stderr.write(`${words(config, dataDir, header, rows, migrated).join('\n')}\n`)
  } finally {
    await pool.end()
    await embedded?.stop()
  }
}

function words(config: Config, dataDir: string, header: BackupHeader, rows: number, migrated: string[]): string[] {
  const said = [`Restored ${rows} rows as of ${header.made_at}.`]
  if (migrated.length > 0) said.push(`Then applied ${migrated.join(', ')}.`)
  const here = readKeys({ secretKey: config.secretKey ?? undefined, dataDir }).map((key) =>
    masterKey(key).id.toString('hex'),
  )
  if (header.key_ids.length > 0 && !header.key_ids.some((id) => here.includes(id)))
    said.push(
      `Warning: the key that opens the stored secrets isn't here. Before you start Kantos, put the old secret.key to ${keyFileOf(dataDir)}, or set the old KANTOS_SECRET_KEY. Without it, secrets and signing secrets have to be entered anew.`,
    )
  said.push(
    'Everything is on hold: no run starts or goes on, nothing is sent. Start Kantos, look around, then either',
    '  kantos release --runs continue   what waited goes on, and what was about to be sent is sent',
    '  kantos release --runs cancel     what was under way is cancelled; only what comes from now on runs',
    'Everybody has to log in again.',
  )
  return said
}

/** A file that can't be opened fails before anything is started. */
async function openFile(file: string): Promise<Readable> {
  return (await open(file)).createReadStream()
}
