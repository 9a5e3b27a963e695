import { type Settings, settingsOf } from '@kantos/model'
import { classify } from '../db/states.ts'
import type { Pool } from '../db/pool.ts'
import { DELIVERY_DAYS } from '../inbound/delivery.ts'
import type { Services } from '../services.ts'
import type { Chore } from './boss.ts'
import { dropMonth, expiredMonths } from './drop-month.ts'
import { MONTHLY, type MonthlyTable } from './partitions.ts'

export interface Retained {
  /** partitions that were dropped */
  dropped: string[]
  /** rows deleted one by one, by table */
  deleted: Record<string, number>
  /** false: time was up, or a table was busy; the next run goes on */
  finished: boolean
}

export interface RetentionOptions {
  /** ends it early, between two steps */
  signal?: AbortSignal
  budgetMs?: number
}

const CHUNK = 5_000
/** captured e-mails of a workspace, however young */
const MOST_EMAILS = 10_000
/** alerts, and counts of runs by day and hour */
const HEALTH_DAYS = 90
const BUDGET_MS = 30 * 60_000
const DAY_MS = 86_400_000

/**
 * Removes what is older than the settings want: whole months of runs and events, and row by row what isn't partitioned. A month goes when the
 * last workspace wants it no longer, so each keeps its log at least as long as it asked for. Runs that aren't over are never touched,
 * nor the steps of a run that is still there, nor events whose runs haven't started.
 *
 * While a restored backup is on hold nothing is removed: somebody may have restored it to look something up.
 *
 * Each step is a transaction of its own; a stop between two of them costs nothing.
 *
 * Source: SPEC.md, section 9; DESIGN.md, section 3
 */
export async function applyRetention(pool: Pool, options: RetentionOptions = {}): Promise<Retained> {
  const { signal, budgetMs = BUDGET_MS } = options
  const until = performance.now() + budgetMs
  const result: Retained = { dropped: [], deleted: {}, finished: true }
  const mayGoOn = () => signal?.aborted !== true && performance.now() < until
  const { rows } = await pool.query<{ id: string; settings: unknown; now: Date }>(
    'select id, settings, clock_timestamp() as now from workspaces',
  )
  if (rows.length === 0 || (await isRestored(pool))) return result
  const workspaces = rows.map(({ id, settings }) => ({ id, retention: settingsOf(settings).retention }))
  const now = rows[0]!.now.getTime()
  const before = (days: number) => new Date(now - days * DAY_MS)

  const days = longest(workspaces.map(({ retention }) => retention))
  // the runs first: steps are kept as long as their runs are there
  for (const table of ['runs_done', 'runs_skipped', 'runs_failed', 'run_steps', 'events'] as const) {
    const cutoff = before(days[table])
    for (const month of await expiredMonths(pool, table, cutoff)) {
      if (!mayGoOn()) return { ...result, finished: false }
      try {
        if (await dropMonth(pool, month, cutoff)) result.dropped.push(month.name)
      } catch (error) {
        if (classify(error) !== 'retry') throw error
        // busy: its other months would wait in vain too
        result.finished = false
        break
      }
    }
  }

  const deletions: [table: string, condition: string, values: unknown[]][] = [
    ...MONTHLY.map((table) => strays(table, before(days[table]))),
    ...['run_retries', 'dead_letters'].map((table): [string, string, unknown[]] => [
      table,
      't.run_id < id_floor($1) and not exists (select from runs_failed r where r.workspace_id = t.workspace_id and r.id = t.run_id)',
      [before(days.runs_failed)],
    ]),
    ['alerts', 't.at < $1 and t.due_at is null', [before(HEALTH_DAYS)]],
    ['failure_causes', 't.last_at < $1', [before(HEALTH_DAYS)]],
    ['automation_days', 't.day < $1::timestamptz::date', [before(HEALTH_DAYS)]],
    ['workspace_hours', 't.hour < $1', [before(HEALTH_DAYS)]],
    ['deliveries', 't.at < $1', [before(DELIVERY_DAYS)]],
    ['enlistments', 't.finished_at < $1', [before(days.runs_done)]],
    [
      'enlistment_results',
      'not exists (select from enlistments e where e.workspace_id = t.workspace_id and e.id = t.enlistment_id)',
      [],
    ],
    ['idempotency_keys', 't.at < $1', [before(1)]],
    ['chains', 't.at < $1', [before(30)]],
    ['date_firings', 't.at < $1', [before(366)]],
    ['sessions', 't.expires_at < $1 or t.seen_at < $2', [before(0), before(7)]],
    ['setup_tokens', 't.expires_at < $1', [before(30)]],
    ['login_tries', 't.ends_at < $1', [before(0)]],
    ...workspaces.flatMap(({ id, retention }): [string, string, unknown[]][] => [
      ['audit_log', 't.workspace_id = $1 and t.at < $2', [id, before(retention.audit_days)]],
      ['captured_emails', 't.workspace_id = $1 and t.at < $2', [id, before(retention.emails_days)]],
      ['captured_emails', TOO_MANY_EMAILS, [id]],
    ]),
  ]
  for (const [table, condition, values] of deletions)
    for (let full = true; full; ) {
      if (!mayGoOn()) return { ...result, finished: false }
      // the condition stands outside too: a row may change between the two
      const { rowCount } = await pool.query(
        `delete from ${table} t where t.ctid = any(array(select t.ctid from ${table} t where ${condition} limit ${CHUNK}))
           and (${condition})`,
        values,
      )
      full = rowCount === CHUNK
      if (rowCount! > 0) result.deleted[table] = (result.deleted[table] ?? 0) + rowCount!
    }
  return result
}

