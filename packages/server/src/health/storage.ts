import { type Storage, STORAGE_GROUPS } from '@kantos/model'
import { readSettings } from '../accounts/settings.ts'
import { type Pool, query } from '../db/pool.ts'

type Group = (typeof STORAGE_GROUPS)[number]

interface Size {
  kind: string
  bytes: number
  rows: number
}

/** Partitions under the name of the table they belong to. */
const KIND = `regexp_replace(c.relname, '_([0-9]{4}_[0-9]{2}|default)$', '')`
const GROUPS: Readonly<Record<string, Group>> = {
  runs_live: 'runs',
  runs_done: 'runs',
  runs_failed: 'runs',
  runs_skipped: 'runs',
  run_steps: 'runs',
  run_retries: 'runs',
  dead_letters: 'runs',
  events: 'events',
  outbox: 'events',
  records: 'records',
  unique_values: 'records',
  record_references: 'records',
}
const DAYS = 7
/** A table with fewer rows tells little of what one takes: most of it is empty pages. */
const LEAST_ROWS = 100

/**
 * What is stored, and what it comes to with the retention of today. Sizes are those of the whole database, numbers of rows are
 * PostgreSQL's own estimates; nothing is counted.
 */
export async function readStorage(pool: Pool, workspaceId: string): Promise<Storage> {
  const [sizes, perDay, { retention }, total] = await Promise.all([
    readSizes(pool),
    readPerDay(pool, workspaceId),
    readSettings(pool, workspaceId),
    query<{ bytes: number }>(pool, { text: 'select pg_database_size(current_database())::float8 as bytes' }),
  ])
  const each = bytesEach(sizes)
  const daily = (kind: keyof typeof perDay) => perDay[kind] * (each[kind] ?? 0)
  const kept =
    daily('succeeded') * retention.done_days +
    daily('failed') * retention.failed_days +
    daily('skipped') * retention.skipped_days +
    daily('events') * retention.events_days
  return {
    bytes: total.rows[0]!.bytes,
    groups: STORAGE_GROUPS.map((group) => {
      const own = sizes.filter(({ kind }) => (GROUPS[kind] ?? 'other') === group)
      return { group, bytes: sum(own, 'bytes'), rows: sum(own, 'rows') }
    }),
    per_day: perDay,
    bytes_each: each,
    bytes_per_day: Math.round(daily('succeeded') + daily('failed') + daily('skipped') + daily('events')),
    forecast_bytes: Math.round(kept),
  }
}

async function readSizes(pool: Pool): Promise<Size[]> {
  const { rows } = await query<Size>(pool, {
    name: 'storage-sizes',
    text: `select ${KIND} as kind, sum(pg_total_relation_size(c.oid))::float8 as bytes,
        sum(greatest(0, c.reltuples, pg_stat_get_live_tuples(c.oid)))::float8 as rows
      from pg_class c where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace group by 1`,
  })
  return rows
}

/** Of the last days that are over; on the first day, of what there is. */
async function readPerDay(pool: Pool, workspaceId: string): Promise<Storage['per_day']> {
  const { rows } = await query<{ runs: number; failed: number; skipped: number; events: number; days: number }>(pool, {
    name: 'storage-per-day',
    text: `select coalesce(sum(runs), 0)::float8 as runs, coalesce(sum(failed), 0)::float8 as failed,
        coalesce(sum(skipped), 0)::float8 as skipped, coalesce(sum(events), 0)::float8 as events,
        greatest(1, extract(epoch from date_trunc('hour', now()) - min(hour)) / 86400)::float8 as days
      from workspace_hours where workspace_id = $1 and hour >= date_trunc('hour', now()) - make_interval(days => ${DAYS})`,
    values: [workspaceId],
  })
  const { runs, failed, skipped, events, days } = rows[0]!
  const rounded = (n: number) => Math.round((n / days) * 10) / 10
  return {
    succeeded: rounded(Math.max(0, runs - failed)),
    failed: rounded(failed),
    skipped: rounded(skipped),
    events: rounded(events),
  }
}

function bytesEach(sizes: readonly Size[]): Storage['bytes_each'] {
  const of = (kind: string) => sizes.find((size) => size.kind === kind) ?? { kind, bytes: 0, rows: 0 }
  const [done, failed] = [of('runs_done'), of('runs_failed')]
  // steps of long runs lie apart, and are shared out among those that have some
  const steps = of('run_steps').bytes / Math.max(1, done.rows + failed.rows)
  const per = ({ bytes, rows }: Size, more = 0) => (rows < LEAST_ROWS ? null : Math.round(bytes / rows + more))
  return {
    succeeded: per(done, steps),
    failed: per(failed, steps),
    skipped: per(of('runs_skipped')),
    events: per(of('events')),
  }
}

function sum(sizes: readonly Size[], what: 'bytes' | 'rows'): number {
  return Math.round(sizes.reduce((all, size) => all + size[what], 0))
}
