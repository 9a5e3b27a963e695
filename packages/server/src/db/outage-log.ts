import type { Logger } from 'pino'
import { classify } from './states.ts'

/** Tells of what could not be done for want of the database. */
export type OutageLog = (fields: object) => void

/** Of the first, and of those after it, which a number stands for. */
export interface OutageWords {
  first: string
  more: string
}

const REQUESTS: OutageWords = { first: 'a request could not be served', more: 'requests could not be served' }
const EVERY_MS = 1_000

/**
 * While the database is away all that needs it fails, and a line for each would only fill the disk: the first is told at
 * once, then one line a second says how many there were (`refused`), with the last of them.
 */
export function createOutageLog(log: Pick<Logger, 'warn'>, words = REQUESTS, everyMs = EVERY_MS): OutageLog {
  let more = 0
  let last: object = {}
  let timer: NodeJS.Timeout | null = null
  const wait = () => {
    timer = setTimeout(() => {
      timer = null
      if (more === 0) return
      log.warn({ ...last, refused: more }, words.more)
      more = 0
      wait()
    }, everyMs)
    timer.unref()
  }
  return (fields) => {
    if (timer === null) {
      log.warn(fields, words.first)
      wait()
      return
    }
    more += 1
    last = fields
  }
}

/** Whether a failure says nothing but that the database can't be used at the moment. */
export const isOutage = (error: unknown): boolean => classify(error) === 'unavailable'
