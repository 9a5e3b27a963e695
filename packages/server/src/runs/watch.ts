import {
  answersWait,
  type CrmEvent,
  evaluateExit,
  exitMessage,
  type GroupResult,
  publicId,
  type RecordView,
  recordView,
  type WaitOutput,
} from '@kantos/model'
import type { Client, Queryable } from '../db/pool.ts'
import type { ClaimedEvent } from '../events/claim.ts'
import { viewOf } from '../steps/apply.ts'
import type { Batch } from './batch.ts'
import { finishStep, park, parkHeld, readNeeds } from './drive.ts'
import type { LiveRun } from './live-run.ts'
import { RUN_COLUMNS, type RunRow } from './row.ts'
import { cancelNow } from './settle.ts'
import { viewOfRun } from './view.ts'

/**
 * A run watches its record while it stands still with `watches` set: it waits for an event of it, or its automation has exit
 * conditions. No event can slip between, because all three look at the record's row lock:
 *
 * - **beginning**: the run's row gets `watches` in a transaction that holds the lock, and the exit conditions are judged
 *   on the record as it is. What was written before has a number of at most `afterSeq`.
 * - **writing**: a write takes the lock first and asks for watching runs in a later statement, so it sees the mark of
 *   whoever had the lock before it, and its event gets an outbox row.
 * - **judging**: a relay claims a record's events in their order, locks its watching runs, and wakes or ends them in the
 *   transaction that deletes the outbox row. A run in another's hands leaves the event where it is.
 *
 * Marks a run that has just been parked, or ends it when its exit conditions hold already.
 */
export async function beginWait(batch: Batch, run: LiveRun): Promise<void> {
  const { compiled, recordId, workspaceId, open } = run
  if (compiled === null || !compiled.watchesRecord || recordId === null || run.event.type === 'record.deleted') return
  if (compiled.exit === null && run.waitReason !== 'event') return
  if (!batch.writes.isLocked(workspaceId, recordId)) {
    const held = await batch.writes.read([{ workspaceId, id: recordId }], true)
    if (held.size > 0) {
      if (open === null) return
      open.then = { reason: run.waitReason!, dueAt: run.dueAt }
      parkHeld(run, batch.time.now())
      return
    }
  }
  // what is gone has no more events
  if (batch.writes.get(workspaceId, recordId) === null) return
  const exit = await judgeExit(batch, run, null)
  if (exit?.passed === true) return exitRun(batch, run, exit)
  if (run.waitReason === 'event') open!.afterSeq = await lastSeq(batch)
  batch.writes.watch(workspaceId, recordId)
  run.watches = true
}

/** The number of the latest event there is; of this batch, all so far are written for it. */
async function lastSeq(batch: Batch): Promise<number> {
  await batch.writes.flush()
  const { rows } = await batch.db.query<{ seq: number }>({
    name: 'outbox-last-seq',
    text: 'select case when is_called then last_value else 0 end as seq from outbox_seq_seq',
  })
  return Number(rows[0]!.seq)
}

/**
 * Judges a run's exit conditions on its record as it is now.
 *
 * @param event of the record, for rules that look back; a deletion is judged on the last values
 * @returns null when there is nothing to judge
 */
export async function judgeExit(batch: Batch, run: LiveRun, event: CrmEvent | null): Promise<GroupResult | null> {
  const { compiled, recordId, workspaceId } = run
  if (compiled === null || compiled.exit === null || recordId === null) return null
  await batch.writes.read([{ workspaceId, id: recordId }], false)
  const row = batch.writes.get(workspaceId, recordId)
  const record = row ? viewOf(row) : event === null ? null : lastView(event)
  if (record === null) return null
  const view = viewOfRun(batch, run, batch.time.now())
  for (;;) {
    const result = evaluateExit(compiled, run.state, view, record, event)
    if (result === null || !('need' in result)) return result
    await readNeeds(batch, workspaceId, result.need)
  }
}

function lastView({ type, recordId, after }: CrmEvent): RecordView | null {
  if (type !== 'record.deleted' || recordId === null || after === null) return null
  const id = publicId('record', recordId)
  return recordView({ id, data: after, createdAt: null, updatedAt: null, createdBy: null })
}

/** Ends a run whose exit conditions hold; its open step is logged as cancelled. */
export function exitRun(batch: Pick<Batch, 'time'>, run: LiveRun, exit: GroupResult): void {
  cancelNow(batch, run)
  run.error = { code: 'EXITED', message: exitMessage(exit) }
}

