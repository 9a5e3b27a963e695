import { readdirSync, readFileSync } from 'node:fs'

const TICKS_PER_SECOND = 100

/**
 * CPU seconds used so far by the PostgreSQL server (all its backends, ended ones included) whose postmaster has this
 * process id. Linux only: elsewhere 0.
 */
export function postgresCpuSeconds(postmaster: number): number {
  try {
    let ticks = 0
    for (const entry of readdirSync('/proc')) {
      if (!/^\d+$/.test(entry)) continue
      try {
        const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        const [parent, user, system, childUser, childSystem] = [1, 11, 12, 13, 14].map((i) => Number(fields[i]))
        if (Number(entry) === postmaster) ticks += childUser! + childSystem!
        if (Number(entry) === postmaster || parent === postmaster) ticks += user! + system!
      } catch {
        // the process ended while it was being read
      }
    }
    return ticks / TICKS_PER_SECOND
  } catch {
    return 0
  }
}

/** The postmaster's process id, from its data folder. */
export function postmasterOf(dataDir: string): number {
  try {
    return Number(readFileSync(`${dataDir}/pg18/postmaster.pid`, 'utf8').split('\n')[0])
  } catch {
    return 0
  }
}
