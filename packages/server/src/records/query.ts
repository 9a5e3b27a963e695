import { ApiError, comparisonOf, type Filter, type ObjectDefinition, parseFilters, uuidOf } from '@kantos/model'
import type { Pool, Queryable } from '../db/pool.ts'
import { transaction } from '../db/transaction.ts'
import { filterSql, Parameters } from './filters.ts'
import { parseSort, type SortInput, sortSql } from './sort.ts'
import type { RecordRow } from './row.ts'
import type { RecordOverlay } from './write-batch.ts'

export interface FindOptions {
  /** a REST filter object, its templates rendered */
  filters?: unknown
  /** looked for, ignoring case, in the text-like fields: every word in any of them; or a record's id */
  search?: string
  /** default: newest first */
  sort?: SortInput | null
  order?: 'asc' | 'desc'
  limit: number
  offset?: number
  /** pages by key: records in the order of their ids, after this one (uuid); null begins; `sort` doesn't count then */
  afterId?: string | null
  /** searched instead of the rows of the same ids */
  overlay?: RecordOverlay
}

export interface CountOptions extends Pick<FindOptions, 'filters' | 'search'> {
  cap?: number
  /** one more condition, as SQL over the records `r` */
  among?: (parameters: Parameters) => string
}

/** Pages deep in a list cost what lies before them; so the records before a page are counted up to here. */
export const COUNT_LIMIT = 100_000
const COUNT_TIMEOUT_MS = 3_000

const COLUMNS = `r.id, r.object, r.data, r.created_at as "createdAt", r.updated_at as "updatedAt", r.created_by as "createdBy"`

/**
 * Records of an object that pass the filters.
 *
 * @throws ApiError BAD_REQUEST (unknown field or operator), VALIDATION_ERROR (a value that doesn't fit), with paths under `/filters`
 * Source: SPEC.md, sections 6 and 12
 */
export async function findRecords(
  db: Queryable,
  workspaceId: string,
  object: ObjectDefinition,
  options: FindOptions,
): Promise<RecordRow[]> {
  const parameters = new Parameters(workspaceId, object.slug)
  const { overlay } = options
  const records = overlay === undefined ? 'records' : overlaidSql(workspaceId, object, overlay, parameters)
  parameters.uniqueByIndex = overlay === undefined
  const where = whereSql(workspaceId, object, options, parameters)
  const byKey = options.afterId !== undefined
  const order = byKey ? 'r.id' : sortSql(object, parseSort(object, options.sort, options.order), parameters)
  const limit = parameters.add(options.limit, 'bigint')
  const offset = options.offset === undefined ? '' : ` offset ${parameters.add(options.offset, 'bigint')}`
  const { rows } = await db.query<RecordRow>({
    text: `select ${COLUMNS} from ${records} r where ${where} order by ${order} limit ${limit}${offset}`,
    values: parameters.values,
  })
  return rows
}

/**
 * How many records pass the filters, counted up to `cap`.
 *
 * @returns `capped`: there are more than `total`
 * @throws like findRecords
 */
export async function countRecords(
  db: Queryable,
  workspaceId: string,
  object: ObjectDefinition,
  options: CountOptions,
): Promise<{ total: number; capped: boolean }> {
  const cap = options.cap ?? COUNT_LIMIT
  const parameters = new Parameters(workspaceId, object.slug)
  const among = options.among === undefined ? '' : ` and ${options.among(parameters)}`
  const where = whereSql(workspaceId, object, options, parameters) + among
  const { rows } = await db.query<{ total: number }>({
    text: `select count(*)::int as total from
      (select 1 from records r where ${where} limit ${parameters.add(cap + 1, 'bigint')}) counted`,
    values: parameters.values,
  })
  const { total } = rows[0]!
  return total > cap ? { total: cap, capped: true } : { total, capped: false }
}

/**
 * A page of records with the total. The total is exact up to COUNT_LIMIT; when it is larger, or can't be counted within three seconds,
 * it is a lower bound and `capped` says so. A page that takes longer than the pool's statement timeout is given up (503).
 */
export async function queryPage(
  pool: Pool,
  workspaceId: string,
  object: ObjectDefinition,
  options: Omit<FindOptions, 'limit' | 'offset' | 'afterId'> & { page: number; perPage: number },
): Promise<{ rows: RecordRow[]; total: number; capped: boolean }> {
  const { page, perPage, ...rest } = options
  const offset = (page - 1) * perPage
  const rows = await findRecords(pool, workspaceId, object, { ...rest, limit: perPage, offset })
  // a page that isn't full ends the list, so nothing needs counting
  if (rows.length < perPage && (rows.length > 0 || page === 1))
    return { rows, total: offset + rows.length, capped: false }
  const counted = await countInTime(pool, workspaceId, object, rest)
  const seen = offset + rows.length
  if (counted === null) return { rows, total: rows.length > 0 ? seen : 0, capped: true }
  if (rows.length > 0 && counted.total < seen) return { rows, total: seen, capped: counted.capped }
  return { rows, ...counted }
}

const QUERY_CANCELED = '57014'

