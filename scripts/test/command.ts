import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export interface Ended {
  /** null: it was stopped */
  code: number | null
  /** what it wrote, when it was told to keep quiet */
  output: string
  /** it took longer than it may */
  late: boolean
}

/**
 * Runs a Node script to its end, in the root folder, with no input.
 *
 * @param file below the root, such as `node_modules/oxlint/bin/oxlint`
 * @param options `quiet` collects its output instead of showing it; `longestMs` stops it and all that it started
 */
export function runNode(
  file: string,
  args: readonly string[],
  { quiet, longestMs, env = {} }: { quiet: boolean; longestMs: number; env?: Record<string, string> },
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [ROOT + file, ...args], {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
      // a group of its own, so that nothing it started is left when it is stopped
      detached: process.platform !== 'win32',
    })
    let output = ''
    child.stdout?.on('data', (bytes: Buffer) => (output += bytes))
    child.stderr?.on('data', (bytes: Buffer) => (output += bytes))
    let late = false
    const stop = (signal: NodeJS.Signals) => {
      try {
        process.kill(process.platform === 'win32' ? child.pid! : -child.pid!, signal)
      } catch {
        // it has ended
      }
    }
    const limit = setTimeout(() => {
      late = true
      stop('SIGTERM')
      setTimeout(() => stop('SIGKILL'), 10_000).unref()
    }, longestMs)
    const interrupted = () => {
      stop('SIGTERM')
      process.exitCode = 130
    }
    process.once('SIGINT', interrupted).once('SIGTERM', interrupted)
    const end = (code: number | null) => {
      clearTimeout(limit)
      process.off('SIGINT', interrupted).off('SIGTERM', interrupted)
      resolve({ code, output, late })
    }
    child.on('error', (error) => {
      output += error.message
      end(null)
    })
    child.on('close', (code) => end(code))
  })
}