/** Those after the newest ones. */
const TOO_MANY_EMAILS = `t.workspace_id = $1 and t.at <= (
  select e.at from captured_emails e where e.workspace_id = $1 order by e.at desc offset ${MOST_EMAILS} limit 1)`

/** Whether a restored backup waits for its release. */
async function isRestored(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query(`select from holds where reason = 'restore' limit 1`)
  return rows.length > 0
}

/** The days that a month of each table is kept: the longest that any workspace asks for. */
function longest(all: readonly Settings['retention'][]): Record<MonthlyTable, number> {
  const most = (days: (retention: Settings['retention']) => number) => Math.max(...all.map(days))
  const [done, skipped, failed] = [most((r) => r.done_days), most((r) => r.skipped_days), most((r) => r.failed_days)]
  const any = Math.max(
    done,
    skipped,
    failed,
    most((r) => r.events_days),
  )
  return { runs_done: done, runs_skipped: skipped, runs_failed: failed, run_steps: any, events: any }
}

/** What outlived its month in the DEFAULT partition, and is old by now. */
function strays(table: MonthlyTable, cutoff: Date): [table: string, condition: string, values: unknown[]] {
  const name = `${table}_default`
  if (table === 'events')
    return [name, 't.id < id_floor($1) and not exists (select from outbox o where o.event_id = t.id)', [cutoff]]
  if (table === 'run_steps')
    return [
      name,
      't.run_id < id_floor($1) and not exists (select from runs r where r.workspace_id = t.workspace_id and r.id = t.run_id)',
      [cutoff],
    ]
  return [name, 't.id < id_floor($1) and t.finished_at < $1', [cutoff]]
}

/** Daily, at night. */
export function retentionChore({ pool, log }: Pick<Services, 'pool' | 'log'>): Chore {
  return {
    name: 'retention',
    cron: '40 2 * * *',
    async run(_data, signal) {
      const { dropped, deleted, finished } = await applyRetention(pool, { signal })
      if (dropped.length > 0 || Object.keys(deleted).length > 0)
        log.info({ dropped, deleted, finished }, 'what had passed its age was removed')
      if (!finished && !signal.aborted) throw new Error('Retention is not through yet; it goes on with the next try.')
    },
  }
}
