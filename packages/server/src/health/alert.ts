import { type Settings, settingsOf } from '@kantos/model'
import { type Client, type Pool, query, type Queryable } from '../db/pool.ts'
import { transaction } from '../db/transaction.ts'
import { idFloor } from '../log/filter.ts'
import type { Services } from '../services.ts'

export type AlertKind = 'failing' | 'paused' | 'silent' | 'overdue'

export interface NewAlert {
  workspaceId: string
  id: string
  kind: AlertKind
  automationId: string
  /** what it is about, of its kind and automation: told once */
  about: string
  since: Date
  runs?: number
  runId?: string | null
  perDay?: number
}

/** Alerts of failures that a workspace gets in an hour; the rarer causes wait, and are told with their count later. */
const MOST_PER_HOUR = 20
const HOUR_MS = 3_600_000

/** Writes an alert that is to be sent, in the transaction of what it tells of; nothing when it was written before. */
export async function insertAlert(
  db: Queryable,
  alert: NewAlert,
  { enabled, webhook }: Settings['failure_alerts'],
): Promise<void> {
  const [byMail, byWebhook] = [enabled, enabled && webhook !== null].map((on) => (on ? 'pending' : 'off'))
  await query(db, {
    name: 'health-alert',
    text: `insert into alerts (workspace_id, id, kind, automation_id, about, since, runs, run_id, per_day, mail, webhook, due_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, case when $10 = 'pending' then clock_timestamp() end)
      on conflict (workspace_id, kind, automation_id, about, since) do nothing`,
    values: [
      alert.workspaceId,
      alert.id,
      alert.kind,
      alert.automationId,
      alert.about,
      alert.since,
      alert.runs ?? null,
      alert.runId ?? null,
      alert.perDay ?? null,
      byMail,
      byWebhook,
    ],
  })
}

interface DueCause {
  cause: string
  automation_id: string
  untold: number
  since: Date
  last_run_id: string
}

/**
 * Makes alerts of the causes that somebody is to be told of: at most one in an hour for each, with the failures since the last.
 * What led to the pause of its automation is told by the alert of that.
 * Of two who do this at once one gets the workspace (`for update skip locked`).
 *
 * @returns how many were made
 */
export async function alertOfFailures({ pool, time }: Pick<Services, 'pool' | 'time'>): Promise<number> {
  let made = 0
  for (const { id: workspaceId, settings } of await untoldWorkspaces(pool)) {
    const { failure_alerts } = settingsOf(settings)
    if (!failure_alerts.enabled) continue
    made += await transaction(pool, async (client) => {
      const lock = 'select from health_state where workspace_id = $1 for update skip locked'
      const { rowCount } = await query(client, { text: lock, values: [workspaceId] })
      if (rowCount === 0) return 0
      await tellByPauses(client, workspaceId)
      const { rows } = await query<DueCause>(client, {
        name: 'health-causes-due',
        text: `select cause, automation_id, untold, since, last_run_id from failure_causes
          where workspace_id = $1 and untold > 0 and last_at > clock_timestamp() - interval '1 day'
            and (alerted_at is null or alerted_at <= clock_timestamp() - interval '1 hour')
            and not exists (select from alerts p where p.workspace_id = $1 and p.kind = 'paused'
              and p.automation_id = failure_causes.automation_id and p.at > clock_timestamp() - interval '1 hour'
              and p.at >= failure_causes.since)
          order by untold desc, cause
          limit greatest(0, ${MOST_PER_HOUR} - (select count(*) from (
            select from alerts where workspace_id = $1 and kind = 'failing' and id >= $2::uuid limit ${MOST_PER_HOUR}) told))
          for update`,
        values: [workspaceId, idFloor(time.now() - HOUR_MS)],
      })
      for (const { cause, automation_id: automationId, untold: runs, since, last_run_id: runId } of rows) {
        const alert: NewAlert = {
          workspaceId,
          id: time.id(),
          kind: 'failing',
          automationId,
          about: cause,
          since,
          runs,
          runId,
        }
        await insertAlert(client, alert, failure_alerts)
      }
      await query(client, {
        name: 'health-causes-told',
        text: `update failure_causes set untold = 0, alerted_at = clock_timestamp()
          where workspace_id = $1 and cause = any($2::uuid[])`,
        values: [workspaceId, rows.map(({ cause }) => cause)],
      })
      return rows.length
    })
  }
  return made
}

/** Whoever is told that an automation was paused is told of its failures with it: those until then are no message of their own. */
async function tellByPauses(client: Client, workspaceId: string): Promise<void> {
  await query(client, {
    name: 'health-causes-told-by-pauses',
    text: `update failure_causes c set untold = 0, alerted_at = p.at
      from (
        select automation_id, max(at) as at from alerts
        where workspace_id = $1 and kind = 'paused' and at > clock_timestamp() - interval '1 day' group by 1
      ) p
      where c.workspace_id = $1 and c.automation_id = p.automation_id and c.untold > 0 and c.last_at <= p.at`,
    values: [workspaceId],
  })
}

/** Those with something to tell that aren't on hold. */
async function untoldWorkspaces(pool: Pool): Promise<{ id: string; settings: unknown }[]> {
  const { rows } = await query<{ id: string; settings: unknown }>(pool, {
    name: 'health-untold',
    text: `select w.id, w.settings from workspaces w
      where exists (select from failure_causes c where c.workspace_id = w.id and c.untold > 0)
        and (select h.workspace_id from holds h where h.workspace_id = w.id) is null`,
  })
  return rows
}
