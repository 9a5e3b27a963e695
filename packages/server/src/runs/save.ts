import { uuidOf } from '@kantos/model'
import { type Column, columnValues, rowsSource } from '../db/columns.ts'
import type { Queryable } from '../db/pool.ts'
import { together } from '../db/together.ts'
import { cutStep } from '../log/cut.ts'
import type { LiveRun } from './live-run.ts'
import { jsonArray, plainArray } from '../db/arrays.ts'
import { classOf, runRow, type StoredRun } from './row.ts'

/** Finished steps beyond this leave the row for append-only chunks: rewriting them at each settle is quadratic. */
const INLINE_STEPS_BYTES = 8_192

const COLUMNS: readonly Column<StoredRun>[] = (
  [
    ['class', 'text'],
    ['workspace_id', 'uuid'],
    ['id', 'uuid'],
    ['automation_id', 'uuid'],
    ['version', 'int'],
    ['status', 'text'],
    ['mode', 'text'],
    ['event_id', 'uuid'],
    ['record_id', 'uuid'],
    ['started_at', 'timestamptz'],
    ['finished_at', 'timestamptz'],
    ['conditions', 'json'],
    ['trigger', 'json'],
    ['steps', 'json'],
    ['error', 'json'],
    ['chain_id', 'uuid'],
    ['depth', 'smallint'],
    ['path', 'json'],
    ['parent_run_id', 'uuid'],
    ['retry_of', 'uuid'],
    ['step_chunks', 'smallint'],
    ['state', 'json'],
    ['lane', 'smallint'],
    ['due_at', 'timestamptz'],
    ['rev', 'int'],
    ['attempt', 'smallint'],
    ['lost', 'smallint'],
    ['lease_by', 'uuid'],
    ['cancel_requested', 'boolean'],
    ['serial_key', 'text'],
    ['wait_reason', 'text'],
    ['watches', 'boolean'],
    ['tries', 'smallint'],
  ] as const
).map(([name, type]) => ({ name, type, of: (row) => row[name] }))
/** those that only a live run has */
const LIVE_ONLY = 11
const ENDED_COLUMNS = COLUMNS.slice(0, -LIVE_ONLY)

/** A statement over the rows of `columns`: one for a single run, which is what a light load has, and one for many. */
interface Statement {
  name: string
  columns: readonly Column<StoredRun>[]
  one: string
  many: string
}

function statement(
  name: string,
  columns: readonly Column<StoredRun>[],
  sql: (source: string, selected: string, names: string) => string,
): Statement {
  const selected = columns.map(({ name: n, type }) => (type === 'json' ? `x.${n}::json` : `x.${n}`)).join(', ')
  const text = (single: boolean) =>
    sql(rowsSource(columns, 1, single), selected, columns.map((column) => column.name).join(', '))
  return { name, columns, one: text(true), many: text(false) }
}

/** Those that failed get their cause with it. */
const endedRuns = (source: string, selected: string, names: string) => `
  insert into runs (${names}, cause)
  select ${selected},
    case when x.status = 'failed' and x.mode = 'live' then failure_cause(x.automation_id, x.error::json) end
  from ${source}`
const INSERT_ENDED = statement('runs-insert-ended', ENDED_COLUMNS, endedRuns)
const INSERT_LIVE = statement(
  'runs-insert-live',
  COLUMNS,
  (source, selected, names) => `insert into runs (${names}) select ${selected} from ${source}`,
)
/** The same where a live run failed: it is a dead letter until something is made of it, and `health` counts it. */
const INSERT_FAILED = statement(
  'runs-insert-failed',
  ENDED_COLUMNS,
  (source, selected, names) => `
  with ended as (${endedRuns(source, selected, names)} returning workspace_id, id, automation_id, cause),
  letters as (
    insert into dead_letters (workspace_id, run_id, automation_id, cause)
    select workspace_id, id, automation_id, cause from ended where cause is not null
  )
  insert into failures (workspace_id, run_id, automation_id, cause)
  select workspace_id, id, automation_id, cause from ended where cause is not null`,
)
const FIXED = new Set([
  'class',
  'workspace_id',
  'id',
  'automation_id',
  'mode',
  'event_id',
  'record_id',
  'chain_id',
  'depth',
  'path',
  'parent_run_id',
  'retry_of',
  'serial_key',
])
const PARK = statement(
  'runs-park',
  COLUMNS,
  (source) => `
  update runs_live r set ${COLUMNS.filter(({ name }) => !FIXED.has(name))
    .map(({ name, type }) => `${name} = x.${name}${type === 'json' ? '::json' : ''}`)
    .join(', ')}
  from ${source}
  where r.workspace_id = x.workspace_id and r.id = x.id and r.rev = x.rev - 1`,
)
const REMOVE = `
  delete from runs_live r using unnest($1::uuid[], $2::uuid[], $3::int[]) as x(workspace_id, id, rev)
  where r.workspace_id = x.workspace_id and r.id = x.id and r.rev = x.rev`

