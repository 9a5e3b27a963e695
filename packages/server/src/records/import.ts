import { ApiError, fieldName, type FieldValues, type ImportError, type ObjectDefinition } from '@kantos/model'
import { existsSync } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { query } from '../db/pool.ts'
import { classify } from '../db/states.ts'
import { transaction } from '../db/transaction.ts'
import { readCatalogue } from './catalogue.ts'
import { type CsvFile, readRecords } from './csv/file.ts'
import { unguardFormula } from '@kantos/model/formula'
import { CsvError, type CsvRow } from './csv/parse.ts'
import { type Cause, WriteBatch, type WriteResult } from './write-batch.ts'
import type { Writing } from './write.ts'

/** What importing needs: the write path, and where the files lie. */
export interface Importing extends Writing {
  config: { dataDir: string }
}

/** How a file is read, found out when it was uploaded. `columns`: the field of each column, null when it is left out. */
export interface ImportOptions extends Omit<CsvFile, 'path'> {
  columns: (string | null)[]
}

/** Where uploads lie in the data folder. */
export const IMPORTS_FOLDER = 'imports'
/** Rows written in one transaction. */
export const CHUNK_ROWS = 500
/** Bad rows that are kept with their reason; all are counted. */
export const MAX_ERRORS = 1_000

interface Job {
  object: string
  status: string
  total: number | null
  processed: number
  file: string
  options: ImportOptions
  created_by: string | null
}

/**
 * Imports a file, or goes on with it: each chunk of rows commits together with how far the import is, so a crash neither doubles nor loses
 * a row. Two processes at it don't double either: a chunk commits only where the other hasn't been (`for update` on the import's row).
 *
 * @param signal stops between two chunks
 * @throws when it can't go on now; the import stands where it was
 * Source: SPEC.md, section 2
 */
export async function runImport(
  importing: Importing,
  workspaceId: string,
  importId: string,
  signal: AbortSignal,
): Promise<void> {
  const job = await begin(importing, workspaceId, importId)
  if (job === null) return forget(importing, workspaceId, importId)
  const file: CsvFile = { ...job.options, path: join(importing.config.dataDir, job.file) }
  try {
    if (!existsSync(file.path)) throw new CsvError('The uploaded file is gone.')
    if (job.total === null) await count(importing, workspaceId, importId, file, signal)
    const importer = new Importer(importing, workspaceId, importId, job)
    if (!(await importer.run(file, signal))) return forget(importing, workspaceId, importId)
    await finish(importing, workspaceId, importId, 'done', null)
  } catch (error) {
    if (!(error instanceof CsvError) && !(error instanceof ImportRefused)) throw error
    await finish(importing, workspaceId, importId, 'failed', error.message)
  }
  await rm(file.path, { force: true })
}

/** The imports of this data folder that aren't finished. */
export async function unfinishedImports(importing: Importing): Promise<{ workspaceId: string; importId: string }[]> {
  const { rows } = await query<{ workspaceId: string; importId: string; file: string }>(importing.pool, {
    text: `select workspace_id as "workspaceId", id as "importId", file from imports where status in ('queued', 'running')`,
  })
  return rows
    .filter(({ file }) => existsSync(join(importing.config.dataDir, file)))
    .map(({ workspaceId, importId }) => ({ workspaceId, importId }))
}

const STRAY_MS = 24 * 3600 * 1000

/** Removes uploads that a crash left before they became imports. @param now epoch ms; what is younger than a day stays */
export async function removeStrayUploads(importing: Importing, now: number): Promise<void> {
  const folder = join(importing.config.dataDir, IMPORTS_FOLDER)
  const wanted = new Set((await unfinishedImports(importing)).map(({ importId }) => `${importId}.csv`))
  for (const name of await readdir(folder).catch(() => [])) {
    const { mtimeMs } = await stat(join(folder, name)).catch(() => ({ mtimeMs: now }))
    if (!wanted.has(name) && now - mtimeMs > STRAY_MS) await rm(join(folder, name), { force: true })
  }
}

