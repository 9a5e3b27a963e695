import { readActors } from '../accounts/actors.ts'
import type { WorkspaceAutomations } from '../automations/compiled.ts'
import type { ClaimedEvent } from '../events/claim.ts'
import type { Client } from '../db/pool.ts'
import type { Actors, Batch } from './batch.ts'
import { Enrolling } from './enrol.ts'
import type { LiveRun } from './live-run.ts'
import type { RunRow } from './row.ts'

/** A run that stopped so many workers is set aside, and so is an event. Source: DESIGN.md, section 7 */
export const POISON_TRIES = 3

/** An event or a run that nothing can be done about, and why. */
export interface Failing {
  message: string
  seqs: readonly number[]
  runIds: readonly string[]
}

/** What one batch has in its hands, and what it has come to so far. */
export class Work {
  readonly batch: Batch
  readonly workspaces: ReadonlyMap<string, WorkspaceAutomations>
  /** what failed the last time, alone */
  readonly fail: Failing | null
  /** as the batch leaves them */
  readonly runs: LiveRun[] = []
  /** seqs of the events taken up */
  readonly begun: number[] = []
  /** seqs of events left because somebody else holds what they need */
  readonly held: number[] = []
  readonly enrolling: Enrolling
  /** uuids of watching runs that an event has changed: they go on with the next batch */
  readonly noticed = new Set<string>()
  /** records (workspace and id) of which a watching run is in another transaction's hands */
  contested: ReadonlySet<string> = new Set()
  private readonly heldRecords = new Set<string>()

  constructor(batch: Batch, workspaces: ReadonlyMap<string, WorkspaceAutomations>, fail: Failing | null) {
    this.batch = batch
    this.workspaces = workspaces
    this.fail = fail
    this.enrolling = new Enrolling(batch.db, this.runs)
  }

  /** The version that a stored run goes by; null: it can't be run any more. */
  compiled(row: RunRow): Promise<LiveRun['compiled']> {
    return this.workspaces.get(row.workspace_id)!.version(this.batch.db, row.automation_id, row.version)
  }

  /** Reads the records the runs begin with: locked, in one sorted statement, where the automation writes them. */
  async lockRecords(runs: readonly LiveRun[]): Promise<void> {
    const ids = (wanted: (run: LiveRun) => boolean) =>
      runs.flatMap((run) =>
        run.recordId !== null && run.event.type !== 'record.deleted' && wanted(run)
          ? [{ workspaceId: run.workspaceId, id: run.recordId }]
          : [],
      )
    const held = await this.batch.writes.read(ids(locksRecord), true)
    for (const id of held) this.heldRecords.add(id)
    await this.batch.writes.read(
      ids((run) => run.compiled?.readsRecord === true && !this.heldRecords.has(run.recordId!)),
      false,
    )
  }

  /** Somebody else holds a record that the run needs to have to itself. */
  isHeld(run: LiveRun): boolean {
    return run.recordId !== null && locksRecord(run) && this.heldRecords.has(run.recordId)
  }
}

/** It may write the record, or wait for what happens to it: nobody else does in between. */
function locksRecord({ compiled }: LiveRun): boolean {
  return compiled?.writesRecord === true || compiled?.watchesRecord === true
}

/** Who caused the events, read only when a template names `user`. */
export async function actorsOf(
  db: Client,
  workspaces: ReadonlyMap<string, WorkspaceAutomations>,
  claimed: readonly ClaimedEvent[],
  rows: readonly RunRow[],
): Promise<Actors> {
  const wanted = new Map<string, string>()
  for (const { event } of claimed) {
    if (event.actor === null || event.source === 'automation') continue
    const listening = workspaces.get(event.workspaceId)?.listening(event.type, event.object) ?? []
    if (listening.some((automation) => automation.compiled()?.readsUser)) wanted.set(event.actor, event.workspaceId)
  }
  for (const row of rows) {
    if (!row.trigger?.actor) continue
    const active = workspaces.get(row.workspace_id)?.byId.get(row.automation_id)
    // an older version may name the user where the newest doesn't
    const reads = active === undefined || active.version !== row.version || active.compiled()?.readsUser !== false
    if (reads) wanted.set(row.trigger.actor, row.workspace_id)
  }
  return readActors(db, wanted)
}
