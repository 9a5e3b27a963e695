import { parseCron, type Trigger } from '@kantos/model'
import type { Client, Pool } from '../db/pool.ts'
import type { DbTime } from '../db/time.ts'
import { transaction } from '../db/transaction.ts'
import { failpoint } from '../failpoints.ts'
import { insertEvents } from '../events/insert.ts'
import type { NewEvent } from '../events/outbox.ts'
import { type FanOut } from './fan-out.ts'
import { advanceFanOut } from './fan-out-step.ts'
import { tickEvent } from './tick-event.ts'
import { ticksToRun } from './misfire.ts'
import { inZone, nextTickAfter } from './next.ts'

export interface DueSchedule {
  workspaceId: string
  automationId: string
  /** when it wants attention: the tick, or the next chunk of a fan-out; epoch ms */
  dueAt: number
  fanOut: FanOut | null
}

export type ScheduleTrigger = Extract<Trigger, { event: 'schedule' }>

/** An active automation with a schedule. */
export interface ScheduledAutomation {
  id: string
  version: number
  mode: 'live' | 'test'
  /** its time zone filled in */
  trigger: ScheduleTrigger
}

/** Where a schedule stands after a batch. `next` null: it ticks no more. */
export interface Step {
  events: NewEvent[]
  next: number | null
  fanOut: FanOut | null
  /** ticks begun */
  ticks: number
}

const MOST_SCHEDULES = 100
/** a batch takes up no further schedule when it has so many events */
const ENOUGH_EVENTS = 1_000
const BUDGET_MS = 5_000

const CLAIM = `
  select workspace_id as "workspaceId", automation_id as "automationId", cursor as "fanOut",
    (extract(epoch from next_tick_at) * 1000)::float8 as "dueAt", (extract(epoch from clock_timestamp()) * 1000)::float8 as now
  from schedules s where next_tick_at <= now() and (select h.workspace_id from holds h where h.workspace_id = s.workspace_id) is null
  order by next_tick_at limit ${MOST_SCHEDULES} for update skip locked`

/**
 * Writes the events of all ticks that are due, each tick once in the whole cluster: two workers can't both claim a schedule (`for
 * update skip locked`), and its events, the right to start runs and its next tick commit together. With an object, a tick goes through the
 * matching records in chunks of 1,000, each a transaction that also says where the next one begins, so that a crash neither loses nor
 * doubles a record.
 *
 * The states of a schedule's row: `next_tick_at` in the future, it sleeps; in the past without `cursor`, a tick is due; in the past with
 * `cursor`, a tick is on its way through the records; null, it never ticks again.
 *
 * @param wake called after each commit that made work
 * @returns `ticks` begun, and when the next one is due (epoch ms; past when there is more to do at once; null: no schedule)
 * Source: SPEC.md, sections 4 and 15; DESIGN.md, section 9
 */
export async function runDueSchedules(
  pool: Pool,
  time: DbTime,
  wake: () => void,
): Promise<{ ticks: number; nextAt: number | null }> {
  const began = performance.now()
  let ticks = 0
  for (;;) {
    const batch = await transaction(pool, (client) => runBatch(client, time))
    ticks += batch.ticks
    if (batch.events > 0) wake()
    if (batch.schedules === 0 || performance.now() - began > BUDGET_MS) break
  }
  const { rows } = await pool.query<{ next: Date }>({
    name: 'schedules-next',
    text: 'select next_tick_at as next from schedules where next_tick_at is not null order by next_tick_at limit 1',
  })
  return { ticks, nextAt: rows[0]?.next.getTime() ?? null }
}

/** One transaction's share of the due schedules. */
export async function runBatch(
  client: Client,
  time: DbTime,
): Promise<{ schedules: number; ticks: number; events: number }> {
  const { rows } = await client.query<DueSchedule & { now: number }>({ name: 'schedules-claim', text: CLAIM })
  if (rows.length === 0) return { schedules: 0, ticks: 0, events: 0 }
  // read after the rows are locked: a change of an automation locks its schedule too, so this is what it is now
  const automations = await readAutomations(client, rows)
  const changes: object[] = []
  const events: NewEvent[] = []
  let ticks = 0
  for (const due of rows.toSorted((a, b) => Number(isFanOut(a, automations)) - Number(isFanOut(b, automations)))) {
    if (events.length >= ENOUGH_EVENTS) break
    const automation = automations.get(due.automationId)
    const step = automation === undefined ? null : await takeStep(client, time, due, automation, due.now)
    changes.push({
      workspace_id: due.workspaceId,
      automation_id: due.automationId,
      next_tick_at: step === null || step.next === null ? null : new Date(step.next),
      cursor: step?.fanOut ?? null,
    })
    if (step === null) continue
    events.push(...step.events)
    ticks += step.ticks
  }
  await client.query({
    name: 'schedules-advance',
    text: `update schedules s set next_tick_at = x.next_tick_at, cursor = x.cursor
      from json_to_recordset($1::json) as x(workspace_id uuid, automation_id uuid, next_tick_at timestamptz, cursor jsonb)
      where s.workspace_id = x.workspace_id and s.automation_id = x.automation_id`,
    values: [JSON.stringify(changes)],
  })
  await insertEvents(client, events)
  failpoint('schedule_tick')
  return { schedules: changes.length, ticks, events: events.length }
}

async function takeStep(
  client: Client,
  time: DbTime,
  due: DueSchedule,
  automation: ScheduledAutomation,
  nowMs: number,
): Promise<Step> {
  const { cron: source, timezone = 'UTC', misfire = 'latest', object } = automation.trigger
  if (due.fanOut !== null) return advanceFanOut(client, time, due, automation, due.fanOut, nowMs)
  const parsed = parseCron(source)
  if (!parsed.ok) return { events: [], next: null, fanOut: null, ticks: 0 }
  const ticks = ticksToRun(parsed.cron, timezone, due.dueAt, nowMs, misfire)
  if (object !== undefined && ticks.length > 0) {
    return advanceFanOut(client, time, due, automation, { at: ticks[0]!, timezone }, nowMs)
  }
  const events = ticks.map((at) => tickEvent(time, due, { at: new Date(at).toISOString(), timezone }, null, 1))
  return { events, next: nextTickAfter(automation.trigger, nowMs), fanOut: null, ticks: ticks.length }
}

/** Schedules with an object come last, so that a tick of 100,000 records doesn't hold the others up. */
function isFanOut(due: DueSchedule, automations: ReadonlyMap<string, ScheduledAutomation>): boolean {
  return due.fanOut !== null || automations.get(due.automationId)?.trigger.object !== undefined
}

async function readAutomations(
  client: Client,
  schedules: readonly DueSchedule[],
): Promise<ReadonlyMap<string, ScheduledAutomation>> {
  const { rows } = await client.query<ScheduledAutomation & { zone: string | null }>({
    name: 'schedules-automations',
    text: `select a.id, a.version, a.mode, a.document -> 'trigger' as trigger, w.settings ->> 'default_timezone' as zone
      from unnest($1::uuid[], $2::uuid[]) as due(workspace_id, id)
      join automations a on a.workspace_id = due.workspace_id and a.id = due.id
      join workspaces w on w.id = a.workspace_id
      where a.status = 'active' and a.deleted_at is null and a.trigger_event = 'schedule'`,
    values: [schedules.map(({ workspaceId }) => workspaceId), schedules.map(({ automationId }) => automationId)],
  })
  return new Map(rows.map(({ zone, ...row }) => [row.id, { ...row, trigger: inZone(row.trigger, zone) }]))
}
