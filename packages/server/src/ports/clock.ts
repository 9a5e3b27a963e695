/**
 * Where a process takes its time from. What is stored or compared across processes follows the database's clock;
 * this one serves leases, pauses and deadlines inside one process.
 */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number
  /**
   * @param ms how long to sleep; 0 or less returns in the next turn
   * @param signal ends the sleep early
   * @returns once `ms` have passed; rejects with the signal's reason when it is aborted first
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export interface SettableClock extends Clock {
  /** Moves to an instant and wakes every sleeper that is due by then, earliest first. Never goes back. */
  set(ms: number): void
  /** Moves on by a number of milliseconds. */
  advance(ms: number): void
  /** How many sleepers wait at this moment. */
  sleeping(): number
}

/** A longer timer fires at once in Node, so longer sleeps are made of several. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => sleepUntil(Date.now() + ms, signal),
}

function sleepUntil(due: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    let timer: NodeJS.Timeout
    const abort = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const tick = () => {
      const left = due - Date.now()
      if (left > LONGEST_TIMER_MS) {
        timer = setTimeout(tick, LONGEST_TIMER_MS)
        return
      }
      timer = setTimeout(
        () => {
          signal?.removeEventListener('abort', abort)
          resolve()
        },
        Math.max(0, left),
      )
    }
    signal?.addEventListener('abort', abort, { once: true })
    tick()
  })
}

/**
 * A clock that moves only when it is told to, for tests and simulations.
 *
 * @param startMs its first instant, milliseconds since 1970
 */
export function settableClock(startMs: number): SettableClock {
  let now = startMs
  const sleepers = new Set<{ due: number; wake: () => void }>()
  const clock: SettableClock = {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        if (ms <= 0) return resolve()
        const abort = () => {
          sleepers.delete(sleeper)
          reject(signal?.reason)
        }
        const sleeper = {
          due: now + ms,
          wake: () => {
            signal?.removeEventListener('abort', abort)
            resolve()
          },
        }
        signal?.addEventListener('abort', abort, { once: true })
        sleepers.add(sleeper)
      }),
    set: (ms) => {
      if (ms < now) throw new RangeError(`the clock is at ${now} and cannot go back to ${ms}`)
      now = ms
      const due = [...sleepers].filter((sleeper) => sleeper.due <= now).sort((a, b) => a.due - b.due)
      for (const sleeper of due) {
        sleepers.delete(sleeper)
        sleeper.wake()
      }
    },
    advance: (ms) => clock.set(now + ms),
    sleeping: () => sleepers.size,
  }
  return clock
}
