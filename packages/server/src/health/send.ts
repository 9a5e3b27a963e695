import { publicId, settingsOf } from '@kantos/model'
import { signingSecrets } from '../accounts/signing-secret.ts'
import { messageIdOf } from '../actions/send-email.ts'
import { type Pool, query } from '../db/pool.ts'
import { captureEmail } from '../emails/capture.ts'
import { readRun } from '../log/read.ts'
import type { Services } from '../services.ts'
import { signWebhook } from '../webhooks/sign.ts'
import type { AlertKind } from './alert.ts'
import { alertWords, type Told } from './words.ts'

type Delivery = 'pending' | 'sent' | 'captured' | 'failed' | 'off'

interface DueAlert {
  workspace_id: string
  id: string
  kind: AlertKind
  automation_id: string
  automation_name: string | null
  at: Date
  since: Date
  runs: number | null
  run_id: string | null
  per_day: number | null
  mail: Delivery
  webhook: Delivery
  tries: number
  settings: unknown
  workspace: string | null
}

/** What a try came to; `pending`: it is worth another. */
interface Outcome {
  delivery: Delivery
  error?: string
}

const MOST_AT_ONCE = 10
/** Nobody else takes an alert while it is being sent: two tries of at most 30 s each. */
const LEASE_SECONDS = 120
/** minutes to the next try, by tries made; after a day it is given up */
const PAUSES_MINUTES = [1, 5, 30, 120]
const GIVEN_UP_MS = 86_400_000
const TIMEOUT_MS = 15_000

// A claim is a lease: whoever dies while sending leaves the alert to the next, under the same Message-ID and webhook-id.
const CLAIM = `
  with due as (
    select a.workspace_id, a.id from alerts a
    where a.due_at <= clock_timestamp()
      and (select h.workspace_id from holds h where h.workspace_id = a.workspace_id) is null
    order by a.due_at limit ${MOST_AT_ONCE} for update of a skip locked
  ), claimed as (
    update alerts a set due_at = clock_timestamp() + interval '${LEASE_SECONDS} seconds', tries = a.tries + 1
    from due where a.workspace_id = due.workspace_id and a.id = due.id
    returning a.*
  )
  select c.workspace_id, c.id, c.kind, c.automation_id, c.at, c.since, c.runs, c.run_id, c.per_day, c.mail, c.webhook, c.tries,
    (select a.name from automations a where a.workspace_id = c.workspace_id and a.id = c.automation_id) as automation_name,
    w.settings, (select w.name where exists (select from workspaces other where other.id <> w.id)) as workspace
  from claimed c join workspaces w on w.id = c.workspace_id order by c.id`

/**
 * Sends the alerts that are due, of workspaces that aren't on hold: to the addresses of the settings or else the owners, and to
 * the webhook. They are no events, and no run starts from them.
 *
 * @returns how many were taken up
 */
export async function sendAlerts(services: Services, signal?: AbortSignal): Promise<number> {
  let taken = 0
  while (signal?.aborted !== true) {
    const { rows } = await query<DueAlert>(services.pool, { name: 'health-alerts-claim', text: CLAIM })
    for (const alert of rows) await deliver(services, alert)
    taken += rows.length
    if (rows.length < MOST_AT_ONCE) break
  }
  return taken
}

async function deliver(services: Services, alert: DueAlert): Promise<void> {
  const { pool, config } = services
  const told: Told = {
    kind: alert.kind,
    automation: { id: alert.automation_id, name: alert.automation_name ?? 'a deleted automation' },
    workspace: alert.workspace,
    since: alert.since,
    at: alert.at,
    runs: alert.runs ?? 0,
    perDay: alert.per_day ?? 0,
    run: alert.run_id === null ? null : await readRun(pool, alert.workspace_id, alert.run_id),
    publicUrl: config.publicUrl,
  }
  const words = alertWords(told)
  const mail: Outcome = alert.mail === 'pending' ? await byMail(services, alert, words) : { delivery: alert.mail }
  const webhook: Outcome =
    alert.webhook === 'pending' ? await byWebhook(services, alert, told, words) : { delivery: alert.webhook }
  const left = [mail, webhook].some(({ delivery }) => delivery === 'pending')
  const givenUp = left && services.time.now() - alert.at.getTime() > GIVEN_UP_MS
  const final = ({ delivery }: Outcome) => (givenUp && delivery === 'pending' ? 'failed' : delivery)
  await query(pool, {
    name: 'health-alert-sent',
    text: `update alerts set mail = $3, webhook = $4, error = $5,
        due_at = case when $6::int is not null then clock_timestamp() + make_interval(mins => $6) end
      where workspace_id = $1 and id = $2`,
    values: [
      alert.workspace_id,
      alert.id,
      final(mail),
      final(webhook),
      [mail.error, webhook.error].filter((error) => error !== undefined).join(' ') || null,
      left && !givenUp ? (PAUSES_MINUTES[alert.tries - 1] ?? PAUSES_MINUTES.at(-1)) : null,
    ],
  })
}

