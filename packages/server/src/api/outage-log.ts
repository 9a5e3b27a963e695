import type { Logger } from 'pino'

/** Tells of a request that could not be served. */
export type OutageLog = (fields: object) => void

const EVERY_MS = 1_000

/**
 * While the database is away every request is refused, and a line for each would only fill the disk: the first is told at
 * once, then one line a second says how many there were.
 */
export function createOutageLog(log: Pick<Logger, 'warn'>, everyMs = EVERY_MS): OutageLog {
  let more = 0
  let last: object = {}
  let timer: NodeJS.Timeout | null = null
  const wait = () => {
    timer = setTimeout(() => {
      timer = null
      if (more === 0) return
      log.warn({ ...last, refused: more }, 'requests could not be served')
      more = 0
      wait()
    }, everyMs)
    timer.unref()
  }
  return (fields) => {
    if (timer === null) {
      log.warn(fields, 'a request could not be served')
      wait()
      return
    }
    more += 1
    last = fields
  }
}
