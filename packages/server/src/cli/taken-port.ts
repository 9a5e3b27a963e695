import { connect } from 'node:net'
import type { Config } from './config.ts'

const PATIENCE_MS = 2_000

/**
 * Looks whether the port is free, before anything is started.
 *
 * @throws Error that says who listens there: Kantos itself, or something else
 */
export async function refuseTakenPort({ host, port, publicUrl }: Config): Promise<void> {
  if (port === 0) return
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  if (!(await answers(reachable, port))) return
  const url = `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}/readyz`
  if (await isKantos(url))
    throw new Error(`Kantos is already running at ${publicUrl}. A second installation needs its own PORT and DATA_DIR.`)
  throw new Error(`Something else listens on ${host}:${port}. Set PORT to another one.`)
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: PATIENCE_MS })
    const end = (open: boolean) => {
      socket.destroy()
      resolve(open)
    }
    socket.once('connect', () => end(true)).once('error', () => end(false))
    socket.once('timeout', () => end(false))
  })
}

async function isKantos(url: string): Promise<boolean> {
  try {
    const answer = (await (await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) })).json()) as {
      checks?: { database?: unknown }
    }
    return answer.checks?.database !== undefined
  } catch {
    return false
  }
}
