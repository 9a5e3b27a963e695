import { type AutomationAnswer, publicId, type Silence } from '@kantos/model'

/** An open alert about what an automation doesn't do. */
export interface Told {
  kind: 'silent' | 'overdue'
  /** an instant as PostgreSQL writes it in JSON */
  since: string
  per_day: number | null
  run_id: string | null
}

/**
 * Whether an alert `t` about what an automation `a` doesn't do holds still. Of one that was turned off, is tested or was activated anew since, it
 * doesn't, from that moment on; the watchdog, which ends such alerts, comes later. It reads the index of those that are open.
 */
export const HOLDS = `t.workspace_id = a.workspace_id and t.automation_id = a.id and t.kind in ('silent', 'overdue') and t.ended_at is null
      and a.status = 'active' and a.mode = 'live' and a.deleted_at is null and a.activated_at <= t.at`

/** The column of the alerts that hold of `automations a`: an array of Told, null when there is none. */
export const TOLD = `(select json_agg(json_build_object('kind', t.kind, 'since', t.since, 'per_day', t.per_day, 'run_id', t.run_id))
    from alerts t where ${HOLDS})`

/** A silence as the API gives it. */
export function presentSilence({ since, per_day, run_id }: Omit<Told, 'kind' | 'since'> & { since: Date }): Silence {
  return {
    since: since.toISOString(),
    per_day: Math.round((per_day ?? 0) * 10) / 10,
    last_run_id: run_id === null ? null : publicId('run', run_id),
  }
}

/** An automation's silence, and the oldest of the ticks that nobody took up. Source: docs/health.md */
export function notDone(told: readonly Told[]): Pick<AutomationAnswer, 'silent' | 'overdue'> {
  const oldest = (kind: Told['kind']) =>
    told
      .filter((one) => one.kind === kind)
      .map((one) => ({ ...one, since: new Date(one.since) }))
      .toSorted((a, b) => a.since.getTime() - b.since.getTime())[0]
  const [silent, overdue] = [oldest('silent'), oldest('overdue')]
  return {
    ...(silent === undefined ? {} : { silent: presentSilence(silent) }),
    ...(overdue === undefined ? {} : { overdue: { tick: overdue.since.toISOString() } }),
  }
}
