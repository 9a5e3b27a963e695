import { awaitedWords, publicId, type Step, WAIT_KINDS, type WaitEntry, type WaitKind } from '@kantos/model'
import { query, type Queryable } from '../db/pool.ts'
import { readRecordNames } from './record-names.ts'

/** Which waits of a workspace. Ids are UUIDs; absent means any. */
export interface WaitFilter {
  automationId?: string
  recordId?: string
  kind?: WaitKind
  /** epoch ms; due before it */
  dueBefore?: number
}

/** The place of an entry in the list: `at` is the database's time to the microsecond, ISO. */
export interface WaitPlace {
  at: string
  id: string
}

interface Row {
  id: string
  automation_id: string
  automation_name: string
  record_id: string | null
  event_id: string | null
  mode: 'live' | 'test'
  kind: WaitKind
  due_at: Date
  place: string
  step: Step
}

/**
 * A page of what waits, due soonest first: of each kind the first ones, from its own index, merged. So it costs the same
 * however many wait.
 *
 * @param page `after`: the last entry of the page before
 * @returns `next` null: there is no more
 */
export async function listWaits(
  db: Queryable,
  workspaceId: string,
  filter: WaitFilter,
  page: { after?: WaitPlace; limit: number },
): Promise<{ waits: WaitEntry[]; next: WaitPlace | null }> {
  const values: unknown[] = [workspaceId]
  const param = (value: unknown) => `$${values.push(value)}`
  // a literal, so that the partial indexes fit
  const where = [`r.workspace_id = $1`, `r.status = 'waiting'`, 'r.due_at is not null']
  if (filter.automationId !== undefined) where.push(`r.automation_id = ${param(filter.automationId)}`)
  if (filter.recordId !== undefined) where.push(`r.record_id = ${param(filter.recordId)}`)
  if (filter.dueBefore !== undefined) where.push(`r.due_at < ${param(new Date(filter.dueBefore))}`)
  if (page.after !== undefined)
    where.push(`(r.due_at, r.id) > (${param(page.after.at)}::timestamptz, ${param(page.after.id)}::uuid)`)
  // a record's waits are few: they are sorted, not looked for among those of all in the order of their times
  const due = filter.recordId === undefined ? 'r.due_at' : `r.due_at + interval '0'`
  const limit = param(page.limit + 1)
  const parts = (filter.kind === undefined ? WAIT_KINDS : [filter.kind]).map(
    (
      kind,
    ) => `(select r.id, r.automation_id, r.record_id, r.event_id, r.mode, r.wait_reason, r.due_at, r.steps -> -1 as step
      from runs_live r where ${where.join(' and ')} and r.wait_reason = '${kind}' order by ${due}, r.id limit ${limit})`,
  )
  const { rows } = await query<Row>(db, {
    text: `select w.id, w.automation_id, a.name as automation_name, w.record_id, w.event_id, w.mode, w.wait_reason as kind,
        w.due_at, to_char(w.due_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as place, w.step
      from (${parts.join(' union all ')}) w
      join automations a on a.workspace_id = $1 and a.id = w.automation_id
      order by w.due_at, w.id limit ${limit}`,
    values,
  })
  const shown = rows.slice(0, page.limit)
  const names = await readRecordNames(db, workspaceId, shown)
  const last = shown.at(-1)
  return {
    waits: shown.map((row) => waitOf(row, names.get(row.id) ?? null)),
    next: rows.length > page.limit ? { at: last!.place, id: last!.id } : null,
  }
}

function waitOf(row: Row, recordName: string | null): WaitEntry {
  const { step } = row
  return {
    run_id: publicId('run', row.id),
    automation_id: publicId('automation', row.automation_id),
    automation_name: row.automation_name,
    record_id: row.record_id === null ? null : publicId('record', row.record_id),
    record_name: recordName,
    kind: row.kind,
    step_key: step.key,
    step_name: step.name ?? null,
    waits_for: wordsOf(row.kind, step),
    since: row.kind === 'retry' ? (step.attempts.at(-1)?.finished_at ?? step.started_at) : step.started_at,
    due_at: row.due_at.toISOString(),
    mode: row.mode,
  }
}

function wordsOf(kind: WaitKind, step: Step): string {
  if (kind === 'retry') {
    const why = step.attempts.at(-1)?.error?.message
    return `Attempt ${step.attempts.length + 1}${why === undefined ? '' : `, after: ${why}`}`
  }
  const input = (step.input ?? {}) as Record<string, unknown>
  if (kind === 'event') return awaitedWords(input as unknown as Parameters<typeof awaitedWords>[0])
  const hours = input.business_hours === true ? ' of business hours' : ''
  if (input.until !== undefined) return `The date ${String(input.until)}${hours === '' ? '' : ', in business hours'}`
  return `${String(input.duration)} ${String(input.unit)}${hours}`
}
