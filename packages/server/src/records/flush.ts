import { plainArray, textArray } from '../db/arrays.ts'
import type { Queryable } from '../db/pool.ts'
import { EVENTS_CTE, eventColumns, eventRows, type NewEvent, sharedJson } from '../events/outbox.ts'
import type { RecordRow } from './write-batch.ts'

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
  /** nothing is written unless the workspace's objects are still of this revision; only with inserts alone */
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

function insertPart(inserts: readonly Placed[]): Part {
  return {
    name: 'inserted',
    sql: (n, where) => `
      insert into records (workspace_id, id, object, data, created_at, updated_at, created_by)
      select workspace_id, id, object, data::jsonb, created_at, updated_at, created_by
      from unnest($${n}::uuid[], $${n + 1}::uuid[], $${n + 2}::text[], $${n + 3}::text[], $${n + 4}::timestamptz[],
        $${n + 5}::timestamptz[], $${n + 6}::text[])
        as x(workspace_id, id, object, data, created_at, updated_at, created_by) ${where} returning 1`,
    values: [
      plainArray(inserts.map(({ workspaceId }) => workspaceId)),
      plainArray(inserts.map(({ row }) => row.id)),
      textArray(inserts.map(({ row }) => row.object)),
      textArray(inserts.map(({ row }) => sharedJson(row.data))),
      plainArray(inserts.map(({ row }) => row.createdAt)),
      plainArray(inserts.map(({ row }) => row.updatedAt)),
      textArray(inserts.map(({ row }) => row.createdBy)),
    ],
  }
}

function updatePart(updates: readonly Placed[]): Part {
  return {
    name: 'updated',
    sql: (n) => `
      update records r set data = x.data::jsonb, updated_at = x.updated_at
      from unnest($${n}::uuid[], $${n + 1}::uuid[], $${n + 2}::text[], $${n + 3}::timestamptz[])
        as x(workspace_id, id, data, updated_at)
      where r.workspace_id = x.workspace_id and r.id = x.id returning 1`,
    values: [
      plainArray(updates.map(({ workspaceId }) => workspaceId)),
      plainArray(updates.map(({ row }) => row.id)),
      textArray(updates.map(({ row }) => sharedJson(row.data))),
      plainArray(updates.map(({ row }) => row.updatedAt)),
    ],
  }
}

function deletePart(deletes: Pending['deletes']): Part {
  return {
    name: 'removed',
    sql: (n) => `
      delete from records r using unnest($${n}::uuid[], $${n + 1}::uuid[]) as x(workspace_id, id)
      where r.workspace_id = x.workspace_id and r.id = x.id returning 1`,
    values: [plainArray(deletes.map(({ workspaceId }) => workspaceId)), plainArray(deletes.map(({ id }) => id))],
  }
}

const statements = new Map<string, string>()

/** Writes records, their events and what must start because of them, in one statement made of the parts that are needed. */
export async function flushRecords(db: Queryable, pending: Pending): Promise<Written> {
  const { inserts, updates, deletes, events, guard } = pending
  const parts: Part[] = []
  if (inserts.length > 0) parts.push(insertPart(inserts))
  if (updates.length > 0) parts.push(updatePart(updates))
  if (deletes.length > 0) parts.push(deletePart(deletes))
  const name = `records-${guard === undefined ? 'flush' : 'guarded'}-${parts.map((part) => part.name).join('-')}`
  let text = statements.get(name)
  if (text === undefined) {
    text = statementOf(parts, guard !== undefined)
    statements.set(name, text)
  }
  const values = parts.flatMap((part) => part.values)
  values.push(...eventColumns(events))
  if (guard !== undefined) values.push(guard.rev, guard.workspaceId)
  const { rows } = await db.query<Partial<Written>>({ name, text, values })
  return { inserted: 0, updated: 0, removed: 0, queued: 0, ...rows[0] }
}

function statementOf(parts: readonly Part[], guarded: boolean): string {
  const ofRecords = parts.reduce((count, part) => count + part.values.length, 0)
  const ofEvents = eventColumns([]).length
  const last = ofRecords + ofEvents
  const where = guarded
    ? `where $${last + 1}::bigint = (select automations_rev from workspaces where id = $${last + 2}::uuid)`
    : ''
  let first = 1
  const ctes: string[] = []
  for (const part of parts) {
    ctes.push(`${part.name} as (${part.sql(first, where)})`)
    first += part.values.length
  }
  ctes.push(eventRows(first, where), EVENTS_CTE)
  const counts = [...parts.map((part) => part.name), 'queued'].map(
    (name) => `(select count(*) from ${name === 'queued' ? 'queued_events' : name})::int as ${name}`,
  )
  return `with ${ctes.join(', ')} select ${counts.join(', ')}`
}
