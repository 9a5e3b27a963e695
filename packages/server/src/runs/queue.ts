import type { AutomationDocument, Lane, RunTrigger } from '@kantos/model'
import { initialState } from '@kantos/model'
import { query, type Queryable } from '../db/pool.ts'
import { park } from './drive.ts'
import type { EventSnapshot, LiveRun } from './live-run.ts'
import { saveRuns } from './save.ts'
import { holdStarts } from './serial.ts'

/** An automation that a person starts runs of; ids are UUIDs. */
export interface StartableAutomation {
  id: string
  name: string
  version: number
  status: 'inactive' | 'active'
  mode: 'live' | 'test'
  document: AutomationDocument
}

/** What a queued run is made of, beside its automation. */
export interface QueuedStart {
  workspaceId: string
  id: string
  event: EventSnapshot
  eventId: string | null
  recordId: string | null
  chain: LiveRun['chain']
  trigger: RunTrigger | null
  lane: Lane
  retryOf: string | null
  mode: 'live' | 'test'
  startedAtMs: number
}

/**
 * Automations as they are now, kept from being deleted or changed until the transaction ends.
 *
 * @returns by uuid; deleted ones are missing
 */
export async function holdAutomations(
  db: Queryable,
  workspaceId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, StartableAutomation>> {
  const { rows } = await query<StartableAutomation>(db, {
    name: 'automations-hold',
    text: `select id, name, version, status, mode, document from automations
      where workspace_id = $1 and id = any($2::uuid[]) and deleted_at is null order by id for share`,
    values: [workspaceId, [...new Set(ids)]],
  })
  return new Map(rows.map((row) => [row.id, row]))
}

/** A run that waits to be taken up, its conditions still to be judged. */
export function queuedRun(automation: StartableAutomation, start: QueuedStart): LiveRun {
  const { startedAtMs, ...given } = start
  return {
    ...given,
    automationId: automation.id,
    version: automation.version,
    compiled: null,
    serialKey: serialKeyOf(automation, start.recordId),
    conditions: null,
    unjudged: true,
    state: initialState(),
    steps: [],
    open: null,
    stepChunks: 0,
    status: 'queued',
    error: null,
    startedAt: new Date(startedAtMs).toISOString(),
    finishedAt: null,
    rev: null,
    lost: 0,
    tries: 0,
    misses: 0,
    leaseBy: null,
    cancelRequested: false,
    waitReason: null,
    watches: automation.document.exit !== undefined && start.recordId !== null,
    dueAt: null,
  }
}

export function serialKeyOf(automation: StartableAutomation, recordId: string | null): string | null {
  return automation.document.serial === true && recordId !== null ? `${automation.id} ${recordId}` : null
}

/**
 * Inserts queued runs, due now; those of a serial automation wait for their turn while an earlier run of the record lives.
 * Their successor can't be forgotten: the earlier run's row stays locked until this transaction ends, and who ends it
 * looks for the successor afterwards.
 */
export async function enqueueRuns(db: Queryable, runs: readonly LiveRun[], nowMs: number): Promise<void> {
  const taken = await heldTurns(db, runs)
  for (const run of runs) {
    const waits = run.serialKey !== null && taken.has(run.serialKey)
    park(run, waits ? 'turn' : 'queued', waits ? null : nowMs)
    if (!waits) run.watches = false
    if (run.serialKey !== null) taken.add(run.serialKey)
  }
  await saveRuns(db, runs)
}

/**
 * The serial keys somebody is at turn for. Two starters can't both find none: until this transaction ends no batch starts
 * runs of these automations, and it holds the records, so nobody writes them, and the events of theirs that aren't taken up
 * yet, which relays skip.
 */
async function heldTurns(db: Queryable, runs: readonly LiveRun[]): Promise<Set<string>> {
  const serial = runs.filter((run) => run.serialKey !== null)
  const taken = new Set<string>()
  if (serial.length === 0) return taken
  await holdStarts(db, serial)
  const { workspaceId } = serial[0]!
  const values = [workspaceId, serial.map((run) => run.serialKey)]
  const text =
    'select id, serial_key as key from runs_live where workspace_id = $1 and serial_key = any($2::text[]) order by id'
  for (;;) {
    const locked = await query<{ id: string }>(db, { name: 'turns-hold', text: `${text} for update`, values })
    await holdRecords(
      db,
      workspaceId,
      serial.flatMap(({ recordId }) => recordId ?? []),
    )
    // while locks were waited for, a run may have ended and its successor come: then it is looked at again
    const present = await query<{ id: string; key: string }>(db, { name: 'turns-held', text, values })
    const mine = new Set(locked.rows.map(({ id }) => id))
    if (!present.rows.every(({ id }) => mine.has(id))) continue
    for (const { key } of present.rows) taken.add(key)
    return taken
  }
}

async function holdRecords(db: Queryable, workspaceId: string, recordIds: readonly string[]): Promise<void> {
  const values = [workspaceId, recordIds]
  await query(db, {
    name: 'turns-hold-records',
    text: 'select from records where workspace_id = $1 and id = any($2::uuid[]) order by id for no key update',
    values,
  })
  await query(db, {
    name: 'turns-hold-events',
    text: 'select from outbox where workspace_id = $1 and record_id = any($2::uuid[]) order by seq for update',
    values,
  })
}
