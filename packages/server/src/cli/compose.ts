import { resolve } from 'node:path'
import { type Logger, pino } from 'pino'
import { Registry } from 'prom-client'
import { ensureKey } from '../accounts/api-keys.ts'
import { ensureOwner } from '../accounts/owner.ts'
import { ensureWorkspace } from '../accounts/workspaces.ts'
import { type DiskWatch, freeBytes, watchDisk } from '../api/disk.ts'
import { startChores } from '../chores/boss.ts'
import { ensurePartitions } from '../chores/partitions.ts'
import { type Embedded, startEmbedded } from '../db/embedded/start.ts'
import { migrate } from '../db/migrate.ts'
import { createPool, type Pool } from '../db/pool.ts'
import { createDbTime } from '../db/time.ts'
import { processMetrics } from '../metrics/process.ts'
import { queueMetrics } from '../metrics/queue.ts'
import { systemClock } from '../ports/clock.ts'
import { createEgress } from '../ports/egress.ts'
import { createMailer } from '../ports/mailer.ts'
import { WAKE_CHANNEL } from '../runs/presence.ts'
import { createSealer } from '../secrets/seal.ts'
import { keysFor, loadMasterKeys } from '../secrets/key.ts'
import type { Services } from '../services.ts'
import { startWorker } from '../worker.ts'
import { choresOf, resumeChores } from './chores.ts'
import type { Config } from './config.ts'
import { makeDataDir } from './data-dir.ts'
import { guardWorker, type GuardedWorker } from './disk-guard.ts'
import { readFacts, refuseOldServer, warningsOf } from './self-check.ts'

export type ProcessRole = 'api' | 'worker' | 'all'

export interface Installation {
  services: Services
  workspaceId: string
  /** the room left in the data folder */
  disk: DiskWatch
  /** when the worker's relay last got an answer, as `performance.now()`; null: it pauses; undefined: there is no worker here */
  relayLookedAt(): number | null | undefined
  /** what an operator should know */
  warnings: string[]
  /** says that the process stops: streams end, requests are refused, `/readyz` is 503 */
  drain(): void
  /** takes up nothing new, and waits for what the worker and the chores have under way */
  stopWork(): Promise<void>
  /** stops the work if it goes on, then closes everything */
  stop(): Promise<void>
}

/** connections of the API and of the worker */
const API_CONNECTIONS = 20
const NOTICE_MS = 5
/** how long a stop waits for each part; together less than the 10 s that `serve` has */
const STOP_WORK_MS = 6_000
const STOP_PART_MS = 2_000

/** The database, migrated: DATABASE_URL, or the embedded PostgreSQL of the data folder. */
export async function openDatabase(config: Config, log?: Logger): Promise<{ url: string; embedded: Embedded | null }> {
  if (config.databaseUrl !== null) return { url: config.databaseUrl, embedded: null }
  const dataDir = resolve(config.dataDir)
  await makeDataDir(dataDir, { holdsDatabase: true })
  // that it starts and stops is nothing to tell; what comes in between is
  let level: 'debug' | 'info' = 'debug'
  const embedded = await startEmbedded({ dataDir, log: (message) => log?.[level](message) })
  level = 'info'
  const { stop } = embedded
  embedded.stop = () => {
    level = 'debug'
    return stop()
  }
  return { url: embedded.url, embedded }
}

/**
 * Puts an installation together: what `serve` runs, and what the commands that need the database use.
 *
 * @param role `api` and `worker` processes share the database; null: neither, for a command
 * @throws with a message that says which setting or which part can't be used
 */
