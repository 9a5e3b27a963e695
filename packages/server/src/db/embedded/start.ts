import { mkdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { chooseAccount, giveTo } from './account.ts'
import { findBinaries } from './binaries.ts'
import { ensureCluster } from './cluster.ts'
import { freePort, lastPort, readPostmaster } from './postmaster.ts'
import { connectionUrl, openSession, type Session } from './session.ts'
import { spawnPostgres, type Spawned } from './spawn.ts'
import { stopPostgres } from './stop.ts'

export interface Embedded {
  /** as the plain role `kantos`, owner of the database `kantos`; no superuser, so row-level policies hold */
  url: string
  /** as the superuser, in the database `postgres` */
  superuserUrl: string
  /** whether this process looks after the server: starts it again when it dies, and stops it when nobody else uses it */
  readonly owned: boolean
  stop(): Promise<void>
}

/** How long a start is tried again while the backends of a killed server, or another start, are in its way. */
const PATIENCE_MS = 60_000
const TAKE_OVER_EVERY_MS = 2_000
const RESPAWN_FIRST_MS = 100
const RESPAWN_LAST_MS = 10_000

/**
 * Starts the PostgreSQL that npm installed, or attaches to it if it already runs in this folder.
 *
 *   nothing ──initdb──▶ stopped ──spawn──▶ starting ──ready──▶ running ──▶ attached (owner, or one more user)
 *      a running server that dies is started again on the same port, with growing pauses
 *
 * Who finds no owner becomes it. `stop` of the owner stops the server if no other process uses it; else one of those takes
 * over within two seconds. A process that dies leaves the server running, and the next one attaches.
 *
 * @param dataDir folder for the database (`pg18`) and its log (`pg18.log`), made if missing
 * @param log told, in one line each, of what a person who operates this wants to know
 * @throws Error in PostgreSQL's own words when it doesn't start
 * Source: SPEC.md, section 14; DESIGN.md, section 11
 */
export async function startEmbedded(options: { dataDir: string; log?: (message: string) => void }): Promise<Embedded> {
  const log = options.log ?? (() => {})
  await mkdir(options.dataDir, { recursive: true })
  const dataDir = await realpath(options.dataDir)
  const binaries = await findBinaries(dataDir)
  const account = await chooseAccount([dataDir, binaries.root])
  const { folder, passwords, created } = await ensureCluster(dataDir, binaries, account)
  const logFile = join(dataDir, 'pg18.log')
  if (created) log(`made a new database in ${folder}`)

  let stopping = false
  let owned = false
  let session: Session | null = null
  let recovery: Promise<void> = Promise.resolve()

  /** Attaches to the folder's server, starting it if there is none. */
  async function attach(fixedPort: number | null): Promise<{ session: Session; port: number }> {
    let spawned: Spawned | null = null
    let failure = ''
    for (let end = Date.now() + PATIENCE_MS; Date.now() < end; await delay(spawned?.ended() === null ? 5 : 50)) {
      const running = await readPostmaster(folder)
      if (running?.ready && running.port) {
        try {
          return { session: await openSession(running.port, folder, passwords), port: running.port }
        } catch (error) {
          failure = (error as Error).message
        }
      } else if (running) {
        end = Date.now() + PATIENCE_MS // recovering takes as long as it takes
      } else if (spawned === null || spawned.ended() !== null) {
        if (spawned !== null) failure = spawned.ended() ?? ''
        if (spawned !== null && !spawned.mayTryAgain()) break
        const port = await freePort(fixedPort ?? (await lastPort(folder)))
        if (fixedPort !== null && port !== fixedPort) continue
        await giveTo(account, folder)
        spawned = spawnPostgres(binaries, account, { folder, port, logFile })
      }
      if (stopping) break
    }
    throw new Error(`PostgreSQL doesn't start in ${folder}: ${failure}`)
  }

  async function adopt(next: Session): Promise<void> {
    session = next
    owned = await next.own()
    next.onLost(() => {
      session = null
      owned = false
      if (!stopping) recovery = recover()
    })
  }

  async function recover(): Promise<void> {
    for (let pauseMs = RESPAWN_FIRST_MS; !stopping; pauseMs = Math.min(pauseMs * 2, RESPAWN_LAST_MS)) {
      log('The connection to PostgreSQL broke; starting it again if it is gone')
      await delay(pauseMs)
      try {
        await adopt((await attach(port)).session)
        log(`PostgreSQL is back on port ${port}`)
        return
      } catch (error) {
        log((error as Error).message)
      }
    }
  }

  const first = await attach(null)
  const { port } = first
  await adopt(first.session)
  log(`PostgreSQL ${owned ? 'runs' : 'already runs'} on 127.0.0.1:${port} (${folder})`)

  const takeOver = setInterval(async () => {
    if (!owned && session !== null) owned = await session.own().catch(() => false)
  }, TAKE_OVER_EVERY_MS)
  takeOver.unref()

  async function stop(): Promise<void> {
    stopping = true
    clearInterval(takeOver)
    await recovery
    const mine = session
    if (mine === null) return
    // A connection that breaks here means that somebody else has stopped the server.
    const last = await mine.own().then(
      (owner) => owner && mine.isLast(),
      () => false,
    )
    if (last) await stopPostgres(folder, binaries)
    await mine.close()
    session = null
    owned = false
    log(last ? 'PostgreSQL has stopped' : 'PostgreSQL goes on for another process')
  }

  let stopped: Promise<void> | null = null
  return {
    url: connectionUrl('kantos', passwords.kantos, port),
    superuserUrl: connectionUrl('postgres', passwords.postgres, port),
    get owned() {
      return owned
    },
    stop: () => (stopped ??= stop()),
  }
}
