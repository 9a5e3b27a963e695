import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A process of the bench, doing one part of it. */
export interface Part {
  pid: number
  /** sends a message and waits for the part's answer to it */
  ask<T = unknown>(message: { type: string; [key: string]: unknown }): Promise<T>
  stop(): Promise<void>
}

const START_MS = 60_000

/** Starts `bench/parts/<name>.ts` in a process of its own and waits until it is ready. */
export async function startPart(name: string, env: NodeJS.ProcessEnv): Promise<Part> {
  const child = fork(fileURLToPath(new URL(`./parts/${name}.ts`, import.meta.url)), {
    env: { ...process.env, ...env },
    execArgv: process.execArgv,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const answers: ((answer: unknown) => void)[] = []
  let ended = false
  const failed = new Promise<never>((_, reject) =>
    child.once('exit', (code) => {
      ended = true
      reject(new Error(`The bench's part ${name} ended with ${code}.`))
    }),
  )
  failed.catch(() => {})
  child.on('message', (message) => answers.shift()?.(message))
  const answer = () => Promise.race([failed, new Promise<unknown>((resolve) => answers.push(resolve))])
  const late = setTimeout(() => child.kill('SIGKILL'), START_MS)
  await answer()
  clearTimeout(late)
  return {
    pid: child.pid!,
    ask: async <T>(message: object) => {
      child.send(message)
      return (await answer()) as T
    },
    stop: async () => {
      if (ended) return
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      const kill = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await gone
      clearTimeout(kill)
    },
  }
}

/** The other side: tells that this process is ready, and answers what it is asked. */
export function beReady(handlers: Record<string, (message: any) => Promise<unknown> | unknown>): void {
  process.on('message', (message: { type: string }) => {
    void Promise.resolve(handlers[message.type]!(message)).then((answer) => process.send!(answer ?? null))
  })
  process.send!('ready')
}
