import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs'
import { asAccount, type Account } from './account.ts'
import type { Binaries } from './binaries.ts'

/** Every write is on disk when its commit returns. */
const SETTINGS: Record<string, string> = {
  fsync: 'on',
  synchronous_commit: 'on',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  timezone: 'UTC',
  log_timezone: 'UTC',
  password_encryption: 'scram-sha-256',
  shared_buffers: '128MB',
  max_connections: '100',
  max_wal_size: '1GB',
  checkpoint_timeout: '5min',
  autovacuum_naptime: '5s',
  deadlock_timeout: '100ms',
  jit: 'off',
  // Refused statements are answered to who sent them; in the log they would only repeat customers' data.
  log_min_messages: 'log',
}

const LOG_LIMIT_BYTES = 10 * 1024 * 1024

/** A server process that was asked to start. */
export interface Spawned {
  /** why it ended, in its own words; null while it runs */
  ended(): string | null
  /** whether it ended because of something that passes: another start, dying backends of a killed server, a taken port */
  mayTryAgain(): boolean
}

/**
 * Starts PostgreSQL in a process group of its own: it outlives us, and Ctrl-C in the terminal reaches us alone.
 *
 * @param logFile takes what it says; begun anew, with one predecessor kept, beyond 10 MiB
 * Source: DESIGN.md, section 11
 */
export function spawnPostgres(
  binaries: Binaries,
  account: Account,
  { folder, port, logFile }: { folder: string; port: number; logFile: string },
): Spawned {
  const logStart = beginLog(logFile)
  const settings = Object.entries({ ...SETTINGS, port }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const command = asAccount(account, binaries.postgres, ['-D', folder, ...settings])
  const log = openSync(logFile, 'a', 0o600)
  const child = spawn(command.file, command.args, {
    ...command.options,
    cwd: folder,
    env: binaries.env,
    detached: true,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  child.unref()
  let ended: string | null = null
  child.on('error', (error) => (ended = error.message))
  child.on('exit', (code, signal) => {
    ended ??= readLog(logFile, logStart) || `PostgreSQL ended with ${signal ?? `code ${code}`} and said nothing.`
  })
  return {
    ended: () => ended,
    mayTryAgain: () => ended !== null && /lock file|still in use|could not bind|could not create any TCP/.test(ended),
  }
}

/** @returns the log's length in bytes, where the words of the next server begin */
function beginLog(logFile: string): number {
  try {
    const { size } = statSync(logFile)
    if (size <= LOG_LIMIT_BYTES) return size
    renameSync(logFile, `${logFile}.1`)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return 0
}

function readLog(logFile: string, start: number): string {
  try {
    return readFileSync(logFile).subarray(start).toString('utf8').trim()
  } catch {
    return '' // the whole data folder was removed
  }
}
