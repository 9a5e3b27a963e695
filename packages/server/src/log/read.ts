import {
  type ChainLink,
  type Group,
  publicId,
  type Run,
  type RunTrigger,
  type Step,
  type WebhookPayload,
} from '@kantos/model'
import { query, type Queryable } from '../db/pool.ts'
import { newestRuns, type RunFilter } from './filter.ts'
import { readRecordNames } from './record-names.ts'
import { shownCall } from './webhook-call.ts'
import { LIST_COLUMNS, type LogContext, type LogRow, shapeRun, WHOLE_COLUMNS } from './shape.ts'

/** A page of the log. `next` is the uuid to go on before; null: there is no more. */
export interface RunPage {
  runs: Run[]
  next: string | null
}

/**
 * A page of the execution log, newest first. Its cost doesn't grow with the log.
 *
 * @param page `before`: uuid of the last run of the page before; `whole`: all steps with their payloads
 * Source: SPEC.md, section 9
 */
export async function listRuns(
  db: Queryable,
  workspaceId: string,
  filter: RunFilter,
  page: { before?: string; limit: number; whole?: boolean },
): Promise<RunPage> {
  const whole = page.whole === true
  const rows = await readRows(db, workspaceId, filter, { ...page, limit: page.limit + 1, whole })
  const shown = rows.slice(0, page.limit)
  return {
    runs: await completeRuns(db, workspaceId, shown, whole),
    next: rows.length > page.limit ? shown.at(-1)!.id : null,
  }
}

/** The rows alone, newest first. */
export async function readRows(
  db: Queryable,
  workspaceId: string,
  filter: RunFilter,
  page: { before?: string; limit: number; whole: boolean },
): Promise<LogRow[]> {
  const { rows } = await query<LogRow>(
    db,
    newestRuns(workspaceId, filter, page.whole ? WHOLE_COLUMNS : LIST_COLUMNS, page),
  )
  return rows
}

/**
 * One run with all its steps, the chain it stands in, and what a call brought that started it.
 *
 * @returns null when there is none in this workspace
 */
export async function readRun(db: Queryable, workspaceId: string, id: string): Promise<Run | null> {
  const { rows } = await query<LogRow>(db, {
    name: 'log-run',
    text: `select ${WHOLE_COLUMNS} from runs r where r.workspace_id = $1 and r.id = $2`,
    values: [workspaceId, id],
  })
  const row = rows[0]
  if (row === undefined) return null
  const [run] = await completeRuns(db, workspaceId, [row], true)
  const path = row.path ?? []
  if (path.length > 0) run!.chain.path = await readPath(db, workspaceId, path)
  if (run!.trigger.event === 'webhook.received' && row.event_id !== null) {
    const call = await readCall(db, workspaceId, row.event_id)
    if (call !== null) run!.trigger.webhook = call
  }
  return run!
}

/** Rows with what versions, events and earlier steps say of them; a statement for each kind, whatever their number. */
export async function completeRuns(
  db: Queryable,
  workspaceId: string,
  rows: readonly LogRow[],
  whole: boolean,
): Promise<Run[]> {
  if (rows.length === 0) return []
  const versions = await readVersions(db, workspaceId, rows)
  const events = await readEvents(db, workspaceId, rows)
  const names = await readRecordNames(db, workspaceId, rows)
  const chunks = whole ? await readChunks(db, workspaceId, rows) : new Map<string, Step[]>()
  return rows.map((row) =>
    shapeRun(
      row,
      {
        version: versions.get(`${row.automation_id} ${row.version}`),
        event: row.event_id === null ? undefined : events.get(row.event_id),
        recordName: names.get(row.id),
        earlierSteps: chunks.get(row.id),
      },
      whole,
    ),
  )
}

