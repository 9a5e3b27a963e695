import { readFileSync, readlinkSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'

/** What `postmaster.pid` says of the server that holds a database folder. */
export interface Postmaster {
  pid: number
  /** null while it starts */
  port: number | null
  ready: boolean
}

/**
 * Reads `postmaster.pid`.
 *
 * @param folder the database folder
 * @returns null when no server holds the folder. A file whose process is gone, or is no PostgreSQL (its number was given
 *   to another process after a restart of the machine or container), counts as none and is removed if PostgreSQL itself
 *   would trip over it
 */
export async function readPostmaster(folder: string): Promise<Postmaster | null> {
  const path = join(folder, 'postmaster.pid')
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (text === null) return null
  const lines = text.split('\n')
  const pid = Number(lines[0])
  if (!Number.isInteger(pid) || pid <= 0) return null
  const what = whatRuns(pid, folder)
  if (what === 'something else') await rm(path, { force: true })
  if (what !== 'our server') return null
  return { pid, port: Number(lines[3]) || null, ready: lines[7]?.trim() === 'ready' }
}

/** The port the folder's server had last time, so that its URL survives a restart; null before the first start. */
export async function lastPort(folder: string): Promise<number | null> {
  const text = await readFile(join(folder, 'postmaster.opts'), 'utf8').catch(() => '')
  return Number(/\bport=(\d+)/.exec(text)?.[1]) || null
}

/**
 * A port on 127.0.0.1 that nobody listens on.
 *
 * @param wanted taken if it is free, else any
 */
export async function freePort(wanted: number | null): Promise<number> {
  const server = createServer()
  const port = await new Promise<number | null>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (wanted !== null && ['EADDRINUSE', 'EACCES'].includes(error.code ?? '')) resolve(null)
      else reject(error)
    })
    server.listen(wanted ?? 0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : null))
    })
  })
  return port ?? freePort(null)
}

/** Whether a process with this number exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * Linux tells what a process is, where it works, and whether it is only waiting to be buried; elsewhere we take the file's
 * word. PostgreSQL works in its database folder, so the server of another folder isn't taken for ours.
 */
export function whatRuns(pid: number, folder: string): 'our server' | 'something else' | 'nothing' {
  if (!isAlive(pid)) return 'nothing'
  if (process.platform !== 'linux') return 'our server'
  try {
    const [, name, state] = /^\d+ \((.*)\) (\S)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
    if (name !== 'postgres' || state === 'Z' || state === 'X') return 'something else'
  } catch {
    return 'nothing'
  }
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === folder ? 'our server' : 'something else'
  } catch {
    return isAlive(pid) ? 'our server' : 'nothing' // another user's process keeps its folder to itself
  }
}
