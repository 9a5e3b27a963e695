import type { Run } from '@kantos/model'
import { guardFormula } from '@kantos/model/formula'
import type { Queryable } from '../db/pool.ts'
import type { RunFilter } from './filter.ts'
import { listRuns } from './read.ts'

const PAGE = 200

const CSV_COLUMNS: readonly [name: string, read: (run: Run) => string | number | null | undefined][] = [
  ['id', (run) => run.id],
  ['automation_id', (run) => run.automation_id],
  ['automation_name', (run) => run.automation_name],
  ['version', (run) => run.version],
  ['mode', (run) => run.mode],
  ['status', (run) => run.status],
  ['event', (run) => run.trigger.event],
  ['event_id', (run) => run.trigger.event_id],
  ['source', (run) => run.trigger.source],
  ['record_id', (run) => run.trigger.record_id],
  ['record_name', (run) => run.record_name],
  ['object_id', (run) => run.trigger.object_id],
  ['actor', (run) => run.trigger.actor],
  ['conditions_passed', (run) => String(run.conditions.passed)],
  ['steps', (run) => run.steps.length],
  ['error_code', (run) => run.error?.code],
  ['error_message', (run) => run.error?.message],
  ['error_step', (run) => run.error?.step_key],
  ['started_at', (run) => run.started_at],
  ['finished_at', (run) => run.finished_at],
  ['duration_ms', (run) => run.duration_ms],
  ['chain_id', (run) => run.chain.id],
  ['chain_depth', (run) => run.chain.depth],
  ['parent_run_id', (run) => run.chain.parent_run_id],
  ['retry_of', (run) => run.retry_of],
]

export type ExportFormat = 'ndjson' | 'csv'

/**
 * The log as a file, newest first, made as fast as it is read: the next page is asked for when the reader has taken the
 * last. Each page is a statement of its own, so no snapshot is held for as long as the export takes.
 *
 * Source: SPEC.md, section 9
 */
export function exportRuns(
  db: Queryable,
  workspaceId: string,
  filter: RunFilter,
  format: ExportFormat,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let before: string | undefined
  let first = true
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const page = await listRuns(db, workspaceId, filter, { before, limit: PAGE, whole: true })
        const lines = page.runs.map(format === 'csv' ? csvLine : (run) => `${JSON.stringify(run)}\n`)
        if (first && format === 'csv') lines.unshift(`${CSV_COLUMNS.map(([name]) => name).join(',')}\r\n`)
        first = false
        if (lines.length > 0) controller.enqueue(encoder.encode(lines.join('')))
        if (page.next === null) controller.close()
        else before = page.next
      },
    },
    { highWaterMark: 0 },
  )
}

function csvLine(run: Run): string {
  return `${CSV_COLUMNS.map(([, read]) => csvCell(read(run))).join(',')}\r\n`
}

/** A cell of a CSV file. Text that a spreadsheet would take for a formula is led by an apostrophe. */
export function csvCell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number') return String(value)
  const text = guardFormula(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
