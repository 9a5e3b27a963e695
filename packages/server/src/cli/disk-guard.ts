import type { Logger } from 'pino'
import type { Worker } from '../worker.ts'

export interface GuardedWorker {
  /** null while it pauses */
  worker(): Worker | null
  /** Looks at the disk now, and pauses the worker or lets it go on. */
  look(): Promise<void>
  /** Ends the worker for good. */
  stop(graceMs: number): Promise<void>
}

const LOOK_MS = 5_000
const PAUSE_GRACE_MS = 5_000

/**
 * Runs a worker while there is room on the disk of the embedded database: PostgreSQL that finds none left stops altogether.
 * The API refuses writes meanwhile; what waits to be run goes on once there is room again.
 *
 * @param isFull asks the disk; its failure counts as "not full"
 * @param start starts a worker
 * Source: DESIGN.md, section 11
 */
export async function guardWorker(
  isFull: () => Promise<boolean>,
  start: () => Promise<Worker>,
  log: Pick<Logger, 'error' | 'info' | 'warn'>,
): Promise<GuardedWorker> {
  let worker: Worker | null = null
  let stopped = false
  /** one change at a time */
  let changing: Promise<void> = Promise.resolve()

  async function change(): Promise<void> {
    const full = await isFull().catch(() => false)
    if (stopped) return
    if (full && worker !== null) {
      log.error('less than 256 MB are free in the data folder: no run is taken up until there is room')
      const paused = worker
      worker = null
      await paused.stop(PAUSE_GRACE_MS)
    } else if (!full && worker === null) {
      worker = await start()
    }
  }
  const look = () => {
    const looked = changing.then(change)
    changing = looked.catch(() => {})
    return looked
  }
  await look()
  const timer = setInterval(
    () => void look().catch((error: unknown) => log.warn({ err: error }, 'the worker could not be started again yet')),
    LOOK_MS,
  )
  timer.unref()
  return {
    worker: () => worker,
    look,
    async stop(graceMs) {
      stopped = true
      clearInterval(timer)
      await changing
      await worker?.stop(graceMs)
      worker = null
    },
  }
}
