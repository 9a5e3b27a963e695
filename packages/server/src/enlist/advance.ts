import { ApiError, publicId } from '@kantos/model'
import type { Client, Pool } from '../db/pool.ts'
import type { DbTime } from '../db/time.ts'
import { transaction } from '../db/transaction.ts'
import { insertEvents } from '../events/insert.ts'
import type { NewEvent } from '../events/outbox.ts'
import { failpoint } from '../failpoints.ts'
import { readCatalogue } from '../records/catalogue.ts'
import type { RecordRow } from '../records/row.ts'
import { objectOf } from '../runs/manual.ts'
import { holdAutomations } from '../runs/queue.ts'
import { nextRecords } from '../schedules/fan-out.ts'

const CHUNK = 500
/** bulk events of a workspace that wait to be taken up: beyond them nothing is added */
const MOST_WAITING = 5_000
const BUDGET_MS = 5_000
const SECOND_MS = 1_000
const RETRY_MS = 60_000
const MOST_TRIES = 3
/** What an enlistment's own filters or data can cause: statement timeout, and data that can't be computed with. */
const CAUSED = /^(?:22|23|54)|^57014$/

interface Due {
  workspaceId: string
  id: string
  automationId: string
  object: string
  filters: Record<string, unknown>
  most: number | null
  perMinute: number | null
  started: number
  afterId: string | null
  untilId: string | null
  tries: number
  createdBy: string | null
  dueAt: number
  now: number
  /** bulk events of its workspace that wait */
  waiting: number
}

// What waits is counted for the one that was claimed, and no further than it matters: in the order of the index.
const CLAIM = `
  with e as materialized (
    select * from enlistments e
    where e.next_at <= now() and (select h.workspace_id from holds h where h.workspace_id = e.workspace_id) is null
    order by e.next_at limit 1 for no key update skip locked
  )
  select e.workspace_id as "workspaceId", e.id, e.automation_id as "automationId", e.object, e.filters, e.most,
    e.per_minute as "perMinute", e.started, e.after_id as "afterId", e.until_id as "untilId", e.tries,
    e.created_by as "createdBy", (extract(epoch from e.next_at) * 1000)::float8 as "dueAt",
    (extract(epoch from clock_timestamp()) * 1000)::float8 as now,
    (select count(*)::int from (select from outbox o where o.workspace_id = e.workspace_id and o.lane = 2
      order by o.seq limit ${MOST_WAITING}) w) as waiting
  from e`

const ADVANCE = `
  with counted as (
    delete from enlistment_results where workspace_id = $1 and enlistment_id = $2
    returning succeeded, skipped, failed, cancelled
  ), sums as (
    select coalesce(sum(succeeded), 0) as succeeded, coalesce(sum(skipped), 0) as skipped,
      coalesce(sum(failed), 0) as failed, coalesce(sum(cancelled), 0) as cancelled from counted
  )
  update enlistments e set status = $3, started = e.started + $4, after_id = $5, next_at = $6, tries = $7, error = $8,
    finished_at = case when $3 = 'running' then null else now() end, succeeded = e.succeeded + s.succeeded,
    skipped = e.skipped + s.skipped, failed = e.failed + s.failed, cancelled = e.cancelled + s.cancelled
  from sums s where e.workspace_id = $1 and e.id = $2`

/** Where an enlistment stands after a chunk. */
interface Step {
  status: 'running' | 'done' | 'cancelled' | 'failed'
  records: RecordRow[]
  afterId: string | null
  /** epoch ms; null: it has ended */
  nextAt: number | null
  tries: number
  error: string | null
}

/**
 * Hands the next records of all enlistments over that are due, chunk by chunk. Each chunk is a transaction: its events,
 * the right to start runs, and where the next one begins commit together, so that a crash neither loses nor doubles a
 * record, and two workers can't both claim one (`skip locked`). While many bulk events of the workspace wait, nothing is
 * added.
 *
 * @param wake called after each commit that made work
 * @returns records handed over
 */
export async function advanceEnlistments(pool: Pool, time: DbTime, wake: () => void): Promise<number> {
  const began = performance.now()
  let handedOver = 0
  for (;;) {
    const records = await transaction(pool, (client) => advanceOne(client, time))
    if (records === null) return handedOver
    if (records > 0) wake()
    handedOver += records
    if (performance.now() - began > BUDGET_MS) return handedOver
  }
}

