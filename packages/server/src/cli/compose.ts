import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { ensureKey } from '../accounts/api-keys.ts'
import { ensureOwner } from '../accounts/owner.ts'
import { ensureWorkspace } from '../accounts/workspaces.ts'
import { startChores } from '../chores/boss.ts'
import { ensurePartitions } from '../chores/partitions.ts'
import { type Embedded, startEmbedded } from '../db/embedded/start.ts'
import { migrate } from '../db/migrate.ts'
import { createPool, type Pool } from '../db/pool.ts'
import { createDbTime } from '../db/time.ts'
import { systemClock } from '../ports/clock.ts'
import { createEgress } from '../ports/egress.ts'
import { createMailer } from '../ports/mailer.ts'
import { WAKE_CHANNEL } from '../runs/presence.ts'
import { createSealer } from '../secrets/seal.ts'
import { loadMasterKeys } from '../secrets/key.ts'
import type { Services } from '../services.ts'
import { startWorker, type Worker } from '../worker.ts'
import { choresOf, resumeChores } from './chores.ts'
import type { Config } from './config.ts'

export type ProcessRole = 'api' | 'worker' | 'all'

export interface Installation {
  services: Services
  workspaceId: string
  worker: Worker | null
  /** false: the embedded PostgreSQL was running already, so another process has this data folder */
  firstHere: boolean
  stop(): Promise<void>
}

/** connections of the API and of the worker */
const API_CONNECTIONS = 20
const NOTICE_MS = 5

/** The database, migrated: DATABASE_URL, or the embedded PostgreSQL of the data folder. */
export async function openDatabase(config: Config): Promise<{ url: string; embedded: Embedded | null }> {
  if (config.databaseUrl !== null) return { url: config.databaseUrl, embedded: null }
  const dataDir = resolve(config.dataDir)
  await mkdir(dataDir, { recursive: true })
  const embedded = await startEmbedded({ dataDir })
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
  await mkdir(dataDir, { recursive: true })
  const log = pino({ level: config.logLevel })
  const keys = loadMasterKeys({ secretKey: config.secretKey ?? undefined, dataDir })
  const egress = createEgress({ allow: config.egressAllow, log })
  const mailer = config.smtpUrl === null ? null : createMailer({ smtpUrl: config.smtpUrl, from: config.mailFrom })
  const { url, embedded } = await openDatabase(config)
  const pool = createPool(url, { max: API_CONNECTIONS, applicationName: `kantos ${role ?? 'command'}`, worker: role !== 'api' })
  const closing: (() => Promise<unknown>)[] = [() => embedded?.stop() ?? Promise.resolve(), () => pool.end()]
  const stop = async () => {
    for (const close of closing.splice(0).reverse())
      await close().catch((error: unknown) => log.warn({ err: error }, 'something could not be closed in good order'))
  }
  try {
    await migrate(pool)
    // before a relay writes; if a table is too busy, the daily chore makes them, and the DEFAULT partition catches the rest
    await ensurePartitions(pool).catch((error: unknown) => log.warn({ err: error }, 'partitions could not be made yet'))
    const notifier = createNotifier(pool)
    let worker: Worker | null = null
    const services: Services = {
      pool,
      config,
      log,
      clock: systemClock,
      sealer: createSealer(keys, 'secrets'),
      chainKey: (workspaceId) => keys[0]!.derive('chain', workspaceId),
      egress,
      mailer,
      time: await createDbTime(pool),
      wake: () => (worker === null ? notifier.wake() : worker.wake()),
      metrics: new Registry(),
      chores: { send: async () => {} },
    }
    closing.push(() => egress.close(), () => mailer?.close() ?? Promise.resolve())
    const { id: workspaceId } = await ensureWorkspace(pool, services.sealer)
    if (config.apiKey !== null) await ensureKey(pool, workspaceId, config.apiKey)
    if (config.ownerEmail !== null && config.ownerPassword !== null)
      await ensureOwner(pool, workspaceId, config.ownerEmail, config.ownerPassword)
    if (role !== null) {
      const chores = await startChores({ pool, log, dataDir, chores: choresOf(services) })
      services.chores = chores
      closing.push(() => chores.stop())
      await resumeChores(services, chores)
    }
    if (role === 'worker' || role === 'all') {
      const started = await startWorker(services)
      worker = started
      closing.push(() => started.stop(8_000))
    }
    return { services, workspaceId, worker, firstHere: embedded?.owned ?? true, stop }
  } catch (error) {
    await stop()
    throw error
  }
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
