import { type ObjectDefinition, publicId } from '@kantos/model'
import type { Pool } from '../db/pool.ts'
import { guardFormula } from '@kantos/model/formula'
import { findRecords } from './query.ts'
import type { RecordRow } from './row.ts'

const PAGE = 1_000

/**
 * The records of an object as CSV, a page of records at a time in the order of their creation: `id`, every field by slug, `created_at`,
 * `updated_at`, `created_by`. Each page is a statement of its own, so no snapshot stays open however slowly somebody reads.
 *
 * @param filters a REST filter object, checked already
 * Source: SPEC.md, section 12; DESIGN.md, section 12
 */
export async function* exportCsv(
  pool: Pool,
  workspaceId: string,
  object: ObjectDefinition,
  filters: unknown,
): AsyncGenerator<string> {
  const slugs = object.fields.map(({ slug }) => slug)
  yield line(['id', ...slugs, 'created_at', 'updated_at', 'created_by'])
  for (let afterId: string | null = null; ; ) {
    const rows: RecordRow[] = await findRecords(pool, workspaceId, object, { filters, afterId, limit: PAGE })
    if (rows.length > 0) yield rows.map((row) => line(cellsOf(row, slugs))).join('')
    if (rows.length < PAGE) return
    afterId = rows.at(-1)!.id
  }
}

function cellsOf(row: RecordRow, slugs: readonly string[]): string[] {
  return [
    publicId('record', row.id),
    ...slugs.map((slug) => csvText(row.data[slug])),
    row.createdAt.toISOString(),
    row.updatedAt.toISOString(),
    row.createdBy ?? '',
  ]
}

/** A stored value as text; a list of options as `a; b`, which an import reads again. */
function csvText(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (Array.isArray(value)) return guardFormula(value.join('; '))
  return typeof value === 'string' ? guardFormula(value) : String(value)
}

/** One line of CSV (RFC 4180, CRLF). */
export function line(cells: readonly string[]): string {
  return `${cells.map((cell) => (/[",;\t\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\r\n`
}
