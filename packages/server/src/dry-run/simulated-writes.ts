import type { Queryable } from '../db/pool.ts'
import type { DbTime } from '../db/time.ts'
import type { NewEvent } from '../events/outbox.ts'
import type { RecordRow } from '../records/row.ts'
import { type RecordOverlay, WriteBatch } from '../records/write-batch.ts'
import { SimulatedReferences } from './simulated-references.ts'
import { SimulatedUniqueValues } from './simulated-unique-values.ts'

/**
 * The records' one write path over a database that is only read: every write is normalised and checked as a real one is,
 * unique values and references included, and stays in memory, where later steps see it.
 *
 * Source: SPEC.md, section 8 (dry run)
 */
export class SimulatedWrites extends WriteBatch {
  constructor(db: Queryable, time: DbTime) {
    super(db, time, 'wait', new SimulatedUniqueValues(db), new SimulatedReferences(db, 'wait'))
  }

  /** How many events the writes have made. */
  get count(): number {
    return this.events.length
  }

  /** The events that the writes have made since the last call. */
  takeEvents(): NewEvent[] {
    return this.events.splice(0)
  }

  /** Takes a record to be so from now on, whatever the table says; null: it doesn't exist. */
  assume(workspaceId: string, id: string, row: RecordRow | null): void {
    const stored = this.slots.get(workspaceId + id)?.stored ?? true
    this.slots.set(workspaceId + id, { workspaceId, id, row, locked: true, stored, dirty: true })
  }

  /** Nothing is written: what was gathered stays in memory. */
  override async flush(): Promise<{ queued: number; stale: boolean }> {
    return { queued: 0, stale: false }
  }

  override overlay(workspaceId: string, object: string): RecordOverlay | undefined {
    const rows: RecordRow[] = []
    const hidden: string[] = []
    for (const [key, slot] of this.slots) {
      if (!slot.dirty || slot.workspaceId !== workspaceId) continue
      if (slot.row?.object === object) rows.push(slot.row)
      if (slot.stored) hidden.push(key.slice(workspaceId.length))
    }
    return rows.length + hidden.length === 0 ? undefined : { rows, hidden }
  }

  protected override select(wanted: readonly { workspaceId: string; id: string }[]) {
    return super.select(wanted, 'none')
  }
}