/** Automations that were deleted keep their names in the log. */
async function readVersions(
  db: Queryable,
  workspaceId: string,
  rows: readonly LogRow[],
): Promise<Map<string, NonNullable<LogContext['version']>>> {
  const wanted = [...new Map(rows.map((row) => [`${row.automation_id} ${row.version}`, row])).values()]
  const found = await query<{
    automation_id: string
    version: number
    name: string | null
    event: RunTrigger['event'] | null
    conditions: Group | null
  }>(db, {
    name: 'log-versions',
    text: `select w.automation_id, w.version, coalesce(a.name, v.name) as name, d.document -> 'trigger' ->> 'event' as event,
        d.document -> 'conditions' as conditions
      from unnest($2::uuid[], $3::int[]) as w(automation_id, version)
      left join automations a on a.workspace_id = $1 and a.id = w.automation_id
      left join automation_versions v
        on v.workspace_id = $1 and v.automation_id = w.automation_id and v.version = w.version
      cross join lateral (
        select coalesce(v.document, case when a.version = w.version then a.document end) as document
      ) d`,
    values: [workspaceId, wanted.map((row) => row.automation_id), wanted.map((row) => row.version)],
  })
  return new Map(found.rows.map((row) => [`${row.automation_id} ${row.version}`, row]))
}

type EventOfRun = NonNullable<LogContext['event']>

/** The events of skipped runs, whose rows hold no trigger. */
async function readEvents(
  db: Queryable,
  workspaceId: string,
  rows: readonly LogRow[],
): Promise<Map<string, EventOfRun>> {
  const ids = rows.flatMap((row) => (row.trigger === null && row.event_id !== null ? [row.event_id] : []))
  if (ids.length === 0) return new Map()
  const found = await query<EventOfRun & { id: string }>(db, {
    name: 'log-events',
    text: `select id, type, object, source, actor, changes, chain_id, depth, path
      from events where workspace_id = $1 and id = any($2::uuid[])`,
    values: [workspaceId, [...new Set(ids)]],
  })
  return new Map(found.rows.map((row) => [row.id, row]))
}

async function readChunks(db: Queryable, workspaceId: string, rows: readonly LogRow[]): Promise<Map<string, Step[]>> {
  const ids = rows.flatMap((row) => (row.step_chunks === null || row.step_chunks === 0 ? [] : [row.id]))
  const chunks = new Map<string, Step[]>()
  if (ids.length === 0) return chunks
  const found = await query<{ run_id: string; steps: Step[] }>(db, {
    name: 'log-run-steps',
    text: 'select run_id, steps from run_steps where workspace_id = $1 and run_id = any($2::uuid[]) order by run_id, n',
    values: [workspaceId, ids],
  })
  for (const { run_id, steps } of found.rows) chunks.set(run_id, [...(chunks.get(run_id) ?? []), ...steps])
  return chunks
}

/** @returns null when the event is kept no longer */
async function readCall(db: Queryable, workspaceId: string, eventId: string): Promise<RunTrigger['webhook'] | null> {
  const { rows } = await query<{ webhook: WebhookPayload | null }>(db, {
    name: 'log-webhook-call',
    text: `select payload -> 'webhook' as webhook from events where workspace_id = $1 and id = $2`,
    values: [workspaceId, eventId],
  })
  const call = rows[0]?.webhook ?? null
  return call === null ? null : shownCall(call)
}

async function readPath(
  db: Queryable,
  workspaceId: string,
  path: readonly ChainLink[],
): Promise<NonNullable<Run['chain']['path']>> {
  const { rows } = await query<{ id: string; name: string }>(db, {
    name: 'log-automation-names',
    text: 'select id, name from automations where workspace_id = $1 and id = any($2::uuid[])',
    values: [workspaceId, [...new Set(path.map(([automationId]) => automationId))]],
  })
  const names = new Map(rows.map((row) => [row.id, row.name]))
  return path.map(([automationId, recordId, runId]) => ({
    automation_id: publicId('automation', automationId),
    automation_name: names.get(automationId) ?? null,
    record_id: recordId === null ? null : publicId('record', recordId),
    run_id: publicId('run', runId),
  }))
}