type Text = ReturnType<typeof alertWords>

async function byMail(
  { pool, mailer, config }: Services,
  { workspace_id: workspaceId, id, settings }: DueAlert,
  { subject, text }: Text,
): Promise<Outcome> {
  const { emails } = settingsOf(settings).failure_alerts
  const to = emails.length > 0 ? emails : await ownersOf(pool, workspaceId)
  if (to.length === 0) return { delivery: 'off', error: 'There is no owner, and the settings name no address.' }
  const messageId = messageIdOf(publicId('alert', id), config.mailFrom)
  if (mailer === null) {
    const input = { to: [...to], cc: [], bcc: [], subject, text }
    await captureEmail(pool, { workspaceId, runId: null, messageId, from: config.mailFrom, input })
    return { delivery: 'captured' }
  }
  const headers = { 'Auto-Submitted': 'auto-generated' }
  const result = await mailer.send({ messageId, to, subject, text, headers })
  if (result.kind === 'sent') return { delivery: 'sent' }
  const again = result.transient || result.code === 'SMTP_AUTH' || result.code === 'TLS'
  return { delivery: again ? 'pending' : 'failed', error: result.message }
}

async function ownersOf(pool: Pool, workspaceId: string): Promise<string[]> {
  const { rows } = await query<{ email: string }>(pool, {
    text: `select email from users where workspace_id = $1 and role = 'owner' and suspended_at is null order by id`,
    values: [workspaceId],
  })
  return rows.map(({ email }) => email)
}

/** Signed like the webhooks of automations. Source: SPEC.md, section 11 */
async function byWebhook(
  { pool, sealer, egress, config, time }: Services,
  alert: DueAlert,
  { automation, run, publicUrl }: Told,
  { subject, text }: Text,
): Promise<Outcome> {
  const { webhook: url } = settingsOf(alert.settings).failure_alerts
  if (url === null) return { delivery: 'off' }
  if (URL.parse(url)?.origin === URL.parse(config.publicUrl)?.origin)
    return { delivery: 'failed', error: 'The alerts’ webhook is our own address; an alert starts no automation.' }
  const id = publicId('alert', alert.id)
  const automationId = publicId('automation', automation.id)
  const body = JSON.stringify({
    id,
    type: `alert.${alert.kind}`,
    at: alert.at.toISOString(),
    since: alert.since.toISOString(),
    automation: { id: automationId, name: automation.name, url: `${publicUrl}/automations/${automationId}` },
    failures: alert.runs,
    usual_runs_per_day: alert.per_day,
    run: run === null ? null : { id: run.id, url: `${publicUrl}/runs/${run.id}`, error: run.error },
    subject,
    text,
    // what chat services show
    content: subject,
  })
  try {
    const secrets = (await signingSecrets(pool, sealer, alert.workspace_id)).map(({ secret }) => secret)
    const signature = signWebhook({ id, timestamp: Math.floor(time.now() / 1000), body, secrets })
    const headers = { 'User-Agent': 'Kantos-Automations', 'Content-Type': 'application/json', ...signature }
    const result = await egress.send({ method: 'POST', url, headers, body, timeoutMs: TIMEOUT_MS })
    if (result.kind === 'answer' && result.status >= 200 && result.status < 300) return { delivery: 'sent' }
    if (result.kind === 'refused') return { delivery: 'failed', error: result.message }
    if (result.kind === 'failed') return { delivery: 'pending', error: result.message }
    return { delivery: 'pending', error: `The alerts’ webhook answered ${result.status}.` }
  } catch (error) {
    return { delivery: 'failed', error: (error as Error).message }
  }
}
