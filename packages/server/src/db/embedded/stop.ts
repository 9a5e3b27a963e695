import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { Binaries } from './binaries.ts'
import { readPostmaster, whatRuns } from './postmaster.ts'

const FAST_MS = 60_000
const IMMEDIATE_MS = 10_000

/**
 * Stops the server of a database folder and waits until it is gone: connections are cut, what is committed is written down.
 * If that takes longer than a minute it is stopped at once, and recovers at the next start.
 *
 * @throws Error when it is still there after both
 */
export async function stopPostgres(folder: string, binaries: Binaries): Promise<void> {
  const running = await readPostmaster(folder)
  if (running === null) return
  if (process.platform === 'win32') {
    await once(spawn(binaries.pgCtl, ['stop', '-w', '-m', 'fast', '-D', folder], { env: binaries.env }), 'exit')
  } else {
    signal(running.pid, 'SIGINT')
    if (await isGone(folder, running.pid, FAST_MS)) return
    signal(running.pid, 'SIGQUIT')
  }
  if (!(await isGone(folder, running.pid, IMMEDIATE_MS))) {
    throw new Error(`PostgreSQL (process ${running.pid}) doesn't stop.`)
  }
}

async function isGone(folder: string, pid: number, patienceMs: number): Promise<boolean> {
  for (const end = Date.now() + patienceMs; Date.now() < end; await delay(10)) {
    // It takes its file away first and ends a moment later.
    if ((await readPostmaster(folder))?.pid !== pid && whatRuns(pid, folder) !== 'our server') return true
  }
  return false
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
