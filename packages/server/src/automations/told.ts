import { type AutomationAnswer, publicId, type Silence } from '@kantos/model'

/** An open alert about what an automation doesn't do. */
export interface Told {
  kind: 'silent' | 'overdue'
  /** an instant as PostgreSQL writes it in JSON */
  since: string
  per_day: number | null
  run_id: string | null
}

/** The column of the open alerts of `automations a`: an array of Told, null when there is none. It reads the index of those that are open. */
export const TOLD = `(select json_agg(json_build_object('kind', t.kind, 'since', t.since, 'per_day', t.per_day, 'run_id', t.run_id))
    from alerts t where t.workspace_id = a.workspace_id and t.automation_id = a.id and t.kind in ('silent', 'overdue')
      and t.ended_at is null)`

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
