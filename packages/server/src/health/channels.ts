import { publicId } from '@kantos/model'
import { signingSecrets } from '../accounts/signing-secret.ts'
import { messageIdOf } from '../actions/send-email.ts'
import { type Pool, query } from '../db/pool.ts'
import { captureEmail } from '../emails/capture.ts'
import type { Services } from '../services.ts'
import { signWebhook } from '../webhooks/sign.ts'
import type { AlertWords, Told } from './words.ts'

export type Delivery = 'pending' | 'sent' | 'captured' | 'failed' | 'off'

/** What a try came to; `pending`: it is worth another. */
export interface Delivered {
  delivery: Delivery
  error?: string
  /** of an e-mail: whom it was for */
  to?: string[]
  /** of a webhook: the answer's status */
  status?: number
}

const TIMEOUT_MS = 15_000

/**
 * Sends an alert by e-mail; into the outbox when there is no mail server.
 *
 * @param message `id` of the alert, which its Message-ID is made of; `emails` of the settings, the owners when there are none
 */
export async function mailAlert(
  { pool, mailer, config }: Pick<Services, 'pool' | 'mailer' | 'config'>,
  workspaceId: string,
  { id, emails, subject, text }: AlertWords & { id: string; emails: readonly string[] },
): Promise<Delivered> {
  const to = emails.length > 0 ? [...emails] : await ownersOf(pool, workspaceId)
  if (to.length === 0) return { delivery: 'off', to, error: 'There is no owner, and the settings name no address.' }
  const messageId = messageIdOf(publicId('alert', id), config.mailFrom)
  if (mailer === null) {
    const input = { to, cc: [], bcc: [], subject, text }
    await captureEmail(pool, { workspaceId, runId: null, messageId, from: config.mailFrom, input })
    return { delivery: 'captured', to }
  }
  const headers = { 'Auto-Submitted': 'auto-generated' }
  const result = await mailer.send({ messageId, to, subject, text, headers })
  if (result.kind === 'sent') return { delivery: 'sent', to }
  const again = result.transient || result.code === 'SMTP_AUTH' || result.code === 'TLS'
  return { delivery: again ? 'pending' : 'failed', to, error: result.message }
}

async function ownersOf(pool: Pool, workspaceId: string): Promise<string[]> {
  const { rows } = await query<{ email: string }>(pool, {
    text: `select email from users where workspace_id = $1 and role = 'owner' and suspended_at is null order by id`,
    values: [workspaceId],
  })
  return rows.map(({ email }) => email)
}

/** What the alerts' webhook gets. */
export interface AlertPayload {
  id: string
  type: string
  subject: string
  [key: string]: unknown
}

/** An alert as its webhook gets it; docs/health.md shows it. */
export function alertPayload(id: string, told: Told, { subject, text }: AlertWords): AlertPayload {
  const { kind, automation, run, publicUrl, at, since } = told
  const automationId = publicId('automation', automation.id)
  return {
    id: publicId('alert', id),
    type: `alert.${kind}`,
    at: at.toISOString(),
    since: since.toISOString(),
    automation: { id: automationId, name: automation.name, url: `${publicUrl}/automations/${automationId}` },
    failures: kind === 'failing' || kind === 'paused' ? told.runs : null,
    usual_runs_per_day: kind === 'silent' ? told.perDay : null,
    run: run === null ? null : { id: run.id, url: `${publicUrl}/runs/${run.id}`, error: run.error },
    subject,
    text,
  }
}

/**
 * Sends an alert to the webhook of the settings, signed like the webhooks of automations.
 *
 * Source: SPEC.md, section 11
 */
export async function postAlert(
  { pool, sealer, egress, config, time }: Pick<Services, 'pool' | 'sealer' | 'egress' | 'config' | 'time'>,
  workspaceId: string,
  { url, payload }: { url: string | null; payload: AlertPayload },
): Promise<Delivered> {
  if (url === null) return { delivery: 'off' }
  if (URL.parse(url)?.origin === URL.parse(config.publicUrl)?.origin)
    return { delivery: 'failed', error: 'The alerts’ webhook is our own address; an alert starts no automation.' }
  // `content` is what chat services show
  const body = JSON.stringify({ ...payload, content: payload.subject })
  try {
    const secrets = (await signingSecrets(pool, sealer, workspaceId)).map(({ secret }) => secret)
    const signature = signWebhook({ id: payload.id, timestamp: Math.floor(time.now() / 1000), body, secrets })
    const headers = { 'User-Agent': 'Kantos-Automations', 'Content-Type': 'application/json', ...signature }
    const result = await egress.send({ method: 'POST', url, headers, body, timeoutMs: TIMEOUT_MS })
    if (result.kind === 'refused') return { delivery: 'failed', error: result.message }
    if (result.kind === 'failed') return { delivery: 'pending', error: result.message }
    const { status } = result
    if (status >= 200 && status < 300) return { delivery: 'sent', status }
    return { delivery: 'pending', status, error: `The alerts’ webhook answered ${status}.` }
  } catch (error) {
    return { delivery: 'failed', error: (error as Error).message }
  }
}
