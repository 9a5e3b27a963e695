import { compileTemplate, ExpressionError, type ObjectDefinition, publicId, type Scope, uuidOf } from '@kantos/model'
import { BEFORE_ALL } from '../db/before-all.ts'
import type { Queryable } from '../db/pool.ts'
import { findRecords } from '../records/query.ts'
import type { RecordRow } from '../records/row.ts'

/** A tick on its way through the records of an object, as `schedules.cursor` keeps it. Ids are UUIDs. */
export interface FanOut {
  /** the tick, ISO */
  tick_at: string
  timezone: string
  object: string
  /** rendered when the fan-out began, so that all its records are judged alike */
  filters: Record<string, unknown>
  /** the last record that was looked at; null: none yet */
  after_id: string | null
  /** the newest record when the fan-out began: records made by its own runs don't prolong it */
  until_id: string
  /** how often this chunk failed */
  tries?: number
}

/** Records looked at by one statement: it ends in good time even if hardly any match. */
const WINDOW = 20_000
const MAX_FILTER_DEPTH = 10

/**
 * Begins a fan-out.
 *
 * @param nowMs the database's clock: what `now` is in the filters; `today` is its day in the schedule's zone
 * @returns null when the object has no records
 * @throws ExpressionError when a filter can't be rendered
 */
export async function beginFanOut(
  db: Queryable,
  workspaceId: string,
  object: string,
  filters: Record<string, unknown>,
  tick: { at: number; timezone: string },
  nowMs: number,
): Promise<FanOut | null> {
  const { rows } = await db.query<{ id: string }>({
    name: 'records-newest',
    text: 'select id from records where workspace_id = $1 and object = $2 order by id desc limit 1',
    values: [workspaceId, object],
  })
  if (rows[0] === undefined) return null
  return {
    tick_at: new Date(tick.at).toISOString(),
    timezone: tick.timezone,
    object,
    filters: renderFilters(filters, tick.timezone, nowMs),
    after_id: null,
    until_id: rows[0].id,
  }
}

/**
 * The next matching records of a fan-out, at most `limit`, and where it stands after them.
 *
 * @returns `next` null: that was the last of it
 * @throws ApiError when the filters don't fit the object any more
 */
export async function nextRecords<T extends Pick<FanOut, 'object' | 'filters' | 'after_id' | 'until_id'>>(
  db: Queryable,
  workspaceId: string,
  object: ObjectDefinition,
  fanOut: T,
  limit: number,
): Promise<{ records: RecordRow[]; next: T | null }> {
  const { rows } = await db.query<{ id: string }>({
    name: 'records-window',
    text: `select id from records where workspace_id = $1 and object = $2 and id > $3 and id <= $4
      order by id offset $5 limit 1`,
    values: [workspaceId, fanOut.object, fanOut.after_id ?? BEFORE_ALL, fanOut.until_id, WINDOW - 1],
  })
  const end = rows[0]?.id ?? fanOut.until_id
  const records = await findRecords(db, workspaceId, object, {
    filters: upTo(fanOut.filters, end),
    afterId: fanOut.after_id,
    limit,
  })
  const reached = records.length < limit ? end : records.at(-1)!.id
  if (reached === fanOut.until_id) return { records, next: null }
  return { records, next: { ...fanOut, after_id: reached, tries: undefined } }
}

/** Filters, and the id at most `end`. */
function upTo(filters: Record<string, unknown>, end: string): Record<string, unknown> {
  const within = { $lte: publicId('record', end) }
  const { id } = filters
  if (id === undefined) return { ...filters, id: within }
  if (typeof id === 'object' && id !== null && !Array.isArray(id)) {
    const given = id as Record<string, unknown>
    const bound = typeof given.$lte === 'string' ? uuidOf('record', given.$lte) : null
    if (given.$lte === undefined || (bound !== null && bound > end)) return { ...filters, id: { ...given, ...within } }
    return filters
  }
  return { ...filters, id: { $eq: id, ...within } }
}

/**
 * A schedule's filters as they are at a moment.
 *
 * @param nowMs what `now` is in them; `today` is its day in the schedule's zone
 * @throws ExpressionError when a filter can't be rendered
 */
export function renderFilters(
  filters: Record<string, unknown>,
  timezone: string,
  nowMs: number,
): Record<string, unknown> {
  const scope: Scope = { now: new Date(nowMs).toISOString(), today: dayIn(timezone, nowMs) }
  return renderTexts(filters, scope) as Record<string, unknown>
}

function renderTexts(value: unknown, scope: Scope, depth = 0): unknown {
  if (depth > MAX_FILTER_DEPTH * 3) throw new ExpressionError('the filters nest too deep', 1)
  if (typeof value === 'string') return value.includes('{{') ? compileTemplate(value).render(scope).value : value
  if (Array.isArray(value)) return value.map((one) => renderTexts(one, scope, depth + 1))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, renderTexts(one, scope, depth + 1)]))
}

/** YYYY-MM-DD of an instant in a zone. */
function dayIn(timezone: string, ms: number): string {
  const format = { timeZone: timezone, year: 'numeric', month: '2-digit', day: '2-digit' } as const
  return new Intl.DateTimeFormat('en-CA', format).format(ms)
}