/**
 * Writes the runs of a batch: those that ended go where they end, the live ones stay where they stand. The rows of runs
 * stored before must be locked by this transaction.
 *
 * @throws Error when a locked row's `rev` isn't the one that was read
 */
export async function saveRuns(db: Queryable, runs: readonly LiveRun[]): Promise<void> {
  if (runs.length === 0) return
  const finished: LiveRun[] = []
  const ended: StoredRun[] = []
  const parked: StoredRun[] = []
  const begun: StoredRun[] = []
  const chunks: Chunk[] = []
  for (const run of runs) {
    const live = classOf(run.status) === 'live'
    if (live && run.steps.length > 1) moveSteps(run, chunks)
    const row = runRow(run)
    if (!live) {
      ended.push(row)
      if (run.rev !== null) finished.push(run)
    } else {
      ;(run.rev === null ? begun : parked).push(row)
      run.rev = (run.rev ?? 0) + 1
    }
  }
  const statements: Promise<number>[] = []
  const write = (name: string, text: string, values: unknown[]) =>
    statements.push(db.query({ name, text, values }).then(({ rowCount }) => rowCount ?? 0))
  if (finished.length > 0)
    write('runs-remove', REMOVE, [
      plainArray(finished.map((run) => run.workspaceId)),
      plainArray(finished.map((run) => run.id)),
      plainArray(finished.map((run) => run.rev)),
    ])
  const put = ({ name, columns, one, many }: Statement, rows: readonly StoredRun[]) => {
    const single = rows.length === 1
    write(single ? `${name}-one` : name, single ? one : many, columnValues(columns, rows, single))
  }
  if (parked.length > 0) put(PARK, parked)
  const changing = statements.length
  if (ended.some(({ status, mode }) => status === 'failed' && mode === 'live')) put(INSERT_FAILED, ended)
  else if (ended.length > 0) put(INSERT_ENDED, ended)
  if (begun.length > 0) put(INSERT_LIVE, begun)
  const results = enlistmentResults(ended)
  if (results.length > 0) write('enlistments-count', COUNT, [JSON.stringify(results)])
  if (chunks.length > 0)
    write('run-steps-append', APPEND, [
      plainArray(chunks.map((chunk) => chunk.workspaceId)),
      plainArray(chunks.map((chunk) => chunk.runId)),
      plainArray(chunks.map((chunk) => chunk.n)),
      jsonArray(chunks.map((chunk) => chunk.steps)),
    ])
  const counts = await together(statements)
  const changed = counts.slice(0, changing).reduce((sum, count) => sum + count, 0)
  if (changed !== finished.length + parked.length) throw new Error('A locked run was changed by another transaction.')
}

const COUNT = `
  insert into enlistment_results (workspace_id, enlistment_id, succeeded, skipped, failed, cancelled)
  select * from json_to_recordset($1::json)
    as x(workspace_id uuid, enlistment_id uuid, succeeded int, skipped int, failed int, cancelled int)`

/** How the runs of each enlistment ended; a retry of one isn't counted again. */
function enlistmentResults(ended: readonly StoredRun[]): object[] {
  const results = new Map<string, Record<string, unknown>>()
  for (const { workspace_id, trigger, retry_of, status } of ended) {
    if (!trigger?.enlistment_id || retry_of != null) continue
    let result = results.get(trigger.enlistment_id)
    if (result === undefined) {
      const enlistment_id = uuidOf('enlistment', trigger.enlistment_id)
      result = { workspace_id, enlistment_id, succeeded: 0, skipped: 0, failed: 0, cancelled: 0 }
      results.set(trigger.enlistment_id, result)
    }
    const name = status === 'blocked' ? 'failed' : status!
    result[name] = (result[name] as number) + 1
  }
  return [...results.values()]
}

const APPEND = `
  insert into run_steps (workspace_id, run_id, n, steps)
  select workspace_id, run_id, n, steps::json
  from unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::text[]) as x(workspace_id, run_id, n, steps)`

interface Chunk {
  workspaceId: string
  runId: string
  n: number
  steps: unknown[]
}

function moveSteps(run: LiveRun, chunks: Chunk[]): void {
  const json = JSON.stringify(run.steps)
  if (json.length <= INLINE_STEPS_BYTES) return
  chunks.push({ workspaceId: run.workspaceId, runId: run.id, n: run.stepChunks, steps: run.steps.map(cutStep) })
  run.stepChunks += 1
  run.steps = []
}
