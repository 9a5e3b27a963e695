import { ApiError, ExpressionError, objectSlug } from '@kantos/model'
import type { Client } from '../db/pool.ts'
import type { DbTime } from '../db/time.ts'
import { readCatalogue } from '../records/catalogue.ts'
import { beginFanOut, type FanOut, nextRecords } from './fan-out.ts'
import { saveFailedTick } from './failed-tick.ts'
import { nextTickAfter } from './next.ts'
import type { DueSchedule, ScheduledAutomation, Step } from './tick.ts'
import { tickEvent } from './tick-event.ts'

const CHUNK = 1_000
const MOST_TRIES = 3
const RETRY_MS = 60_000

/** What a tick's own filters or data can cause: statement timeout, and data that can't be computed with. */
const CAUSED = /^(?:22|23|54)|^57014$/

/**
 * Takes a tick one chunk of records further. The first chunk has the lane of a tick, the following ones that of bulk work: a tick of
 * 100,000 records lets other events pass.
 *
 * Filters that can't be used leave a failed run that says so; what may pass, such as a statement that took too long, is tried three times.
 *
 * @param from a fan-out under way, or the tick to begin with
 */
export async function advanceFanOut(
  client: Client,
  time: DbTime,
  due: DueSchedule,
  automation: ScheduledAutomation,
  from: FanOut | { at: number; timezone: string },
  nowMs: number,
): Promise<Step> {
  const begins = 'at' in from
  const tickAt = begins ? from.at : Date.parse(from.tick_at)
  const done = { next: nextTickAfter(automation.trigger, tickAt), fanOut: null, ticks: begins ? 1 : 0 }
  let fanOut: FanOut | null = null
  await client.query('savepoint fan_out')
  try {
    fanOut = begins ? await begin(client, due, automation, from, nowMs) : from
    if (fanOut === null) return { events: [], ...done }
    const object = (await readCatalogue(client, due.workspaceId)).objects.get(fanOut.object)
    if (object === undefined) throw new ApiError('NOT_FOUND', `The object ${fanOut.object} is gone.`)
    const { records, next } = await nextRecords(client, due.workspaceId, object, fanOut, CHUNK)
    const tick = { at: fanOut.tick_at, timezone: fanOut.timezone }
    const events = records.map((record) => tickEvent(time, due, tick, record, begins ? 1 : 2))
    // taken up again at once, after the others that are due
    return next === null ? { events, ...done } : { ...done, events, next: nowMs, fanOut: next }
  } catch (error) {
    const passing = fanOut !== null && CAUSED.test(String((error as { code?: unknown }).code))
    if (!passing && !(error instanceof ApiError) && !(error instanceof ExpressionError)) throw error
    await client.query('rollback to savepoint fan_out')
    const tries = (fanOut?.tries ?? 0) + 1
    if (passing && tries < MOST_TRIES) {
      return { ...done, events: [], next: nowMs + RETRY_MS, fanOut: { ...fanOut!, tries } }
    }
    const tick = { at: new Date(tickAt).toISOString(), timezone: from.timezone }
    await saveFailedTick(client, time, due, automation, tick, error as Error)
    return { ...done, events: [] }
  }
}

function begin(
  client: Client,
  due: DueSchedule,
  { trigger }: ScheduledAutomation,
  tick: { at: number; timezone: string },
  nowMs: number,
): Promise<FanOut | null> {
  return beginFanOut(client, due.workspaceId, objectSlug(trigger.object!), trigger.filters ?? {}, tick, nowMs)
}
