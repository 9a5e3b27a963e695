import { createOwnerLink, hasOwner } from '../accounts/owner.ts'
import { createApp } from '../api/app.ts'
import { type Listening, listen } from '../api/listen.ts'
import { compose, type Installation, type ProcessRole } from './compose.ts'
import type { Config } from './config.ts'
import { prepareDashboard } from './dashboard.ts'
import { refuseTakenPort } from './taken-port.ts'

/** From the signal to the end of the process. */
const GRACE_MS = 10_000
/** how long requests under way, and open streams, are waited for */
const REQUESTS_MS = 3_000

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
  stopOnSignals(installation, listening)
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
    const app = createApp(installation.services, { dashboardFolder: folder, disk: installation.disk })
    const listening = await listen(app, { host: config.host, port: config.port })
    if (config.port === 0) config.publicUrl = config.publicUrl.replace(/:0$/, `:${listening.port}`)
    building?.then((failure) => {
      if (failure === null) return say('The dashboard is built.')
      process.stderr.write(`The dashboard could not be built, the API works without it: ${failure}\n`)
    })
    return listening
  } catch (error) {
    await installation.stop()
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') await refuseTakenPort(config)
    throw error
  }
}

function stopOnSignals(installation: Installation, listening: Listening | null): void {
  let stopping = false
  const stop = async (signal: string) => {
    if (stopping) return
    stopping = true
    say(`${signal}: stopping. What is under way ends first.`)
    setTimeout(() => process.exit(1), GRACE_MS - 500).unref()
    await Promise.all([listening?.close(REQUESTS_MS), installation.stopWork()])
    await installation.stop()
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(signal))
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
