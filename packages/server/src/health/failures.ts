import { settingsOf } from '@kantos/model'
import { jsonArray, plainArray } from '../db/arrays.ts'
import { type Client, type Pool, query } from '../db/pool.ts'
import { transaction } from '../db/transaction.ts'

export interface Failure {
  workspace_id: string
  run_id: string
  automation_id: string
  cause: string
  at: Date
}

const BATCH = 2_000
/** What is older than this (a restored backup, a long stop) is counted and told to nobody. */
const STALE_MS = 86_400_000

/** Failures that nobody counted yet, up to 2,000; those of a workspace on hold are left until it is released. */
export async function readFailures(pool: Pool): Promise<Failure[]> {
  const { rows } = await query<Failure>(pool, {
    name: 'health-failures',
    text: `select workspace_id, run_id, automation_id, cause, at from failures f
      where (select h.workspace_id from holds h where h.workspace_id = f.workspace_id) is null
      order by workspace_id, run_id limit ${BATCH}`,
  })
  return rows
}

/**
 * Adds failures to the counts of their day and hour, and to those of their cause that somebody is to be told of. Each counts
 * once: it leaves the queue in the same transaction, and of two who count the same, the second finds it gone.
 *
 * @returns how many were counted now
 */
export async function countFailures(pool: Pool, failures: readonly Failure[]): Promise<number> {
  return transaction(pool, async (client) => {
    const { rows } = await query<Failure & { now: Date }>(client, {
      name: 'health-failures-take',
      text: `delete from failures f using unnest($1::uuid[], $2::uuid[]) as x(workspace_id, run_id)
        where f.workspace_id = x.workspace_id and f.run_id = x.run_id
        returning f.workspace_id, f.run_id, f.automation_id, f.cause, f.at, clock_timestamp() as now`,
      values: [
        plainArray(failures.map(({ workspace_id }) => workspace_id)),
        plainArray(failures.map(({ run_id }) => run_id)),
      ],
    })
    if (rows.length === 0) return 0
    await addToDays(client, rows)
    await addToHours(client, rows)
    const fresh = rows.filter(({ at, now }) => now.getTime() - at.getTime() < STALE_MS)
    const told = await alerting(client, fresh)
    await addToCauses(
      client,
      fresh.filter(({ workspace_id }) => told.has(workspace_id)),
    )
    return rows.length
  })
}

/** The workspaces that want alerts. */
async function alerting(client: Client, failures: readonly Failure[]): Promise<ReadonlySet<string>> {
  const ids = [...new Set(failures.map(({ workspace_id }) => workspace_id))]
  const { rows } = await query<{ id: string; settings: unknown }>(client, {
    text: 'select id, settings from workspaces where id = any($1::uuid[])',
    values: [ids],
  })
  return new Set(rows.filter(({ settings }) => settingsOf(settings).failure_alerts.enabled).map(({ id }) => id))
}

/** Groups in the order of their keys, so that two who count at once don't wait for each other crosswise. */
function grouped(failures: readonly Failure[], keyOf: (failure: Failure) => string): Failure[][] {
  const groups = Map.groupBy(failures, keyOf)
  return [...groups.keys()].toSorted().map((key) => groups.get(key)!)
}

async function addToDays(client: Client, failures: readonly Failure[]): Promise<void> {
  const day = ({ at }: Failure) => at.toISOString().slice(0, 10)
  const groups = grouped(failures, (f) => `${f.workspace_id} ${f.automation_id} ${day(f)}`)
  await query(client, {
    name: 'health-days-failed',
    text: `insert into automation_days as d (workspace_id, automation_id, day, failed)
      select * from unnest($1::uuid[], $2::uuid[], $3::date[], $4::int[])
      on conflict (workspace_id, automation_id, day) do update set failed = d.failed + excluded.failed`,
    values: [
      plainArray(groups.map(([first]) => first!.workspace_id)),
      plainArray(groups.map(([first]) => first!.automation_id)),
      plainArray(groups.map(([first]) => day(first!))),
      plainArray(groups.map((group) => group.length)),
    ],
  })
}

async function addToHours(client: Client, failures: readonly Failure[]): Promise<void> {
  const hour = ({ at }: Failure) => `${at.toISOString().slice(0, 13)}:00:00.000Z`
  const groups = grouped(failures, (f) => `${f.workspace_id} ${hour(f)}`)
  await query(client, {
    name: 'health-hours-failed',
    text: `insert into workspace_hours as h (workspace_id, hour, failed)
      select x.workspace_id, x.hour::timestamptz, x.failed
      from unnest($1::uuid[], $2::text[], $3::int[]) as x(workspace_id, hour, failed)
      on conflict (workspace_id, hour) do update set failed = h.failed + excluded.failed`,
    values: [
      plainArray(groups.map(([first]) => first!.workspace_id)),
      groups.map(([first]) => hour(first!)),
      plainArray(groups.map((group) => group.length)),
    ],
  })
}

async function addToCauses(client: Client, failures: readonly Failure[]): Promise<void> {
  if (failures.length === 0) return
  const groups = grouped(failures, (f) => `${f.workspace_id} ${f.cause}`).map((group) => {
    const byTime = group.toSorted((a, b) => a.at.getTime() - b.at.getTime())
    const [first, last] = [byTime[0]!, byTime.at(-1)!]
    return {
      workspace_id: first.workspace_id,
      cause: first.cause,
      automation_id: first.automation_id,
      untold: group.length,
      since: first.at,
      last_at: last.at,
      last_run_id: last.run_id,
    }
  })
  await query(client, {
    name: 'health-causes-add',
    // what nobody was told of in time is forgotten
    text: `insert into failure_causes as c (workspace_id, cause, automation_id, untold, since, last_at, last_run_id)
      select x.workspace_id, x.cause, x.automation_id, x.untold, x.since, x.last_at, x.last_run_id
      from unnest($1::text[]) as line(json)
      cross join lateral json_to_record(line.json::json) as x(workspace_id uuid, cause uuid, automation_id uuid, untold int,
        since timestamptz, last_at timestamptz, last_run_id uuid)
      on conflict (workspace_id, cause) do update set
        since = case when c.untold = 0 or c.last_at < clock_timestamp() - interval '1 day' then excluded.since else c.since end,
        untold = excluded.untold + case when c.last_at < clock_timestamp() - interval '1 day' then 0 else c.untold end,
        last_at = greatest(c.last_at, excluded.last_at),
        last_run_id = case when excluded.last_at >= c.last_at then excluded.last_run_id else c.last_run_id end`,
    values: [jsonArray(groups)],
  })
}
