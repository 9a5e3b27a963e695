import { Gauge, type Registry } from 'prom-client'
import type { Logger } from 'pino'
import { type Pool, query } from '../db/pool.ts'
import { transaction } from '../db/transaction.ts'
import { acrossWorkspaces } from '../db/walls.ts'

/** However often somebody asks, the database is asked this often at most, and this long. */
const FRESH_MS = 5_000
const LONGEST_MS = 1_000
const MOST_COUNTED = 100_000
const LANES = ['0', '1', '2'] as const

/** Where the queues stand, over all workspaces that aren't on hold. */
export interface QueueState {
  /** how long the run that has been due for longest has waited, seconds; 0: none is due */
  runAge: number
  /** the same of the oldest event that isn't taken up */
  eventAge: number
  /** by lane, up to 100,000 */
  dueRuns: Record<string, number>
  events: Record<string, number>
  held: number
}

// The workspaces that have rows, by a loose index scan; then the ends of the indexes, never a whole table.
const WORKSPACES = (table: string, condition: string) => `with recursive waiting as (
    (select workspace_id from ${table} where ${condition} order by workspace_id limit 1)
    union all
    select (select x.workspace_id from ${table} x where x.workspace_id > w.workspace_id and ${condition}
            order by x.workspace_id limit 1)
    from waiting w where w.workspace_id is not null
  ), going as (
    select workspace_id from waiting w where w.workspace_id is not null
      and (select h.workspace_id from holds h where h.workspace_id = w.workspace_id) is null
  ), lanes as (
    select going.workspace_id, l.lane from going cross join (values (0::smallint), (1::smallint), (2::smallint)) as l(lane)
  )`

const RUNS = `${WORKSPACES('runs_live', 'due_at is not null')}
  select l.lane::text, sum(n.n)::int as n, extract(epoch from statement_timestamp() - min(first.at))::float8 as age
  from lanes l
  cross join lateral (select min(due_at) as at from (
    select due_at from runs_live where workspace_id = l.workspace_id and lane = l.lane
      and due_at <= statement_timestamp() order by due_at limit 1) x) first
  cross join lateral (select count(*) as n from (
    select from runs_live where workspace_id = l.workspace_id and lane = l.lane and due_at <= statement_timestamp()
    limit ${MOST_COUNTED}) x) n
  group by l.lane`

const EVENTS = `${WORKSPACES('outbox', 'true')}
  select l.lane::text, sum(n.n)::int as n, extract(epoch from statement_timestamp() - min(first.at))::float8 as age
  from lanes l
  cross join lateral (select min(e.at) as at from (
    select event_id from outbox where workspace_id = l.workspace_id and lane = l.lane order by seq limit 1) x
    join events e on e.workspace_id = l.workspace_id and e.id = x.event_id) first
  cross join lateral (select count(*) as n from (
    select from outbox where workspace_id = l.workspace_id and lane = l.lane limit ${MOST_COUNTED}) x) n
  group by l.lane`

interface LaneRow {
  lane: string
  n: number
  age: number | null
}

/** Asks the database where the queues stand. @throws when it takes longer than a second */
export async function readQueue(pool: Pool): Promise<QueueState> {
  return transaction(
    pool,
    async (client) => {
      const runs = await query<LaneRow>(client, { name: 'metrics-runs', text: RUNS })
      const events = await query<LaneRow>(client, { name: 'metrics-events', text: EVENTS })
      const held = await query<{ n: number }>(client, { text: 'select count(*)::int as n from holds' })
      const age = (rows: LaneRow[]) => Math.max(0, ...rows.map((row) => row.age ?? 0))
      const byLane = (rows: LaneRow[]) => Object.fromEntries(rows.map((row) => [row.lane, row.n]))
      return {
        runAge: age(runs.rows),
        eventAge: age(events.rows),
        dueRuns: byLane(runs.rows),
        events: byLane(events.rows),
        held: held.rows[0]!.n,
      }
    },
    { readOnly: true, retries: 0, settings: { statement_timeout: String(LONGEST_MS) } },
  )
}

/**
 * The queues as gauges. When the database doesn't answer in time they show nothing rather than something old, and
 * `kantos_queue_readable` is 0.
 */
export function queueMetrics({
  pool,
  metrics,
  log,
}: {
  pool: Pool
  metrics: Registry
  log: Pick<Logger, 'warn'>
}): void {
  if (metrics.getSingleMetric('kantos_queue_readable') !== undefined) return
  let reading: Promise<QueueState | null> | null = null
  let readAt = Number.NEGATIVE_INFINITY
  const state = () => {
    if (reading === null || performance.now() - readAt > FRESH_MS) {
      readAt = performance.now()
      reading = readQueue(acrossWorkspaces(pool)).catch((error: unknown) => {
        log.warn({ error: String(error) }, 'the queues could not be measured in time')
        return null
      })
    }
    return reading
  }
  const gauge = (
    name: string,
    help: string,
    set: (gauge: Gauge, state: QueueState) => void,
    labelNames: string[] = [],
  ) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers: [metrics],
      async collect() {
        const now = await state()
        if (now !== null) set(this as Gauge, now)
        else if (labelNames.length === 0) this.remove()
        else this.reset()
      },
    })
  const lanes = (counts: (state: QueueState) => Record<string, number>) => (gauge: Gauge, now: QueueState) => {
    for (const lane of LANES) gauge.set({ lane }, counts(now)[lane] ?? 0)
  }
  new Gauge({
    name: 'kantos_queue_readable',
    help: 'Whether the database told the state of the queues within a second',
    registers: [metrics],
    async collect() {
      this.set((await state()) === null ? 0 : 1)
    },
  })
  gauge('kantos_run_queue_age_seconds', 'How long the oldest due run has waited', (g, { runAge }) => g.set(runAge))
  gauge(
    'kantos_event_queue_age_seconds',
    'How long the oldest event that may start runs has waited',
    (g, { eventAge }) => g.set(eventAge),
  )
  gauge(
    'kantos_due_runs',
    'Runs that are due, by lane, up to 100,000',
    lanes((now) => now.dueRuns),
    ['lane'],
  )
  gauge(
    'kantos_waiting_events',
    'Events not taken up yet, by lane, up to 100,000',
    lanes((now) => now.events),
    ['lane'],
  )
  gauge('kantos_workspaces_on_hold', 'Workspaces on hold', (g, { held }) => g.set(held))
}