/** The same within three seconds; null: it takes longer. */
export async function countInTime(
  pool: Pool,
  workspaceId: string,
  object: ObjectDefinition,
  options: CountOptions,
): Promise<{ total: number; capped: boolean } | null> {
  try {
    return await transaction(pool, (client) => countRecords(client, workspaceId, object, options), {
      readOnly: true,
      settings: { statement_timeout: String(COUNT_TIMEOUT_MS) },
    })
  } catch (error) {
    if ((error as { code?: string }).code === QUERY_CANCELED) return null
    throw error
  }
}

/** A record by its public id; null when there is none, also for an id of another workspace. */
export async function readRecord(db: Queryable, workspaceId: string, id: string): Promise<RecordRow | null> {
  const uuid = uuidOf('record', id)
  if (uuid === null) return null
  const { rows } = await db.query<RecordRow>({
    name: 'record-read',
    text: `select ${COLUMNS} from records r where r.workspace_id = $1 and r.id = $2`,
    values: [workspaceId, uuid],
  })
  return rows[0] ?? null
}

/**
 * Checks a filter object, for those who have to refuse it.
 *
 * @param at the JSON pointer of the filter object in the request
 * @throws ApiError BAD_REQUEST or VALIDATION_ERROR
 */
export function checkedFilters(object: ObjectDefinition, filters: unknown, at = '/filters'): Filter {
  const parsed = parseFilters(object, filters)
  if (parsed.ok) return parsed.filter
  const unknown = parsed.problems.filter((problem) => problem.unknown)
  const problems = (unknown.length > 0 ? unknown : parsed.problems).map(({ path, message, hint }) => ({
    path: at + path,
    message,
    ...(hint === undefined ? {} : { hint }),
  }))
  throw new ApiError(unknown.length > 0 ? 'BAD_REQUEST' : 'VALIDATION_ERROR', problems[0]!.message, {
    errors: problems,
  })
}

/** The object's records with some of them replaced, added and left out, as a table. */
function overlaidSql(
  workspaceId: string,
  object: ObjectDefinition,
  { rows, hidden }: RecordOverlay,
  parameters: Parameters,
): string {
  const columns = 'workspace_id, id, object, data, created_at, updated_at, created_by'
  const given = rows.map(({ createdAt: created_at, updatedAt: updated_at, createdBy: created_by, ...row }) => ({
    ...row,
    workspace_id: workspaceId,
    created_at,
    updated_at,
    created_by,
  }))
  return `(
    select ${columns} from records where workspace_id = ${parameters.add(workspaceId, 'uuid')}
      and object = ${parameters.add(object.slug, 'text')} and id <> all(${parameters.add(hidden, 'uuid[]')})
    union all
    select ${columns} from jsonb_to_recordset(${parameters.add(JSON.stringify(given), 'jsonb')}) as x(workspace_id uuid, id uuid,
      object text, data jsonb, created_at timestamptz, updated_at timestamptz, created_by text)
  )`
}

function whereSql(
  workspaceId: string,
  object: ObjectDefinition,
  options: Pick<FindOptions, 'filters' | 'search' | 'afterId'>,
  parameters: Parameters,
): string {
  const parts = [
    `r.workspace_id = ${parameters.add(workspaceId, 'uuid')}`,
    `r.object = ${parameters.add(object.slug, 'text')}`,
  ]
  if (options.afterId !== undefined && options.afterId !== null)
    parts.push(`r.id > ${parameters.add(options.afterId, 'uuid')}`)
  if (options.filters !== undefined && options.filters !== null)
    parts.push(filterSql(checkedFilters(object, options.filters), parameters))
  if (options.search !== undefined) parts.push(searchSql(object, options.search, parameters))
  return parts.join(' and ')
}

const SEARCHED = new Set(['text', 'email', 'phone', 'url', 'dropdown', 'status'])
const MAX_WORDS = 8

function searchSql(object: ObjectDefinition, search: string, parameters: Parameters): string {
  if (!search.isWellFormed() || search.includes('\0'))
    throw new ApiError('VALIDATION_ERROR', 'What to look for is not valid text.', {
      errors: [{ path: '/q', message: 'not valid text' }],
    })
  const id = uuidOf('record', search.trim())
  if (id !== null) return `r.id = ${parameters.add(id, 'uuid')}`
  const words = search.trim().split(/\s+/).filter(Boolean).slice(0, MAX_WORDS)
  const slugs = object.fields
    .filter((field) => SEARCHED.has(comparisonOf(object, field.slug)?.field?.type ?? ''))
    .map((field) => field.slug)
  if (words.length === 0) return 'true'
  if (slugs.length === 0) return 'false'
  const patterns = words.map((word) => parameters.add(`%${word.replace(/[\\%_]/g, '\\$&')}%`, 'text'))
  // one expression, not a subquery for each record: that takes four times as long
  const text = slugs.map((slug) => `coalesce(r.data ->> ${parameters.add(slug, 'text')}, '')`).join(` || E'\\n' || `)
  return `(${patterns.map((pattern) => `(${text}) ilike ${pattern}`).join(' and ')})`
}
