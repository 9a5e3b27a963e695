import { type Column, columnValues, rowsSource } from '../db/columns.ts'
import type { Queryable } from '../db/pool.ts'
import {
  EVENT_COLUMNS,
  EVENTS_CTE,
  eventColumns,
  eventRows,
  GUARDED_EVENTS_CTE,
  type NewEvent,
  sharedJson,
} from '../events/outbox.ts'
import type { RecordRow } from './row.ts'

interface Placed {
  workspaceId: string
  row: RecordRow
}

/** What a batch writes: each record once, and its events in their order. */
export interface Pending {
  inserts: readonly Placed[]
  updates: readonly Placed[]
  deletes: readonly { workspaceId: string; id: string }[]
  events: readonly NewEvent[]
  /**
   * nothing is written unless the workspace is still of this revision; only with inserts alone, whose events are marked as
   * `watched` where somebody listened at that revision
   */
  guard?: { workspaceId: string; rev: number }
}

export interface Written {
  inserted: number
  updated: number
  removed: number
  /** events that somebody listens to */
  queued: number
}

interface Part {
  name: string
  /** the CTE, its first parameter being `$first` */
  sql(first: number, where: string): string
  values: unknown[]
}

const INSERTED: readonly Column<Placed>[] = [
  { name: 'workspace_id', type: 'uuid', of: ({ workspaceId }) => workspaceId },
  { name: 'id', type: 'uuid', of: ({ row }) => row.id },
  { name: 'object', type: 'text', of: ({ row }) => row.object },
  { name: 'data', type: 'text', of: ({ row }) => sharedJson(row.data) },
  { name: 'created_at', type: 'timestamptz', of: ({ row }) => row.createdAt },
  { name: 'updated_at', type: 'timestamptz', of: ({ row }) => row.updatedAt },
  { name: 'created_by', type: 'text', of: ({ row }) => row.createdBy },
]
const UPDATED = INSERTED.filter(({ name }) => ['workspace_id', 'id', 'data', 'updated_at'].includes(name))
const REMOVED: readonly Column<{ workspaceId: string; id: string }>[] = [
  { name: 'workspace_id', type: 'uuid', of: ({ workspaceId }) => workspaceId },
  { name: 'id', type: 'uuid', of: ({ id }) => id },
]

function part<Row>(
  name: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  sql: (source: string, where: string) => string,
): Part {
  const single = rows.length === 1
  return {
    name: single ? `${name}_one` : name,
    sql: (first, where) => sql(rowsSource(columns, first, single), where),
    values: columnValues(columns, rows, single),
  }
}

function insertPart(inserts: readonly Placed[]): Part {
  return part(
    'inserted',
    INSERTED,
    inserts,
    (x, where) => `
      insert into records (workspace_id, id, object, data, created_at, updated_at, created_by)
      select workspace_id, id, object, data::jsonb, created_at, updated_at, created_by from ${x} ${where} returning 1`,
  )
}

function updatePart(updates: readonly Placed[]): Part {
  return part(
    'updated',
    UPDATED,
    updates,
    (x) => `
      update records r set data = x.data::jsonb, updated_at = x.updated_at from ${x}
      where r.workspace_id = x.workspace_id and r.id = x.id returning 1`,
  )
}

function deletePart(deletes: Pending['deletes']): Part {
  return part(
    'removed',
    REMOVED,
    deletes,
    (x) => `delete from records r using ${x} where r.workspace_id = x.workspace_id and r.id = x.id returning 1`,
  )
}

const statements = new Map<string, string>()

/** Writes records, their events and what must start because of them, in one statement made of the parts that are needed. */
export async function flushRecords(db: Queryable, pending: Pending): Promise<Written> {
  const { inserts, updates, deletes, events, guard } = pending
  if (guard !== undefined && updates.length + deletes.length > 0)
    throw new Error('Only what creates can be guarded: a run may watch a record that was there before.')
  const parts: Part[] = []
  if (inserts.length > 0) parts.push(insertPart(inserts))
  if (updates.length > 0) parts.push(updatePart(updates))
  if (deletes.length > 0) parts.push(deletePart(deletes))
  const single = events.length === 1
  const kind = `${guard === undefined ? 'flush' : 'guarded'}${single ? '-one' : ''}`
  const name = `records-${kind}-${parts.map((each) => each.name).join('-')}`
  let text = statements.get(name)
  if (text === undefined) {
    text = statementOf(parts, single, guard !== undefined)
    statements.set(name, text)
  }
  const values = parts.flatMap((each) => each.values)
  values.push(...eventColumns(events, single))
  if (guard !== undefined) values.push(guard.rev, guard.workspaceId)
  const { rows } = await db.query<Partial<Written>>({ name, text, values })
  return { inserted: 0, updated: 0, removed: 0, queued: 0, ...rows[0] }
}

function statementOf(parts: readonly Part[], single: boolean, guarded: boolean): string {
  const ofRecords = parts.reduce((count, each) => count + each.values.length, 0)
  const last = ofRecords + EVENT_COLUMNS
  const where = guarded
    ? `where $${last + 1}::bigint = (select automations_rev from workspaces where id = $${last + 2}::uuid)`
    : ''
  let first = 1
  const ctes: string[] = []
  const counts: string[] = []
  for (const each of parts) {
    ctes.push(`${each.name} as (${each.sql(first, where)})`)
    counts.push(`(select count(*) from ${each.name})::int as ${each.name.replace('_one', '')}`)
    first += each.values.length
  }
  ctes.push(eventRows(first, where, single), guarded ? GUARDED_EVENTS_CTE : EVENTS_CTE)
  counts.push('(select count(*) from queued_events)::int as queued')
  return `with ${ctes.join(', ')} select ${counts.join(', ')}`
}
