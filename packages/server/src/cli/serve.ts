import { createOwnerLink, hasOwner } from '../accounts/owner.ts'
import { createApp, createHealthApp } from '../api/app.ts'
import { type Listening, listen } from '../api/listen.ts'
import { compose, type Installation, type ProcessRole } from './compose.ts'
import type { Config } from './config.ts'
import { prepareDashboard } from './dashboard.ts'
import { refuseTakenPort } from './taken-port.ts'

/** From the signal to the end of the process. */
const GRACE_MS = 10_000
/** how long requests under way are waited for, and how long at least once the work has ended */
const REQUESTS_MS = 3_000
const SHORTEST_MS = 200

/**
 * Runs the product until it is told to stop. `all` is the API, the dashboard and a worker in one process.
 *
 * @throws with a message for the person who started it: a setting, the database or the port can't be used
 * Source: SPEC.md, section 14
 */
export async function serve(config: Config, role: ProcessRole): Promise<void> {
  const begun = performance.now()
  if (role !== 'worker') await refuseTakenPort(config)
  const installation = await compose(config, role)
  const listening = role === 'worker' ? null : await openDoor(config, installation)
  const inside = await openInside(config, installation)
  stopOnSignals(
    installation,
    [listening, inside].filter((door) => door !== null),
  )
  for (const warning of installation.warnings) process.stderr.write(`Warning: ${warning}\n`)
  const seconds = ((performance.now() - begun) / 1000).toFixed(1)
  if (listening === null) return say(`Kantos worker is running (${seconds} s).`)
  say(`Kantos is running at ${config.publicUrl} (${seconds} s).`)
  const { pool } = installation.services
  if (!(await hasOwner(pool, installation.workspaceId)))
    say(`Create the owner here, once: ${await createOwnerLink(pool, installation.workspaceId, config.publicUrl)}`)
  if (config.smtpUrl === null) say('No mail server is set (SMTP_URL), so e-mails are kept in the Outbox.')
}

/** Opens the HTTP server; the dashboard is built meanwhile when it has to be. */
async function openDoor(config: Config, installation: Installation): Promise<Listening> {
  try {
    const { folder, building } = await prepareDashboard(config.dataDir)
    const { services, disk, relayLookedAt } = installation
    const app = createApp(services, { dashboardFolder: folder, disk, relayLookedAt })
    const listening = await listen(app, { host: config.host, port: config.port })
    if (config.port === 0) config.publicUrl = config.publicUrl.replace(/:0$/, `:${listening.port}`)
    building?.then((failure) => {
      if (failure === null) return say('The dashboard is built.')
      // Ctrl-C ends the build too
      if (services.stopping?.aborted === true) return
      process.stderr.write(`The dashboard could not be built, the API works without it: ${failure}\n`)
    })
    return listening
  } catch (error) {
    await installation.stop()
    const { code, syscall, message } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') await refuseTakenPort(config)
    if (syscall !== 'listen') throw error
    throw new Error(`HOST=${config.host} and PORT=${config.port} can't be listened on: ${message}`, { cause: error })
  }
}

/** Health and metrics on a port of their own, where one is set: a worker without an API has no other. */
async function openInside({ host, metricsPort }: Config, installation: Installation): Promise<Listening | null> {
  if (metricsPort === null) return null
  try {
    return await listen(createHealthApp(installation.services, installation), { host, port: metricsPort })
  } catch (error) {
    await installation.stop()
    throw new Error(`METRICS_PORT=${metricsPort} can't be used: ${(error as Error).message}`, { cause: error })
  }
}

function stopOnSignals(installation: Installation, doors: readonly Listening[]): void {
  let stopping = false
  const stop = async (signal: string) => {
    if (stopping) return
    stopping = true
    say(`${signal}: stopping. What is under way ends first.`)
    setTimeout(() => process.exit(1), GRACE_MS - 500).unref()
    const begun = performance.now()
    // the door stays open while the work ends, so that /readyz can say that it does; requests are refused
    installation.drain()
    await installation.stopWork()
    const left = Math.max(SHORTEST_MS, REQUESTS_MS - (performance.now() - begun))
    await Promise.all(doors.map((door) => door.close(left)))
    await installation.stop()
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(signal))
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
