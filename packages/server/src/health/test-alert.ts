import { type AlertTest, publicId } from '@kantos/model'
import { readSettings } from '../accounts/settings.ts'
import { audit } from '../audit/audit.ts'
import type { Principal, Services } from '../services.ts'
import { type Delivered, mailAlert, postAlert } from './channels.ts'
import { testWords } from './words.ts'

/**
 * Sends a test alert the way that alerts go, whether they are on or off, and says what came of it. It is tried once, and counts
 * nowhere.
 *
 * Source: docs/health.md
 */
export async function sendTestAlert(services: Services, principal: Principal): Promise<AlertTest> {
  const { pool, time, config } = services
  const { workspaceId } = principal
  const { emails, webhook: url } = (await readSettings(pool, workspaceId)).failure_alerts
  const id = time.id()
  const at = new Date(time.now()).toISOString()
  const words = testWords(principal.name, config.publicUrl)
  const payload = {
    id: publicId('alert', id),
    type: 'alert.test',
    at,
    since: at,
    automation: null,
    failures: null,
    usual_runs_per_day: null,
    run: null,
    ...words,
  }
  const [mail, webhook] = await Promise.all([
    mailAlert(services, workspaceId, { id, emails, ...words }),
    postAlert(services, workspaceId, { url, payload }),
  ])
  const answer: AlertTest = {
    mail: { outcome: once(mail), to: mail.to ?? [], error: mail.error ?? null },
    webhook: {
      outcome: once(webhook) as AlertTest['webhook']['outcome'],
      status: webhook.status ?? null,
      error: webhook.error ?? null,
    },
  }
  const outcomes = { mail: answer.mail.outcome, webhook: answer.webhook.outcome }
  await audit(pool, principal, 'alerts.tested', null, outcomes)
  return answer
}

/** What is worth another try has failed here. */
const once = ({ delivery }: Delivered) => (delivery === 'pending' ? 'failed' : delivery)
