import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listen } from '../receivers/listening.ts'
import { until } from '../helpers.ts'

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts')

export interface Command {
  stdout(): string
  stderr(): string
  /** resolves with the exit code; null when a signal ended it */
  ended: Promise<number | null>
  signal(signal: NodeJS.Signals): void
  /** waits until its output matches, and gives the match */
  says(pattern: RegExp): Promise<RegExpExecArray>
}

/** Starts the real program as a process of its own. @param env the settings; nothing else is set */
export function startCommand(args: readonly string[], env: Record<string, string>, input?: string): Command {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...args], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  child.stdin?.end(input)
  let stdout = ''
  let stderr = ''
  child.stdout!.on('data', (bytes: Buffer) => (stdout += bytes))
  child.stderr!.on('data', (bytes: Buffer) => (stderr += bytes))
  let over = false
  const ended = new Promise<number | null>((resolve) =>
    child.on('close', (code) => {
      over = true
      resolve(code)
    }),
  )
  return {
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    signal: (signal) => void child.kill(signal),
    says: async (pattern) => {
      const found = await until(() => pattern.exec(stdout) ?? pattern.exec(stderr) ?? (over ? 'over' : null))
      if (found === 'over') throw new Error(`It ended without saying ${String(pattern)}: ${stdout}${stderr}`)
      return found as RegExpExecArray
    },
  }
}

/** Runs a command to its end. */
export async function runCommand(args: readonly string[], env: Record<string, string>, input?: string) {
  const command = startCommand(args, env, input)
  const code = await command.ended
  return { code, stdout: command.stdout(), stderr: command.stderr() }
}

/** An empty data folder and a free port. The name tells a later test run that it may be removed. */
export async function emptyHome(): Promise<{ env: Record<string, string>; url: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), `kantos-test-${process.pid}-`))
  const server = createServer()
  const port = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  return {
    env: { DATA_DIR: folder, PORT: String(port) },
    url: `http://127.0.0.1:${port}`,
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