/** One chunk of one enlistment. @returns null when none is due */
export async function advanceOne(client: Client, time: DbTime): Promise<number | null> {
  const { rows } = await client.query<Due>({ name: 'enlistments-claim', text: CLAIM })
  const [due] = rows
  if (due === undefined) return null
  const step = await take(client, due)
  await insertEvents(
    client,
    step.records.map((record) => enlistedEvent(time, due, record)),
  )
  failpoint('enlist_chunk')
  await client.query({
    name: 'enlistments-advance',
    text: ADVANCE,
    values: [
      due.workspaceId,
      due.id,
      step.status,
      step.records.length,
      step.afterId,
      step.nextAt === null ? null : new Date(step.nextAt),
      step.tries,
      step.error,
    ],
  })
  return step.records.length
}

async function take(client: Client, due: Due): Promise<Step> {
  const { workspaceId, automationId, afterId, now } = due
  const stays = { records: [], afterId, tries: due.tries, error: null }
  const ends = (status: Step['status'], error: string | null): Step => ({ ...stays, status, error, nextAt: null })
  // locked from here on, so it is what it is until the chunk is written
  const automation = (await holdAutomations(client, workspaceId, [automationId])).get(automationId)
  if (automation === undefined) return ends('cancelled', 'The automation was deleted.')
  if (automation.status !== 'active') return ends('cancelled', 'The automation was deactivated.')
  const { trigger } = automation.document
  if (objectOf(trigger) !== due.object || trigger.event === 'record.deleted')
    return ends('cancelled', 'The automation is about other records by now.')
  if (due.untilId === null) return ends('done', null)
  if (due.waiting >= MOST_WAITING) return { ...stays, status: 'running', nextAt: now + SECOND_MS }
  const limit = Math.min(chunkOf(due), due.most === null ? CHUNK : due.most - due.started)
  await client.query('savepoint enlist')
  try {
    const object = (await readCatalogue(client, workspaceId)).objects.get(due.object)
    if (object === undefined) throw new ApiError('NOT_FOUND', `The object ${due.object} is gone.`)
    const course = { object: due.object, filters: due.filters, after_id: afterId, until_id: due.untilId }
    const { records, next } = await nextRecords(client, workspaceId, object, course, limit)
    const full = due.most !== null && due.started + records.length >= due.most
    if (next === null || full) return { ...stays, records, status: 'done', nextAt: null }
    return {
      ...stays,
      records,
      status: 'running',
      afterId: next.after_id,
      nextAt: nextAt(due, records.length),
      tries: 0,
    }
  } catch (error) {
    const passing = CAUSED.test(String((error as { code?: unknown }).code))
    if (!passing && !(error instanceof ApiError)) throw error
    await client.query('rollback to savepoint enlist')
    const tries = due.tries + 1
    if (passing && tries < MOST_TRIES) return { ...stays, status: 'running', nextAt: now + RETRY_MS, tries }
    return ends('failed', (error as Error).message)
  }
}

/** A second's share of the pace. */
function chunkOf({ perMinute }: Due): number {
  return perMinute === null ? CHUNK : Math.max(1, Math.min(CHUNK, Math.ceil(perMinute / 60)))
}

/** Counted from when it was due, so that the pace holds; what a stop missed isn't caught up. */
function nextAt({ perMinute, dueAt, now }: Due, records: number): number {
  if (perMinute === null) return now
  return Math.max(dueAt, now - SECOND_MS) + (records / perMinute) * 60_000
}

/** A start by hand, seen by this automation alone: the root of a chain of its own. */
function enlistedEvent(time: DbTime, due: Due, record: RecordRow): NewEvent {
  const id = time.id()
  return {
    workspaceId: due.workspaceId,
    id,
    type: 'manual',
    object: record.object,
    recordId: record.id,
    source: 'manual',
    actor: due.createdBy,
    lane: 2,
    automationId: due.automationId,
    changes: null,
    after: record.data,
    payload: { enlistment: publicId('enlistment', due.id) },
    chain: { id, depth: 0, path: [] },
  }
}
