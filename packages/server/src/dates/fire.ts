import { nextReached, objectSlug, type ReachedDate } from '@kantos/model'
import { plainArray, textArray } from '../db/arrays.ts'
import { type Client, type Pool, query } from '../db/pool.ts'
import type { DbTime } from '../db/time.ts'
import { together } from '../db/together.ts'
import { transaction } from '../db/transaction.ts'
import { insertEvents } from '../events/insert.ts'
import type { NewEvent } from '../events/outbox.ts'
import { failpoint } from '../failpoints.ts'
import type { Services } from '../services.ts'
import { type Alarm, alarmFor, type AlarmOf, momentOf, setAlarms } from './alarms.ts'
import { type Followed, readFollowed } from './followed.ts'

/** What was missed while the system was down starts its run late, up to this. */
export const GRACE_MS = 24 * 3_600_000
const MOST_ALARMS = 500
const BUDGET_MS = 5_000

interface Due extends AlarmOf {
  /** epoch ms */
  dueAt: number
  now: number
}

interface DatedRecord {
  workspaceId: string
  id: string
  object: string
  data: Record<string, unknown>
}

interface Reached extends AlarmOf {
  followed: Followed
  record: DatedRecord
  reached: ReachedDate
}

/** What became of some alarms that were due. */
interface Fired {
  taken: number
  events: number
  /** left out, since they were due more than a day ago; by automation */
  late: ReadonlyMap<string, number>
}

// One look into an index for each automation that follows dates, however many records there are; an equal share for each, so that a
// flood of one leaves the others their place.
const CLAIM = `
  with due as materialized (
    select t.workspace_id, t.automation_id from date_triggers t
    where t.state <> 'dropping' and (select h.workspace_id from holds h where h.workspace_id = t.workspace_id) is null
      and (select a.record_id from date_alarms a where a.workspace_id = t.workspace_id and a.automation_id = t.automation_id
        and a.due_at <= now() order by a.due_at limit 1) is not null
    order by random() limit 50
  ), share as (
    select greatest(1, ${MOST_ALARMS} / greatest(1, count(*)))::int as n from due
  )
  select p.workspace_id as "workspaceId", p.automation_id as "automationId", p.record_id as "recordId",
    (extract(epoch from p.due_at) * 1000)::float8 as "dueAt", (extract(epoch from clock_timestamp()) * 1000)::float8 as now
  from due d cross join lateral (
    select a.* from date_alarms a where a.workspace_id = d.workspace_id and a.automation_id = d.automation_id
      and a.due_at <= now() order by a.due_at limit (select n from share) for update skip locked
  ) p`

/**
 * Writes the events of all dates that are reached, each once in the whole cluster: two workers can't both claim an alarm (`for update skip
 * locked`), and its event, the right to start a run, what says that it was reached and the next alarm commit together.
 *
 * A record is read again when its date is due. If that is another one by now, nothing starts: what changed it sets the alarm, or has.
 *
 * @param wake called after each commit that made work
 * @returns dates that were reached
 */
export async function fireDates(pool: Pool, time: DbTime, log: Services['log'], wake: () => void): Promise<number> {
  const began = performance.now()
  let total = 0
  for (;;) {
    const { taken, events, late } = await transaction(pool, (client) => fireOnce(client, time))
    for (const [automation, dates] of late)
      log.warn({ automation, dates }, 'dates that were reached more than a day ago, while nothing ran, start nothing')
    if (events > 0) wake()
    total += events
    if (taken === 0 || performance.now() - began > BUDGET_MS) return total
  }
}

/** One transaction's share of the alarms that are due. */
export async function fireOnce(client: Client, time: DbTime): Promise<Fired> {
  const { rows } = await query<Due>(client, { name: 'dates-due', text: CLAIM })
  if (rows.length === 0) return { taken: 0, events: 0, late: new Map() }
  const [automations, records] = await together([readFollowed(client, rows), readRecords(client, rows)])
  const late = new Map<string, number>()
  const reached: Reached[] = []
  const next: Alarm[] = []
  for (const due of rows) {
    const { workspaceId, automationId, recordId, dueAt, now } = due
    const followed = automations.get(automationId)
    const record = records.get(workspaceId + recordId)
    if (followed === undefined || record === undefined || record.object !== objectSlug(followed.trigger.object)) {
      next.push({ workspaceId, automationId, recordId, reached: null, moment: null })
      continue
    }
    const { trigger, zone } = followed
    const value = record.data[trigger.field]
    const is = nextReached(trigger, zone, value, dueAt - 1)
    const moved = is?.dueAt !== dueAt
    // what was missed for years comes again once
    const after = moved ? now : Math.max(dueAt, now - GRACE_MS)
    next.push(alarmFor({ workspaceId, automationId, recordId }, trigger, zone, value, after))
    if (moved) continue
    if (now - dueAt > GRACE_MS) late.set(automationId, (late.get(automationId) ?? 0) + 1)
    else reached.push({ workspaceId, automationId, recordId, followed, record, reached: is })
  }
  const events = await firstTime(client, reached)
  failpoint('date_fire')
  await together([
    insertEvents(
      client,
      events.map((one) => dateEvent(time, one)),
    ),
    setAlarms(client, next),
  ])
  return { taken: rows.length, events: events.length, late }
}

async function readRecords(client: Client, due: readonly Due[]): Promise<ReadonlyMap<string, DatedRecord>> {
  const { rows } = await query<DatedRecord>(client, {
    name: 'dates-due-records',
    text: `select r.workspace_id as "workspaceId", r.id, r.object, r.data
      from unnest($1::uuid[], $2::uuid[]) as x(workspace_id, id)
      join records r on r.workspace_id = x.workspace_id and r.id = x.id`,
    values: [plainArray(due.map(({ workspaceId }) => workspaceId)), plainArray(due.map(({ recordId }) => recordId))],
  })
  return new Map(rows.map((row) => [row.workspaceId + row.id, row]))
}

/** Those that were not reached before; they are from now on. */
async function firstTime(client: Client, reached: readonly Reached[]): Promise<Reached[]> {
  if (reached.length === 0) return []
  const { rows } = await query<{ key: string }>(client, {
    name: 'date-firings-insert',
    text: `insert into date_firings (workspace_id, automation_id, record_id, moment)
      select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) on conflict do nothing
      returning automation_id::text || record_id as key`,
    values: [
      plainArray(reached.map(({ workspaceId }) => workspaceId)),
      plainArray(reached.map(({ automationId }) => automationId)),
      plainArray(reached.map(({ recordId }) => recordId)),
      textArray(reached.map((one) => momentOf(one.followed.trigger, one.reached))),
    ],
  })
  const first = new Set(rows.map(({ key }) => key))
  return reached.filter(({ automationId, recordId }) => first.has(automationId + recordId))
}

/** The event of one record's date, the root of a chain of its own. Source: SPEC.md, section 10 */
function dateEvent(
  time: DbTime,
  { workspaceId, automationId, recordId, followed, record, reached }: Reached,
): NewEvent {
  const id = time.id()
  return {
    workspaceId,
    id,
    type: 'date.reached',
    object: record.object,
    recordId,
    source: 'schedule',
    actor: null,
    lane: 1,
    automationId,
    changes: null,
    after: record.data,
    payload: datePayload(followed.trigger.field, reached, followed.zone),
    chain: { id, depth: 0, path: [] },
  }
}

/** What a date's event brings along. */
export function datePayload(
  field: string,
  { date, dueAt }: ReachedDate,
  timezone: string,
): NonNullable<NewEvent['payload']> {
  return { date: { field, date, at: new Date(dueAt).toISOString(), timezone } }
}