/** The object is gone, or something else that no repeat mends. */
class ImportRefused extends Error {}

async function begin({ pool }: Importing, workspaceId: string, importId: string): Promise<Job | null> {
  const { rows } = await query<Job>(pool, {
    text: `update imports set status = 'running' where workspace_id = $1 and id = $2 and status in ('queued', 'running')
      returning object, status, total, processed, file, options, created_by`,
    values: [workspaceId, importId],
  })
  return rows[0] ?? null
}

/** Removes the file of an import that was cancelled. */
async function forget({ pool, config }: Importing, workspaceId: string, importId: string): Promise<void> {
  const { rows } = await query<{ file: string }>(pool, {
    text: `select file from imports where workspace_id = $1 and id = $2 and status = 'cancelled'`,
    values: [workspaceId, importId],
  })
  if (rows[0] !== undefined) await rm(join(config.dataDir, rows[0].file), { force: true })
}

async function count(
  { pool }: Importing,
  workspaceId: string,
  importId: string,
  file: CsvFile,
  signal: AbortSignal,
): Promise<void> {
  let total = 0
  for await (const _ of readRecords(file)) if (++total % 10_000 === 0) signal.throwIfAborted()
  await query(pool, {
    text: 'update imports set total = $3 where workspace_id = $1 and id = $2',
    values: [workspaceId, importId, total],
  })
}

async function finish(
  { pool }: Importing,
  workspaceId: string,
  importId: string,
  status: 'done' | 'failed',
  error: string | null,
): Promise<void> {
  await query(pool, {
    text: `update imports set status = $3, error = $4, finished_at = now()
      where workspace_id = $1 and id = $2 and status = 'running'`,
    values: [workspaceId, importId, status, error],
  })
}

const MAX_REPEATS = 50

class Importer {
  private readonly importing: Importing
  private readonly workspaceId: string
  private readonly importId: string
  private readonly object: string
  private readonly columns: (string | null)[]
  private readonly cause: Cause
  private processed: number

  constructor(importing: Importing, workspaceId: string, importId: string, job: Job) {
    this.importing = importing
    this.workspaceId = workspaceId
    this.importId = importId
    this.object = job.object
    this.columns = job.options.columns
    this.processed = job.processed
    // without a chain of its own, each row begins one
    this.cause = { actor: job.created_by, source: 'import', lane: 2, chain: null }
  }

  /** @returns false when another process is at this import, or it was cancelled */
  async run(file: CsvFile, signal: AbortSignal): Promise<boolean> {
    let skip = this.processed
    let chunk: CsvRow[] = []
    for await (const row of readRecords(file)) {
      if (skip > 0) {
        skip--
        continue
      }
      chunk.push(row)
      if (chunk.length < CHUNK_ROWS) continue
      signal.throwIfAborted()
      if (!(await this.write(chunk))) return false
      chunk = []
    }
    return chunk.length === 0 || this.write(chunk)
  }

  private async write(rows: CsvRow[]): Promise<boolean> {
    try {
      return await this.writeChunk(rows)
    } catch (error) {
      // a row that the database itself refuses is found by writing each alone
      if (classify(error) !== 'data') throw error
      if (rows.length === 1) return this.writeChunk(rows, 'The row can’t be stored.')
      for (const row of rows) if (!(await this.write([row]))) return false
      return true
    }
  }

  /** @param refused the reason for which the rows are counted as bad without being tried */
  private async writeChunk(rows: CsvRow[], refused: string | null = null): Promise<boolean> {
    for (let attempt = 0; ; attempt++) {
      const outcome = await this.tryChunk(rows, refused)
      if (outcome === 'stale' && attempt < MAX_REPEATS) continue
      if (outcome === 'stale') throw new Error('The objects keep changing; the import goes on later.')
      if (outcome === 'taken') return false
      this.processed += rows.length
      if (outcome > 0) this.importing.wake()
      return true
    }
  }

