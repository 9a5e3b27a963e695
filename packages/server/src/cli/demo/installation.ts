import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Client, createClient } from '@kantos/model'
import { createApp } from '../../api/app.ts'
import { listen } from '../../api/listen.ts'
import { compose } from '../compose.ts'
import { readConfig } from '../config.ts'
import { type Receivers, startReceivers } from './receivers.ts'

/** A whole installation that leaves nothing behind. */
export interface DemoInstallation extends Receivers {
  client: Client
  url: string
  folder: string
}

const REQUESTS_MS = 500

/**
 * Starts everything in a temporary folder: database, API, worker, and a mail server and a web server to receive.
 *
 * @returns `close` stops all of it and removes the folder
 */
export async function startInstallation(): Promise<DemoInstallation> {
  const undo: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step().catch(() => {})
  }
  try {
    const receivers = await startReceivers()
    undo.push(receivers.close)
    const folder = await mkdtemp(join(tmpdir(), `kantos-demo-${process.pid}-`))
    undo.push(() => rm(folder, { recursive: true, force: true }))
    // as root, PostgreSQL runs under another account, which must get in
    await chmod(folder, 0o711)
    const apiKey = `kantos_${randomBytes(24).toString('base64url')}`
    const config = readConfig({
      PORT: '0',
      DATA_DIR: folder,
      SMTP_URL: receivers.smtpUrl,
      MAIL_FROM: 'Kantos <hello@kantos.example>',
      EGRESS_ALLOW: '127.0.0.1',
      KANTOS_API_KEY: apiKey,
      LOG_LEVEL: 'error',
    })
    const installation = await compose(config, 'all')
    undo.push(() => installation.stop())
    const listening = await listen(createApp(installation.services), { host: config.host, port: config.port })
    undo.push(() => listening.close(REQUESTS_MS))
    config.publicUrl = `http://localhost:${listening.port}`
    const client = createClient({ baseUrl: `http://127.0.0.1:${listening.port}`, apiKey })
    return { ...receivers, client, url: config.publicUrl, folder, close }
  } catch (error) {
    await close()
    throw error
  }
}
