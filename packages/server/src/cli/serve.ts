import { createOwnerLink, hasOwner } from '../accounts/owner.ts'
import { createApp } from '../api/app.ts'
import { type Listening, listen } from '../api/listen.ts'
import { compose, type Installation, type ProcessRole } from './compose.ts'
import type { Config } from './config.ts'

const GRACE_MS = 10_000

/**
 * Runs the product until it is told to stop. `all` is the API, the dashboard and a worker in one process.
 *
 * @throws with a message for the person who started it
 */
export async function serve(config: Config, role: ProcessRole): Promise<void> {
  const begun = performance.now()
  const installation = await compose(config, role)
  const { services } = installation
  let listening: Listening | null = null
  if (role !== 'worker') {
    try {
      listening = await listen(createApp(services), { host: config.host, port: config.port })
    } catch (error) {
      await installation.stop()
      throw explain(error, config, installation)
    }
    if (config.port === 0) config.publicUrl = config.publicUrl.replace(/:0$/, `:${listening.port}`)
  }
  let stopping = false
  const stop = async (signal: string) => {
    if (stopping) return
    stopping = true
    say(`${signal}: stopping. What is under way ends first.`)
    const deadline = setTimeout(() => process.exit(1), GRACE_MS)
    await listening?.close(GRACE_MS / 2)
    await installation.stop()
    clearTimeout(deadline)
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop(signal))
  const seconds = ((performance.now() - begun) / 1000).toFixed(1)
  if (role === 'worker') return say(`Kantos worker is running (${seconds} s).`)
  say(`Kantos is running at ${config.publicUrl} (${seconds} s).`)
  if (!(await hasOwner(services.pool, installation.workspaceId)))
    say(`Create the owner here, once: ${await createOwnerLink(services.pool, installation.workspaceId, config.publicUrl)}`)
  if (config.smtpUrl === null) say('No mail server is set (SMTP_URL), so e-mails are kept in the Outbox.')
}

function explain(error: unknown, config: Config, { firstHere }: Installation): Error {
  if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') return error as Error
  const at = `${config.host}:${config.port}`
  return new Error(
    firstHere
      ? `Something else listens on ${at}. Set PORT to another one.`
      : `Kantos is already running at ${config.publicUrl}.`,
  )
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
