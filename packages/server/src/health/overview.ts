import { type Alert, type AutomationFlag, type Overview, publicId } from '@kantos/model'
import { HOLDS, presentSilence } from '../automations/told.ts'
import { type Pool, query } from '../db/pool.ts'
import { listCauses } from '../log/causes.ts'

const MOST_COUNTED = 10_000
const CAUSES_SHOWN = 5
const ALERTS_SHOWN = 10
const MOST_LISTED = 100
const DAY_MS = 86_400_000

/**
 * How a workspace fares. It reads small tables and the ends of indexes, so its cost doesn't grow with the log.
 *
 * @param nowMs epoch ms, by the database's clock
 */
export async function readOverview(pool: Pool, workspaceId: string, nowMs: number): Promise<Overview> {
  const [state, hours, open, paused, alerts, { causes }] = await Promise.all([
    readState(pool, workspaceId),
    readHours(pool, workspaceId, nowMs),
    readOpen(pool, workspaceId),
    readPaused(pool, workspaceId),
    readAlerts(pool, workspaceId),
    listCauses(pool, workspaceId, { from: nowMs - DAY_MS, to: nowMs }, null),
  ])
  const named = (row: { automation_id: string; automation_name: string | null }) => ({
    automation_id: publicId('automation', row.automation_id),
    automation_name: row.automation_name ?? '',
  })
  return {
    at: new Date(nowMs).toISOString(),
    ...state,
    ...byHour(hours, state.counted_to, nowMs),
    causes: causes.toSorted((a, b) => b.runs - a.runs).slice(0, CAUSES_SHOWN),
    silent: open.filter(({ kind }) => kind === 'silent').map((row) => ({ ...named(row), ...presentSilence(row) })),
    overdue: open
      .filter(({ kind }) => kind === 'overdue')
      .map((row) => ({ ...named(row), tick: row.since.toISOString() })),
    paused: paused.flatMap(({ flags, ...row }) => {
      const flag = flags.find(({ code }) => code === 'FAILING')
      return flag === undefined ? [] : [{ ...named(row), at: flag.at, run_id: flag.run_id }]
    }),
    alerts,
  }
}

interface StateRow {
  counted_to: Date | null
  on_hold: boolean
  due: number
  due_age: number | null
  events: number
  event_age: number | null
  waiting: number
}

async function readState(
  pool: Pool,
  workspaceId: string,
): Promise<Pick<Overview, 'backlog' | 'on_hold' | 'counted_to'>> {
  const age = (moment: string) => `greatest(0, extract(epoch from statement_timestamp() - ${moment}))::float8`
  const { rows } = await query<StateRow>(pool, {
    name: 'overview-state',
    text: `select
        (select counted_to from health_state where workspace_id = $1) as counted_to,
        exists (select from holds where workspace_id = $1) as on_hold,
        (select sum(n)::int from (values (0::smallint), (1::smallint), (2::smallint)) l(lane) cross join lateral (
          select count(*) as n from (select from runs_live r where r.workspace_id = $1 and r.lane = l.lane
            and r.due_at <= statement_timestamp() limit ${MOST_COUNTED + 1}) x) c) as due,
        (select ${age('min(f.due_at)')} from (values (0::smallint), (1::smallint), (2::smallint)) l(lane) cross join lateral (
          select r.due_at from runs_live r where r.workspace_id = $1 and r.lane = l.lane
            and r.due_at <= statement_timestamp() order by r.due_at limit 1) f) as due_age,
        (select count(*)::int from (select from outbox where workspace_id = $1 limit ${MOST_COUNTED + 1}) x) as events,
        (select ${age('min(e.at)')} from (values (0::smallint), (1::smallint), (2::smallint)) l(lane) cross join lateral (
          select o.event_id from outbox o where o.workspace_id = $1 and o.lane = l.lane order by o.seq limit 1) f
          join events e on e.workspace_id = $1 and e.id = f.event_id) as event_age,
        (select count(*)::int from (select from runs_live where workspace_id = $1 and status = 'waiting'
          limit ${MOST_COUNTED + 1}) x) as waiting`,
    values: [workspaceId],
  })
  const row = rows[0]!
  const counted = (n: number) => ({ count: Math.min(n, MOST_COUNTED), capped: n > MOST_COUNTED })
  return {
    counted_to: (row.counted_to ?? new Date(0)).toISOString(),
    on_hold: row.on_hold,
    backlog: {
      due: counted(row.due),
      oldest_due_seconds: row.due_age ?? 0,
      events: counted(row.events),
      oldest_event_seconds: row.event_age ?? 0,
      waiting: counted(row.waiting),
    },
  }
}

const HOUR_MS = 3_600_000
const HOURS = 24
const WEEK_HOURS = 7 * 24

interface HourRow {
  hour: Date
  runs: number
  failed: number
  skipped: number
}

// What isn't added up yet is counted in the log and in the queue of failures, unless there is too much of it. All of it is one statement, so
// that no run counts twice or not at all. The range of ids is worked out beforehand: behind the wall an index takes no bound
// that is worked out of other rows.
const BY_HOUR = `
  with edge as materialized (
    select id_floor(greatest($2::timestamptz, (select counted_to from health_state where workspace_id = $1))) as id
  ), later as materialized (
    select r.id, r.counts from edge cross join lateral (
      select id, mode = 'live' and status <> 'blocked' as counts from runs
      where workspace_id = $1 and class in ('live', 'done', 'failed') and id >= edge.id order by id desc limit ${MOST_COUNTED + 1}
    ) r
  ), fresh as materialized (
    select at from failures where workspace_id = $1 limit ${MOST_COUNTED + 1}
  ), rest as materialized (
    select greatest((select count(*) from later), (select count(*) from fresh)) > ${MOST_COUNTED} as counting
  )
  select hour, sum(runs)::int as runs, sum(failed)::int as failed, sum(skipped)::int as skipped,
    (select counting from rest) as counting
  from (
    select hour, runs, failed, skipped from workspace_hours where workspace_id = $1 and hour >= $2
    union all
    select date_trunc('hour', id_time(id), 'UTC'), 1, 0, 0 from later where counts and not (select counting from rest)
    union all
    select date_trunc('hour', at, 'UTC'), 0, 1, 0 from fresh where at >= $2 and not (select counting from rest)
    union all
    select $2, 0, 0, 0
  ) x group by hour order by hour`

