import { type Settings, settingsOf } from '@kantos/model'
import { HOLDS } from '../automations/told.ts'
import { type Pool, query } from '../db/pool.ts'
import { transaction } from '../db/transaction.ts'
import type { Services } from '../services.ts'
import { insertAlert } from './alert.ts'
import { type DayCount, silence } from './silence.ts'

/** How often a workspace is looked at. */
const EVERY_MS = 5 * 60_000
/** Nobody looked for so long: the server was down, and what should have happened meanwhile couldn't. */
const BREAK_MS = 3_600_000
const MOST_WORKSPACES = 100
/** A tick that nobody took up for so long is missed. */
const OVERDUE_MS = 10 * 60_000

interface WatchedWorkspace {
  id: string
  settings: unknown
  watched_from: Date
  now: Date
}

/**
 * Looks for automations that fell silent and for ticks that nobody took up, and ends the alerts of those that are over. What a
 * workspace on hold doesn't do is no silence.
 *
 * @param everyMs a workspace that was looked at within this is left alone
 * @returns whether there are more workspaces to look at
 */
export async function lookForSilence(
  services: Pick<Services, 'pool' | 'time'>,
  everyMs: number = EVERY_MS,
): Promise<boolean> {
  const { rows } = await query<WatchedWorkspace>(services.pool, {
    name: 'health-look',
    text: `with due as (
        select s.workspace_id, (select h.workspace_id from holds h where h.workspace_id = s.workspace_id) is not null as held
        from health_state s where s.looked_at <= clock_timestamp() - make_interval(secs => $1::float8 / 1000)
        order by s.workspace_id limit ${MOST_WORKSPACES} for update of s skip locked
      ), seen as (
        update health_state s set looked_at = clock_timestamp(), watched_from = case
          when due.held or s.looked_at < clock_timestamp() - make_interval(secs => ${BREAK_MS / 1000}) then clock_timestamp()
          else s.watched_from end
        from due where s.workspace_id = due.workspace_id
        returning s.workspace_id, s.watched_from, due.held
      )
      select w.id, w.settings, seen.watched_from, clock_timestamp() as now from seen join workspaces w on w.id = seen.workspace_id
      where not seen.held`,
    values: [everyMs],
  })
  for (const workspace of rows) {
    const settings = settingsOf(workspace.settings)
    await endSilences(services.pool, workspace.id)
    if (settings.silence_watch.enabled) await noteSilences(services, workspace, settings)
    await noteOverdue(services, workspace, settings)
  }
  return rows.length === MOST_WORKSPACES
}

interface Listener {
  id: string
  activated_at: Date
  days: number[]
  runs: number[]
}

/** Automations that listen to something; those that people or schedules start have no usual number. */
async function noteSilences(
  { pool, time }: Pick<Services, 'pool' | 'time'>,
  { id: workspaceId, watched_from, now }: WatchedWorkspace,
  { silence_watch, failure_alerts }: Settings,
): Promise<void> {
  const { rows } = await query<Listener>(pool, {
    name: 'health-listeners',
    text: `select a.id, a.activated_at, d.days, d.runs from automations a
      cross join lateral (
        select array_agg(t.day - date '1970-01-01' order by t.day) as days, array_agg(t.runs order by t.day) as runs,
          max(t.day) as last
        from automation_days t
        where t.workspace_id = a.workspace_id and t.automation_id = a.id and t.runs > 0
          and t.day >= (clock_timestamp() at time zone 'UTC')::date - 14
      ) d
      where a.workspace_id = $1 and a.status = 'active' and a.mode = 'live' and a.deleted_at is null
        and a.trigger_event not in ('manual', 'schedule') and a.activated_at is not null
        and d.last <= ((clock_timestamp() - make_interval(hours => $2)) at time zone 'UTC')::date`,
    values: [workspaceId, silence_watch.after_hours],
  })
  for (const { id: automationId, activated_at, days, runs } of rows) {
    const last = await lastRun(pool, workspaceId, automationId)
    const history = {
      days: days.map((day, i): DayCount => ({ day, runs: runs[i]! })),
      lastRunAt: last?.at.getTime() ?? null,
      watchedFrom: Math.max(activated_at.getTime(), watched_from.getTime()),
    }
    const silent = silence(history, silence_watch.after_hours, now.getTime())
    if (silent === null || last === null) continue
    const about = { about: last.id, runId: last.id, since: last.at, perDay: silent.perDay }
    await insertAlert(pool, { workspaceId, id: time.id(), kind: 'silent', automationId, ...about }, failure_alerts)
  }
}

async function lastRun(
  pool: Pool,
  workspaceId: string,
  automationId: string,
): Promise<{ id: string; at: Date } | null> {
  const { rows } = await query<{ id: string; at: Date }>(pool, {
    name: 'health-last-run',
    text: `select r.id, id_time(r.id) as at from runs r
      where r.workspace_id = $1 and r.automation_id = $2 and r.class in ('live', 'done', 'failed') order by r.id desc limit 1`,
    values: [workspaceId, automationId],
  })
  return rows[0] ?? null
}

/** Ticks that are due for long, though the workspace isn't on hold and somebody watched all the time. */
async function noteOverdue(
  { pool, time }: Pick<Services, 'pool' | 'time'>,
  { id: workspaceId, watched_from }: WatchedWorkspace,
  { failure_alerts }: Settings,
): Promise<void> {
  const { rows } = await query<{ id: string; tick: Date }>(pool, {
    name: 'health-overdue',
    text: `select s.automation_id as id, s.next_tick_at as tick from schedules s
      where s.next_tick_at <= clock_timestamp() - make_interval(secs => ${OVERDUE_MS / 1000}) and s.workspace_id = $1
        and s.cursor is null and $2::timestamptz <= clock_timestamp() - make_interval(secs => ${OVERDUE_MS / 1000})`,
    values: [workspaceId, watched_from],
  })
  for (const { id: automationId, tick } of rows) {
    const about = { about: tick.toISOString(), since: tick }
    await insertAlert(pool, { workspaceId, id: time.id(), kind: 'overdue', automationId, ...about }, failure_alerts)
  }
}

/** A silence ends with a run, or with the time for which the automation is active; an overdue tick when it is taken up. */
async function endSilences(pool: Pool, workspaceId: string): Promise<void> {
  await transaction(pool, async (client) => {
    await query(client, {
      name: 'health-silences-end',
      text: `update alerts t set ended_at = clock_timestamp()
        where t.workspace_id = $1 and t.kind in ('silent', 'overdue') and t.ended_at is null and (
          not exists (select from automations a where ${HOLDS})
          or t.kind = 'silent' and exists (select from runs r where r.workspace_id = $1 and r.automation_id = t.automation_id
            and r.class in ('live', 'done', 'failed') and r.id > t.run_id)
          or t.kind = 'overdue' and not exists (select from schedules s where s.workspace_id = $1
            and s.automation_id = t.automation_id and s.next_tick_at = t.since))`,
      values: [workspaceId],
    })
  })
}
