import {
  ApiError,
  type FieldValues,
  type ImportAnswer,
  type ImportError,
  invalid,
  type ObjectDefinition,
  objectId,
  type Problem,
  publicId,
  slugOf,
  SYSTEM_FIELDS,
  uuidOf,
} from '@kantos/model'
import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { query, type Queryable } from '../db/pool.ts'
import { type CsvFile, type Delimiter, openCsv, readRecords } from './csv/file.ts'
import { CsvError } from './csv/parse.ts'
import { receiveCsv } from './csv/upload.ts'
import { type Importing, type ImportOptions, IMPORTS_FOLDER, unreadable, valuesOf } from './import.ts'

export interface UploadOptions {
  /** `{"Column": "slug" | null}`: overrules the matching by slug and name */
  mapping?: unknown
  delimiter?: Delimiter
}

const PREVIEW_ROWS = 10
/** Bad rows that a preview names; all that were looked at are counted. */
export const PROBLEMS_KEPT = 20
const CHECKED_ROWS = 1_000

/**
 * Receives a CSV file and writes the import down, to be taken up by the chore.
 *
 * @param request whose body is the file
 * @returns the import's uuid
 * @throws ApiError BAD_REQUEST (columns that match no field), VALIDATION_ERROR (no header, a bad mapping), PAYLOAD_TOO_LARGE
 * Source: SPEC-DETAILS.md, section 12
 */
