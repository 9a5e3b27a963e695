import { settingsOf } from '@kantos/model'
import { query } from '../db/pool.ts'
import { readRun } from '../log/read.ts'
import type { Services } from '../services.ts'
import type { AlertKind } from './alert.ts'
import { alertPayload, type Delivered, type Delivery, mailAlert, postAlert } from './channels.ts'
import { causesOfPause } from './pause-causes.ts'
import { alertWords, type Told } from './words.ts'

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

type Outcome = Pick<Delivered, 'delivery' | 'error'>

const MOST_AT_ONCE = 10
/** Nobody else takes an alert while it is being sent: two tries of at most 30 s each. */
const LEASE_SECONDS = 120
/** minutes to the next try, by tries made; after a day it is given up */
const PAUSES_MINUTES = [1, 5, 30, 120]
const GIVEN_UP_MS = 86_400_000

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
    causes:
      alert.kind === 'paused' && alert.run_id !== null
        ? await causesOfPause(pool, alert.workspace_id, alert.automation_id, {
            since: alert.since,
            runs: alert.runs ?? 0,
            runId: alert.run_id,
          })
        : [],
    publicUrl: config.publicUrl,
  }
  const words = alertWords(told)
  const { workspace_id: workspaceId, id } = alert
  const { emails, webhook: url } = settingsOf(alert.settings).failure_alerts
  const mail: Outcome =
    alert.mail === 'pending'
      ? await mailAlert(services, workspaceId, { id, emails, ...words })
      : { delivery: alert.mail }
  const webhook: Outcome =
    alert.webhook === 'pending'
      ? await postAlert(services, workspaceId, { url, payload: alertPayload(id, told, words) })
      : { delivery: alert.webhook }
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
