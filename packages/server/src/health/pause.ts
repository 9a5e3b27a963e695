import { settingsOf } from '@kantos/model'
import { pauseAutomation } from '../automations/pause.ts'
import { type Client, query } from '../db/pool.ts'
import { idFloor } from '../log/filter.ts'
import type { Services } from '../services.ts'
import { insertAlert } from './alert.ts'
import type { Failure } from './failures.ts'

/**
 * Deactivates the automations of some failures whose last runs since their activation all failed, as many as the
 * workspace's settings say. Runs that were skipped, cancelled or blocked, and test runs, count neither way.
 */
export async function pauseFailing(
  services: Pick<Services, 'pool' | 'time'>,
  failures: readonly Failure[],
): Promise<number> {
  const { pool, time } = services
  const { rows } = await query<{ workspace_id: string; id: string; settings: unknown; activated_at: Date }>(pool, {
    name: 'health-active',
    text: `select a.workspace_id, a.id, w.settings, a.activated_at
      from (select distinct * from unnest($1::uuid[], $2::uuid[])) as x(workspace_id, id)
      join automations a on a.workspace_id = x.workspace_id and a.id = x.id
      join workspaces w on w.id = a.workspace_id
      where a.status = 'active' and a.activated_at is not null and a.deleted_at is null`,
    values: [failures.map(({ workspace_id }) => workspace_id), failures.map(({ automation_id }) => automation_id)],
  })
  let paused = 0
  for (const { workspace_id: workspaceId, id, settings, activated_at } of rows) {
    const { auto_pause, failure_alerts } = settingsOf(settings)
    if (!auto_pause.enabled) continue
    const failing = (db: Services['pool'] | Client, since: Date) =>
      onlyFailures(db, workspaceId, id, since, auto_pause.after)
    if ((await failing(pool, activated_at)) === null) continue
    const done = await pauseAutomation(services, workspaceId, id, failing, async (client, { runId, failed }) => {
      const about = { automationId: id, about: runId, runId, runs: failed, since: activated_at }
      await insertAlert(client, { workspaceId, id: time.id(), kind: 'paused', ...about }, failure_alerts)
    })
    if (done) paused += 1
  }
  return paused
}

/** The newest failure, if the last `after` runs that began since a moment failed without a success between them. */
async function onlyFailures(
  db: Services['pool'] | Client,
  workspaceId: string,
  automationId: string,
  since: Date,
  after: number,
): Promise<{ runId: string; failed: number } | null> {
  const { rows } = await query<{ newest: string }>(db, {
    name: 'health-only-failures',
    text: `with last as (
        select r.id from runs_failed r
        where r.workspace_id = $1 and r.automation_id = $2 and r.id >= $3::uuid and r.status = 'failed' and r.mode = 'live'
        order by r.id desc limit $4
      ), edge as (
        select (select count(*) from last) as n, (select id from last order by id limit 1) as oldest,
          (select id from last order by id desc limit 1) as newest
      )
      select newest from edge where n = $4 and not exists (
        select from runs_done d where d.workspace_id = $1 and d.automation_id = $2 and d.id > edge.oldest
          and d.status = 'succeeded' and d.mode = 'live')`,
    values: [workspaceId, automationId, idFloor(since.getTime()), after],
  })
  return rows[0] === undefined ? null : { runId: rows[0].newest, failed: after }
}