export async function startImport(
  importing: Importing,
  workspaceId: string,
  actor: string,
  object: ObjectDefinition,
  request: Request,
  options: UploadOptions,
): Promise<string> {
  const id = importing.time.id()
  const name = join(IMPORTS_FOLDER, `${id}.csv`)
  const path = join(importing.config.dataDir, name)
  const encoding = await receiveCsv(request, path)
  try {
    const file = await open(path, encoding, options.delimiter)
    const columns = matchColumns(object, file.header, options.mapping)
    refuseUnmatched(file.header, columns)
    const stored: ImportOptions = { ...file, columns: columns.map(({ field }) => field) }
    await query(importing.pool, {
      text: `insert into imports (workspace_id, id, object, status, file, options, created_by)
        values ($1, $2, $3, 'queued', $4, $5, $6)`,
      values: [workspaceId, id, object.slug, name, JSON.stringify({ ...stored, path: undefined }), actor],
    })
    return id
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
}

export interface Preview {
  delimiter: string
  columns: { name: string; field: string | null }[]
  rows: Record<string, string>[]
  total: number
  /** the first 1,000 rows */
  sample: SampleRow[]
  /** rows after those that can't be read, and why the first of them can't */
  unreadable: { count: number; first: ImportError[] }
}

/** A row as the import would create it, defaults not filled in. */
export type SampleRow = { line: number; values: FieldValues } | { line: number; values: null; message: string }

/** What a file holds and how its columns match, without writing anything. */
export async function previewImport(
  importing: Importing,
  object: ObjectDefinition,
  request: Request,
  options: UploadOptions,
): Promise<Preview> {
  const path = join(importing.config.dataDir, IMPORTS_FOLDER, `preview-${randomUUID()}.csv`)
  const encoding = await receiveCsv(request, path)
  try {
    const file = await open(path, encoding, options.delimiter)
    const matched = matchColumns(object, file.header, options.mapping)
    const columns = matched.map(({ name, field }) => ({ name, field }))
    return { delimiter: file.delimiter, columns, ...(await look(file, columns)) }
  } finally {
    await rm(path, { force: true })
  }
}

async function look(
  file: CsvFile,
  columns: Preview['columns'],
): Promise<Pick<Preview, 'rows' | 'total' | 'sample' | 'unreadable'>> {
  const rows: Preview['rows'] = []
  const sample: SampleRow[] = []
  const later: Preview['unreadable'] = { count: 0, first: [] }
  const fields = columns.map(({ field }) => field)
  let total = 0
  for await (const row of readRecords(file)) {
    total++
    const { line, cells } = row
    if (cells === null) {
      const message = unreadable(row)
      if (total <= CHECKED_ROWS) sample.push({ line, values: null, message })
      else if (++later.count <= PROBLEMS_KEPT) later.first.push({ line, message })
      continue
    }
    if (rows.length < PREVIEW_ROWS)
      rows.push(Object.fromEntries(columns.map(({ name }, index) => [name, cells[index]!])))
    if (total <= CHECKED_ROWS) sample.push({ line, values: valuesOf(fields, cells) })
  }
  return { rows, total, sample, unreadable: later }
}

async function open(path: string, encoding: CsvFile['encoding'], delimiter?: Delimiter): Promise<CsvFile> {
  try {
    return await openCsv(path, encoding, delimiter)
  } catch (error) {
    if (error instanceof CsvError) throw invalid([{ path: '', message: error.message }])
    throw error
  }
}

interface Column {
  name: string
  field: string | null
  /** nothing says what becomes of it */
  unmatched: boolean
}

/**
 * The field of each column: as the mapping says, else by slug, else by name ignoring case. Columns without a name, and the ones of an
 * export that every record has by itself (id, created_at, …), are left out.
 *
 * @throws ApiError VALIDATION_ERROR when the mapping isn't one, or two columns have one field
 */
function matchColumns(object: ObjectDefinition, header: readonly string[], mapping: unknown): Column[] {
  const wanted = readMapping(object, header, mapping)
  const columns = header.map((name): Column => {
    if (wanted.has(name)) return { name, field: wanted.get(name)!, unmatched: false }
    if (name === '' || SYSTEM_FIELDS.has(name)) return { name, field: null, unmatched: false }
    const lower = name.toLowerCase()
    const field =
      object.fields.find(({ slug }) => slug === name) ??
      object.fields.find((one) => one.name.toLowerCase() === lower) ??
      object.fields.find(({ slug }) => slug === slugOf(name))
    return { name, field: field?.slug ?? null, unmatched: field === undefined }
  })
  const doubled = columns.find(
    ({ field }, index) => field !== null && columns.findIndex((other) => other.field === field) < index,
  )
  if (doubled !== undefined)
    throw invalid([
      { path: '', message: `Two columns would fill ${doubled.field}.`, hint: 'leave one out with mapping' },
    ])
  return columns
}

function readMapping(
  object: ObjectDefinition,
  header: readonly string[],
  mapping: unknown,
): Map<string, string | null> {
  if (mapping === undefined || mapping === null) return new Map()
  if (typeof mapping !== 'object' || Array.isArray(mapping))
    throw invalid([{ path: '/mapping', message: 'mapping is an object: {"Column": "slug"}.' }])
  const problems: Problem[] = []
  for (const [name, slug] of Object.entries(mapping)) {
    const path = `/mapping/${name}`
    if (!header.includes(name)) problems.push({ path, message: `The file has no column ${JSON.stringify(name)}.` })
    else if (slug !== null && !object.fields.some((field) => field.slug === slug))
      problems.push({ path, message: `${object.name} has no field ${JSON.stringify(slug)}.` })
  }
  if (problems.length > 0) throw invalid(problems)
  return new Map(Object.entries(mapping))
}

function refuseUnmatched(header: readonly string[], columns: readonly Column[]): void {
  const unmatched = columns.filter((column) => column.unmatched).map(({ name }) => name)
  if (unmatched.length > 0)
    throw new ApiError('BAD_REQUEST', `No field for ${unmatched.map((name) => JSON.stringify(name)).join(', ')}.`, {
      errors: unmatched.map((name) => ({
        path: `/${header.indexOf(name)}`,
        message: `The column ${JSON.stringify(name)} matches no field.`,
        hint: 'name a field in mapping, or null to leave the column out',
      })),
    })
  if (columns.every(({ field }) => field === null))
    throw invalid([{ path: '', message: 'No column of the file has a field.' }])
}

interface ImportRow extends Omit<ImportAnswer, 'id' | 'object_id' | 'created_at' | 'finished_at'> {
  id: string
  object: string
  created_at: Date
  finished_at: Date | null
}

const COLUMNS = `id, object, status, total, processed, created, failed, errors, error, created_at, finished_at, created_by`

function present({ id, object, created_at, finished_at, ...row }: ImportRow): ImportAnswer {
  return {
    id: publicId('import', id),
    object_id: objectId(object),
    ...row,
    created_at: created_at.toISOString(),
    finished_at: finished_at?.toISOString() ?? null,
  }
}

/** An import by its public id; null when there is none. */
export async function readImport(db: Queryable, workspaceId: string, id: string): Promise<ImportAnswer | null> {
  const uuid = uuidOf('import', id)
  if (uuid === null) return null
  const { rows } = await query<ImportRow>(db, {
    text: `select ${COLUMNS} from imports where workspace_id = $1 and id = $2`,
    values: [workspaceId, uuid],
  })
  return rows[0] === undefined ? null : present(rows[0])
}

/**
 * Stops an import between two chunks; the records it made stay.
 *
 * @returns null when there is none
 * @throws ApiError CONFLICT when it has ended
 */
export async function cancelImport(db: Queryable, workspaceId: string, id: string): Promise<ImportAnswer | null> {
  const found = await readImport(db, workspaceId, id)
  if (found === null) return null
  const { rowCount } = await query(db, {
    text: `update imports set status = 'cancelled', finished_at = now()
      where workspace_id = $1 and id = $2 and status in ('queued', 'running')`,
    values: [workspaceId, uuidOf('import', id)],
  })
  if (rowCount === 0) throw new ApiError('CONFLICT', `The import has ended (${found.status}).`)
  return readImport(db, workspaceId, id)
}

const NEWEST = 50

/** The newest imports, without their bad rows. */
export async function listImports(db: Queryable, workspaceId: string, object: string | null): Promise<ImportAnswer[]> {
  const { rows } = await query<ImportRow>(db, {
    text: `select ${COLUMNS.replace('errors', "'[]'::jsonb as errors")} from imports
      where workspace_id = $1 and ($2::text is null or object = $2) order by id desc limit ${NEWEST}`,
    values: [workspaceId, object],
  })
  return rows.map(present)
}
