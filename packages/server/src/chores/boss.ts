import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PgBoss } from 'pg-boss'
import type { Logger } from 'pino'
import { createOutageLog, isOutage } from '../db/outage-log.ts'
import type { Pool } from '../db/pool.ts'
import { acrossWorkspaces } from '../db/walls.ts'

/** A background job of one kind. It may be run again after a crash, or twice at once: it must bear that. */
export interface Chore {
  name: string
  /** @param signal aborts when the process stops; a chore that throws is tried again later */
  run(data: object, signal: AbortSignal): Promise<void>
  /** for a file of the data folder: done only by processes that share it */
  local?: boolean
  /** how many at once in this process; default 1 */
  concurrency?: number
  /** UTC; started at these times by itself, about once in the whole cluster */
  cron?: string
}

export interface Chores {
  /** Enqueues a job; it begins within a second or so. */
  send(name: string, data: object): Promise<void>
  stop(): Promise<void>
}

export interface ChoreOptions {
  pool: Pool
  log: Pick<Logger, 'error' | 'warn'>
  dataDir: string
  chores: readonly Chore[]
}

const HEARTBEAT_SECONDS = 30
const LONGEST_SECONDS = 23 * 3600
const STOP_MS = 10_000
const JOBS = {
  first: 'a background job could not be looked after',
  more: 'background jobs could not be looked after',
}

/**
 * The ordinary background jobs (pg-boss): imports, bulk actions, exports, retention. No run of an automation passes through here.
 *
 * A job whose process died is given to another after about a minute without a heartbeat, up to ten times.
 *
 * Source: DESIGN.md, section 2
 */
export async function startChores({ pool, log, dataDir, chores }: ChoreOptions): Promise<Chores> {
  const own = acrossWorkspaces(pool)
  const executeSql = (text: string, values?: unknown[]) => own.query(text, values)
  const boss = new PgBoss({ db: { executeSql }, registerInstance: false, reindex: false })
  const outage = createOutageLog(log, JOBS)
  boss.on('error', (error) => (isOutage(error) ? outage({ err: error }) : log.error({ err: error }, JOBS.first)))
  await boss.start({ attempts: 3 })
  const stopping = new AbortController()
  const place = await placeOf(dataDir)
  const queues = new Map<string, { queue: string; worker: string }>()
  for (const chore of chores) {
    const queue = chore.local === true ? `${chore.name}_${place}` : chore.name
    await boss.createQueue(queue, {
      retryLimit: 10,
      retryDelay: 5,
      retryBackoff: true,
      retryDelayMax: 300,
      heartbeatSeconds: HEARTBEAT_SECONDS,
      expireInSeconds: LONGEST_SECONDS,
    })
    const options = { localConcurrency: chore.concurrency ?? 1, pollingIntervalSeconds: 1 }
    const worker = await boss.work<object>(queue, options, async (jobs) => {
      for (const job of jobs) await chore.run(job.data ?? {}, AbortSignal.any([stopping.signal, job.signal]))
    })
    if (chore.cron !== undefined) await boss.schedule(queue, chore.cron, {}, { tz: 'UTC' })
    queues.set(chore.name, { queue, worker })
  }
  return {
    async send(name, data) {
      const known = queues.get(name)
      if (known === undefined) throw new Error(`There is no chore ${name}.`)
      await boss.send(known.queue, data)
      boss.notifyWorker(known.worker)
    },
    async stop() {
      stopping.abort()
      await boss.stop({ graceful: true, timeout: STOP_MS, close: false })
    },
  }
}

/** Which data folder this is: machines that share a database don't share their files. */
async function placeOf(dataDir: string): Promise<string> {
  const file = join(dataDir, 'place')
  await mkdir(dataDir, { recursive: true })
  const id = randomBytes(8).toString('hex')
  // of two processes that start at once, one makes it
  await writeFile(file, id, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  return (await readFile(file, 'utf8')).trim()
}