/** Runs that watch the records of claimed events. */
export interface Watching {
  /** locked by this transaction */
  rows: readonly RunRow[]
  /** records (workspace and id) of which a watching run is in another transaction's hands */
  contested: ReadonlySet<string>
}

const FROM = `from (select distinct * from unnest($1::uuid[], $2::uuid[]) as t(workspace_id, record_id)) k
  join runs_live r on r.workspace_id = k.workspace_id and r.record_id = k.record_id and r.watches`

/** Locks the runs that watch the claimed events' records; the database is asked only when a claim has seen one. */
export async function lockWatching(db: Queryable, claimed: readonly ClaimedEvent[]): Promise<Watching> {
  const watched = claimed.filter(({ watched, event }) => watched && isOfRecord(event))
  if (watched.length === 0) return { rows: [], contested: new Set() }
  const values = [watched.map(({ event }) => event.workspaceId), watched.map(({ event }) => event.recordId)]
  const { rows } = await db.query<RunRow>({
    name: 'runs-watching-lock',
    text: `select ${RUN_COLUMNS.replaceAll(/(\w+)/g, 'r.$1')} ${FROM} for update of r skip locked`,
    values,
  })
  const present = await db.query<{ id: string; key: string }>({
    name: 'runs-watching',
    text: `select r.id, r.workspace_id::text || r.record_id as key ${FROM}`,
    values,
  })
  const mine = new Set(rows.map(({ id }) => id))
  return { rows, contested: new Set(present.rows.flatMap(({ id, key }) => (mine.has(id) ? [] : [key]))) }
}

function isOfRecord(event: CrmEvent): boolean {
  return event.recordId !== null && event.type.startsWith('record.')
}

/**
 * Takes an event to a run that watches its record: the run ends, or goes on with the next batch, or stays as it is.
 *
 * @returns whether it was changed
 */
export async function notice(batch: Batch, run: LiveRun, { event, seq }: ClaimedEvent): Promise<boolean> {
  if (run.compiled === null || run.cancelRequested || !isOfRecord(event)) return false
  const exit = await judgeExit(batch, run, event)
  if (exit?.passed === true) {
    exitRun(batch, run, exit)
    return true
  }
  const { open } = run
  if (run.waitReason !== 'event' || open?.command.kind !== 'wait' || open.command.awaits === undefined) return false
  const late = event.at.getTime() > deadlineOf(run.dueAt, open.command.until)
  if (late || seq <= (open.afterSeq ?? 0) || !answersWait(event, open.command.awaits)) return false
  const output: WaitOutput = {
    event: open.command.awaits.event,
    event_id: publicId('event', event.id),
    changes: event.changes,
    timed_out: false,
  }
  finishStep(batch, run, open.command, { status: 'succeeded', output }, Date.parse(open.startedAt))
  run.watches = false
  park(run, 'held', batch.time.now())
  return true
}

/**
 * Until when an event ends a wait, epoch ms: until its time is up, or somebody ended it by hand. Each look at a run that an earlier event
 * overtakes puts off when it is due, and that gives later ones no more time.
 */
function deadlineOf(dueAt: number | null, until: string): number {
  return Math.min(dueAt ?? Number.POSITIVE_INFINITY, Date.parse(until))
}

/**
 * Of runs whose time to wait for an event is up, those whose record has one from before that, which nobody has taken up
 * yet: it goes first.
 *
 * @returns uuids
 */
export async function overtaken(db: Client, rows: readonly RunRow[]): Promise<ReadonlySet<string>> {
  const waiting = rows.filter((row) => row.wait_reason === 'event' && row.watches === true)
  if (waiting.length === 0) return new Set()
  const found = await db.query<{ id: string }>({
    name: 'runs-overtaken',
    text: `select k.id from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::bigint[])
        as k(id, workspace_id, record_id, due_at, seq)
      where (select o.seq from outbox o join events e on e.workspace_id = o.workspace_id and e.id = o.event_id
        where o.workspace_id = k.workspace_id and o.record_id = k.record_id and o.seq > k.seq and e.at <= k.due_at
        limit 1) is not null`,
    values: [
      waiting.map(({ id }) => id),
      waiting.map(({ workspace_id }) => workspace_id),
      waiting.map(({ record_id }) => record_id),
      waiting.map(({ due_at, state }) => {
        const command = state?.open?.command
        return command?.kind === 'wait' ? new Date(deadlineOf(due_at?.getTime() ?? null, command.until)) : due_at
      }),
      waiting.map(({ state }) => state?.open?.afterSeq ?? 0),
    ],
  })
  return new Set(found.rows.map(({ id }) => id))
}
