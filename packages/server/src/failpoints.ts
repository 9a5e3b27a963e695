import { appendFileSync } from 'node:fs'

/** The moments at which `npm run chaos` stops a process: between any two lines that must not come apart. */
export const FAILPOINTS = [
  'after_claim',
  'before_commit',
  'after_commit',
  'before_effect',
  'after_effect_before_settle',
  'settle',
  'beat',
  'sweep',
  'wait_fire',
  'schedule_tick',
  'enlist_chunk',
  'date_fill',
  'date_fire',
  'api_after_commit_before_answer',
  'shutdown',
] as const
export type Failpoint = (typeof FAILPOINTS)[number]

/** Ends the process on the spot, freezes it, or fails what it is doing. */
export type FailpointAction = 'kill' | 'stop' | 'throw'

/** What the rig sends over the process's IPC channel: the next time that point is passed, this happens, once. */
export interface Arming {
  failpoint: Failpoint
  action: FailpointAction
}

/** The variable KANTOS_FAILPOINTS, as JSON. */
export interface FailpointSettings {
  /** a file that gets a line `<failpoint> <action> <pid>` before each firing */
  log: string
  /** times that a test shortens, in milliseconds */
  leaseMs?: number
  beatMs?: number
  silentMs?: number
  keyDeadMs?: number
}

const settings = readSettings(process.env.KANTOS_FAILPOINTS)

/** Passing a moment named above. Does nothing, unless the process was started by the chaos rig. */
export const failpoint: (name: Failpoint) => void = settings === null ? () => {} : listen(settings)

/** A time that the rig may have shortened, so that its faults fit into an hour. @returns milliseconds */
export function testTime(name: 'leaseMs' | 'beatMs' | 'silentMs' | 'keyDeadMs', productionMs: number): number {
  return settings?.[name] ?? productionMs
}

/** Only a process that has a channel to the one who started it can be armed, so the variable alone does nothing. */
function readSettings(text: string | undefined): FailpointSettings | null {
  return text === undefined || process.send === undefined ? null : (JSON.parse(text) as FailpointSettings)
}

function listen({ log }: FailpointSettings): (name: Failpoint) => void {
  const armed = new Map<Failpoint, FailpointAction>()
  process.on('message', (message: Arming | { disarm: Failpoint }) => {
    if ('disarm' in message) armed.delete(message.disarm)
    else armed.set(message.failpoint, message.action)
  })
  // the channel is no reason to live on
  process.channel?.unref()
  return (name) => {
    const action = armed.get(name)
    if (action === undefined) return
    armed.delete(name)
    // what is written is in the system's hands, and outlives us
    appendFileSync(log, `${name} ${action} ${process.pid}\n`)
    if (action === 'throw') throw new Error(`The failpoint ${name} was armed.`)
    process.kill(process.pid, action === 'kill' ? 'SIGKILL' : 'SIGSTOP')
  }
}
