import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, type WriteStream } from 'node:fs'
import { join } from 'node:path'
import type { Arming, Failpoint } from '../../src/failpoints.ts'

const READY = /Kantos (?:worker is running|is running at)/
const STARTS_WITHIN_MS = 180_000

/** A process of the installation: `kantos serve`. */
export interface Member {
  role: 'api' | 'worker' | 'all'
  child: ChildProcess
  exited: Promise<unknown>
  alive(): boolean
  /** false when it is gone already */
  signal(signal: NodeJS.Signals): boolean
  /** the next time it passes that point; false when it is gone already */
  arm(arming: Arming): boolean
  disarm(failpoint: Failpoint): void
}

/**
 * Starts `kantos serve` as a process of its own and waits until it says that it runs.
 *
 * @param root the repository whose code it runs
 * @param logFile what it says is added there
 * @throws Error when it ends, or is silent for three minutes
 */
export async function startMember(
  root: string,
  role: Member['role'],
  env: Record<string, string>,
  logFile: string,
): Promise<Member> {
  const main = join(root, 'packages/server/src/cli/main.ts')
  const child = spawn(
    process.execPath,
    ['--max-semi-space-size=8', '--disable-warning=ExperimentalWarning', main, 'serve', '--role', role],
    { env: { PATH: process.env.PATH ?? '', ...env }, cwd: root, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
  )
  const exited = once(child, 'exit')
  exited.catch(() => {})
  const log = createWriteStream(logFile, { flags: 'a' })
  const member: Member = {
    role,
    child,
    exited,
    alive: () => child.exitCode === null && child.signalCode === null,
    signal: (signal) => child.kill(signal),
    arm: (arming) => child.connected && child.send(arming, () => {}),
    disarm: (failpoint) => void (child.connected && child.send({ disarm: failpoint }, () => {})),
  }
  child.on('error', () => {})
  // also a frozen one goes with the rig
  const leave = () => void child.kill('SIGKILL')
  process.once('exit', leave)
  void exited.then(() => process.off('exit', leave))
  await ready(member, log)
  return member
}

async function ready({ child, exited, role }: Member, log: WriteStream): Promise<void> {
  let said = ''
  let timer: NodeJS.Timeout | undefined
  const running = new Promise<void>((resolve, reject) => {
    const listen = (bytes: Buffer) => {
      log.write(bytes)
      if (said === READY_SAID) return
      said += bytes.toString('utf8')
      if (!READY.test(said)) return
      said = READY_SAID
      resolve()
    }
    child.stdout!.on('data', listen)
    child.stderr!.on('data', listen)
    timer = setTimeout(() => reject(new Error(`A process of role ${role} doesn't start: ${said}`)), STARTS_WITHIN_MS)
    void exited.then(() => reject(new Error(`A process of role ${role} ended before it was ready: ${said}`)))
  })
  child.once('close', () => log.end())
  await running.catch((error: Error) => {
    child.kill('SIGKILL')
    throw error
  })
  clearTimeout(timer)
}

const READY_SAID = '\0'