async function readHours(
  pool: Pool,
  workspaceId: string,
  nowMs: number,
): Promise<{ counting: boolean; rows: HourRow[] }> {
  const first = Math.floor(nowMs / HOUR_MS) * HOUR_MS - (HOURS - 1 + WEEK_HOURS) * HOUR_MS
  const { rows } = await query<HourRow & { counting: boolean }>(pool, {
    name: 'overview-hours',
    text: BY_HOUR,
    values: [workspaceId, new Date(first)],
  })
  return { counting: rows[0]!.counting, rows }
}

/** @param countedTo how far the runs are added up */
function byHour(
  { counting, rows }: { counting: boolean; rows: readonly HourRow[] },
  countedTo: string,
  nowMs: number,
): Pick<Overview, 'counting' | 'hours' | 'last_24_hours' | 'week_before'> {
  const oldest = Math.floor(nowMs / HOUR_MS) * HOUR_MS - (HOURS - 1) * HOUR_MS
  const byTime = new Map(rows.map((row) => [row.hour.getTime(), row]))
  const recent = rows.filter(({ hour }) => hour.getTime() >= oldest)
  const before = rows.filter(({ hour }) => hour.getTime() < oldest)
  const whole = counting ? Date.parse(countedTo) : Number.POSITIVE_INFINITY
  return {
    counting,
    hours: Array.from({ length: HOURS }, (_, i) => {
      const { runs = 0, failed = 0, skipped = 0 } = byTime.get(oldest + i * HOUR_MS) ?? {}
      return { hour: new Date(oldest + i * HOUR_MS).toISOString(), runs, failed, skipped }
    }),
    last_24_hours: rateOf(recent, whole),
    week_before: rateOf(before, whole),
  }
}

/**
 * A run that began before may fail now, so there may be more failures than runs.
 *
 * @param wholeMs the rate is of the hours that ended until then: of those after it the failures may be counted and the runs not yet
 */
function rateOf(rows: readonly HourRow[], wholeMs: number): Overview['week_before'] {
  const sum = (some: readonly HourRow[], what: 'runs' | 'failed') => some.reduce((n, row) => n + row[what], 0)
  const whole = rows.filter(({ hour }) => hour.getTime() + HOUR_MS <= wholeMs)
  const [runs, failed] = [sum(whole, 'runs'), sum(whole, 'failed')]
  const rate = runs === 0 ? (failed === 0 ? null : 1) : Math.min(1, failed / runs)
  return { runs: sum(rows, 'runs'), failed: sum(rows, 'failed'), error_rate: rate }
}

interface OpenRow {
  kind: 'silent' | 'overdue'
  automation_id: string
  automation_name: string | null
  since: Date
  per_day: number | null
  run_id: string | null
}

const NAME = `(select a.name from automations a where a.workspace_id = t.workspace_id and a.id = t.automation_id) as automation_name`

/** What is silent or overdue still. */
async function readOpen(pool: Pool, workspaceId: string): Promise<OpenRow[]> {
  const { rows } = await query<OpenRow>(pool, {
    name: 'overview-open',
    text: `select t.kind, t.automation_id, t.since, t.per_day, t.run_id, a.name as automation_name
      from alerts t join automations a on ${HOLDS} where t.workspace_id = $1 order by t.since limit ${MOST_LISTED}`,
    values: [workspaceId],
  })
  return rows
}

async function readPaused(
  pool: Pool,
  workspaceId: string,
): Promise<{ automation_id: string; automation_name: string; flags: AutomationFlag[] }[]> {
  const { rows } = await query<{ automation_id: string; automation_name: string; flags: AutomationFlag[] }>(pool, {
    name: 'overview-paused',
    text: `select id as automation_id, name as automation_name, flags from automations
      where workspace_id = $1 and status = 'inactive' and deleted_at is null and flags @> '[{"code": "FAILING"}]'
      order by updated_at desc limit ${MOST_LISTED}`,
    values: [workspaceId],
  })
  return rows
}

interface AlertRow {
  id: string
  kind: Alert['kind']
  automation_id: string
  automation_name: string | null
  at: Date
  since: Date
  runs: number | null
  run_id: string | null
  mail: Alert['mail']
  webhook: Alert['webhook']
  error: string | null
}

async function readAlerts(pool: Pool, workspaceId: string): Promise<Alert[]> {
  const { rows } = await query<AlertRow>(pool, {
    name: 'overview-alerts',
    text: `select t.id, t.kind, t.automation_id, t.at, t.since, t.runs, t.run_id, t.mail, t.webhook, t.error, ${NAME}
      from alerts t where t.workspace_id = $1 order by t.id desc limit ${ALERTS_SHOWN}`,
    values: [workspaceId],
  })
  return rows.map(({ id, automation_id, automation_name, at, since, run_id, ...rest }) => ({
    id: publicId('alert', id),
    automation_id: publicId('automation', automation_id),
    automation_name: automation_name ?? '',
    at: at.toISOString(),
    since: since.toISOString(),
    run_id: run_id === null ? null : publicId('run', run_id),
    ...rest,
  }))
}