  private async tryChunk(rows: CsvRow[], refused: string | null): Promise<number | 'stale' | 'taken'> {
    const { pool, time } = this.importing
    let outcome: number | 'stale' | 'taken' = 0
    await transaction(pool, async (client) => {
      const kept = await this.lock(client)
      if (kept === null) {
        outcome = 'taken'
        return
      }
      const catalogue = await readCatalogue(client, this.workspaceId)
      const object = catalogue.objects.get(this.object)
      if (object === undefined) throw new ImportRefused('The object was deleted.')
      const batch = new WriteBatch(client, time, 'wait')
      const errors: ImportError[] = []
      for (const row of rows) {
        if (row.cells === null || refused !== null) {
          errors.push({ line: row.line, message: refused ?? unreadable(row) })
          continue
        }
        const result = await batch.create(catalogue, object, valuesOf(this.columns, row.cells), this.cause)
        if (!result.ok) errors.push({ line: row.line, ...reasonOf(result, object) })
      }
      const { queued, stale } = await batch.flush(catalogue)
      if (stale) throw new Stale()
      outcome = queued
      await this.record(client, rows.length, errors, kept)
    }).catch((error: unknown) => {
      if (!(error instanceof Stale)) throw error
      outcome = 'stale'
    })
    return outcome
  }

  /** @returns how many bad rows are kept already; null when the import isn't where this process left it */
  private async lock(client: Parameters<typeof query>[0]): Promise<number | null> {
    const { rows } = await query<{ kept: number }>(client, {
      name: 'import-lock',
      text: `select jsonb_array_length(errors) as kept from imports
        where workspace_id = $1 and id = $2 and status = 'running' and processed = $3 for update`,
      values: [this.workspaceId, this.importId, this.processed],
    })
    return rows[0]?.kept ?? null
  }

  private async record(
    client: Parameters<typeof query>[0],
    rows: number,
    errors: ImportError[],
    kept: number,
  ): Promise<void> {
    const added = errors.slice(0, Math.max(0, MAX_ERRORS - kept))
    await query(client, {
      name: 'import-progress',
      text: `update imports set processed = processed + $3, created = created + $4, failed = failed + $5,
          errors = case when $6::jsonb = '[]' then errors else errors || $6::jsonb end
        where workspace_id = $1 and id = $2`,
      values: [this.workspaceId, this.importId, rows, rows - errors.length, errors.length, JSON.stringify(added)],
    })
  }
}

class Stale extends Error {}

/** Why a row without cells can't be read. */
export function unreadable({ problem = 'The row can’t be read.' }: Pick<CsvRow, 'problem'>): string {
  return problem
}

/** A row's values by field. @param columns the field of each column, null when it is left out */
export function valuesOf(columns: readonly (string | null)[], cells: readonly string[]): FieldValues {
  const values: FieldValues = {}
  columns.forEach((slug, index) => {
    // an empty cell is as if it weren't given: a default value applies
    if (slug !== null && cells[index] !== '') values[slug] = unguardFormula(cells[index]!)
  })
  return values
}

/** Why a row makes no record, in a sentence; `field` is the first field in the way. */
export function reasonOf(
  result: Exclude<WriteResult, { ok: true }>,
  object: ObjectDefinition,
): { message: string; field?: string } {
  switch (result.code) {
    case 'DUPLICATE_VALUE': {
      const name = fieldName(object, result.field)
      return {
        message: `${name} is unique, and another record has ${JSON.stringify(result.value)}.`,
        field: result.field,
      }
    }
    case 'VALIDATION_ERROR': {
      const [first] = result.errors
      if (first === undefined) return { message: `There is no field ${result.unknown.join(', ')} any more.` }
      return { message: result.errors.map(({ message }) => message).join('; '), field: first.path }
    }
    default:
      throw new ApiError('INTERNAL', `A new row was answered with ${result.code}.`)
  }
}
