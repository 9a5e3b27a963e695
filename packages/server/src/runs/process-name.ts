import { hostname } from 'node:os'
import { isAlive } from '../db/embedded/postmaster.ts'

/** `host:pid`, the name under which a process shows its workers. */
export const PROCESS_NAME = `${hostname()}:${process.pid}`

/**
 * Whether the process of this name is surely gone: it was one of this machine, which has no such process any more. Machines and
 * containers are told apart by their host names.
 *
 * @param name another process's `PROCESS_NAME`; if it is ours, it was given to an earlier process, as a container does that starts anew
 * @returns false where this machine can't tell
 */
export function isProcessGone(name: string): boolean {
  const [, host, pid] = /^(.*):(\d+)$/.exec(name) ?? []
  return host === hostname() && (name === PROCESS_NAME || !isAlive(Number(pid)))
}