export async function compose(config: Config, role: ProcessRole | null): Promise<Installation> {
  const dataDir = resolve(config.dataDir)
  await makeDataDir(dataDir, { holdsDatabase: config.databaseUrl === null })
  const log = role === null ? commandLog(config) : pino({ level: config.logLevel })
  const keys = loadMasterKeys({ secretKey: config.secretKey ?? undefined, dataDir })
  const egress = createEgress({ allow: config.egressAllow, log })
  const mailer = config.smtpUrl === null ? null : createMailer({ smtpUrl: config.smtpUrl, from: config.mailFrom })
  const { url, embedded } = await openDatabase(config, log)
  const pool = createPool(url, {
    max: API_CONNECTIONS,
    applicationName: `kantos ${role ?? 'command'}`,
    worker: true,
  })
  const stopping = new AbortController()
  const work: (() => Promise<unknown>)[] = []
  const closing: (() => Promise<unknown>)[] = [
    async () => embedded?.stop(),
    () => within(STOP_PART_MS, pool.end()),
    () => within(STOP_PART_MS, egress.close()),
    async () => mailer?.close(),
  ]
  const close = (part: () => Promise<unknown>) =>
    part().catch((error: unknown) => log.warn({ err: error }, 'something could not be stopped in good order'))
  const stopWork = async () => {
    await Promise.all(work.splice(0).map((end) => close(() => within(STOP_WORK_MS, end()))))
  }
  const stop = async () => {
    stopping.abort()
    await stopWork()
    for (const part of closing.splice(0).reverse()) await close(part)
  }
  try {
    await refuseOldServer(pool)
    await migrate(pool)
    // before a relay writes; if a table is too busy, the daily chore makes them, and the DEFAULT partition catches the rest
    await ensurePartitions(pool).catch((error: unknown) => log.warn({ err: error }, 'partitions could not be made yet'))
    const notifier = createNotifier(pool)
    const disk = watchDisk(dataDir)
    let guarded: GuardedWorker | null = null
    const services: Services = {
      pool,
      config,
      log,
      clock: systemClock,
      sealer: createSealer(keys, 'secrets'),
      chainKey: keysFor(keys[0]!, 'chain'),
      egress,
      mailer,
      time: await createDbTime(pool),
      wake: () => (guarded?.worker() ?? notifier).wake(),
      metrics: new Registry(),
      stopping: stopping.signal,
      chores: { send: async () => {} },
    }
    const { id: workspaceId } = await ensureWorkspace(pool, services.sealer)
    if (config.apiKey !== null) await ensureKey(pool, workspaceId, config.apiKey)
    if (config.ownerEmail !== null && config.ownerPassword !== null)
      await ensureOwner(pool, workspaceId, config.ownerEmail, config.ownerPassword)
    let warnings: string[] = []
    if (role !== null) {
      processMetrics({ pool, metrics: services.metrics, dataDir: embedded === null ? null : dataDir })
      queueMetrics(services)
      const free = embedded === null ? null : await freeBytes(dataDir)
      const facts = await readFacts(
        pool,
        services.time,
        free,
        keys.map(({ id }) => id),
      )
      warnings = warningsOf(facts, config, { serves: role !== 'worker', needed: API_CONNECTIONS })
      const chores = await startChores({ pool, log, dataDir, chores: choresOf(services) })
      services.chores = chores
      work.push(() => chores.stop())
      await resumeChores(services, chores)
    }
    if (role === 'worker' || role === 'all') {
      // a database elsewhere minds its own disk
      const isFull = () => (embedded === null ? Promise.resolve(false) : disk.look())
      const started = await guardWorker(isFull, () => startWorker(services), log)
      guarded = started
      work.push(() => started.stop(STOP_WORK_MS - 500))
    }
    return {
      services,
      workspaceId,
      disk,
      warnings,
      relayLookedAt: () => (guarded === null ? undefined : (guarded.worker()?.lookedAt() ?? null)),
      drain: () => stopping.abort(),
      stopWork,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** A command's output is data, so it logs to stderr, and only what matters unless more is asked for. */
function commandLog({ logLevel }: Config): Logger {
  return pino({ level: logLevel === 'info' ? 'warn' : logLevel }, pino.destination({ dest: 2, sync: true }))
}

/** Waits for a part to end, but not for ever: what hangs is left to the end of the process. */
async function within(ms: number, end: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([end, late]).finally(() => clearTimeout(timer))
}

/** Tells the workers of other processes that there is work: one notice for all commits of a few milliseconds. */
function createNotifier(pool: Pool): { wake(): void } {
  let timer: NodeJS.Timeout | null = null
  return {
    wake: () => {
      timer ??= setTimeout(() => {
        timer = null
        // a notice that is lost costs the workers' next look, half a second at most
        pool.query(`notify ${WAKE_CHANNEL}`).catch(() => {})
      }, NOTICE_MS)
    },
  }
}
