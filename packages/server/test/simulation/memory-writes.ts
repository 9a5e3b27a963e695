import type { CrmEvent } from '@kantos/model'
import type { DbTime } from '../../src/db/time.ts'
import type { NewEvent } from '../../src/events/outbox.ts'
import { References } from '../../src/records/references.ts'
import { UniqueValues } from '../../src/records/unique-values.ts'
import type { RecordRow } from '../../src/records/row.ts'
import { WriteBatch } from '../../src/records/write-batch.ts'
import type { Holder, Store } from './store.ts'

/** The records' one write path over the store in memory: what is written is seen by others once it is committed. */
export class MemoryWrites extends WriteBatch {
  private readonly store: Store
  private readonly holder: Holder
  /** events in their order, each with the number it drew under its record's lock */
  private readonly numbered: { seq: number; event: CrmEvent }[] = []

  constructor(store: Store, time: DbTime, holder: Holder) {
    super(null as never, time, 'skip', new NoUniqueValues(null as never), new MemoryReferences(store))
    this.store = store
    this.holder = holder
  }

  override async flush(): Promise<{ queued: number; stale: boolean }> {
    for (const event of this.events.splice(0))
      this.numbered.push({ seq: this.store.nextSeq(), event: written(event, this.store.nowMs) })
    return { queued: this.numbered.length, stale: false }
  }

  /** Puts everything into the store; the locks are released by who holds them. */
  async commit(): Promise<void> {
    await this.flush()
    for (const { id, row, dirty } of this.slots.values()) {
      if (!dirty) continue
      if (row === null) this.store.records.delete(id)
      else this.store.records.set(id, row)
    }
    for (const { seq, event } of this.numbered.splice(0)) {
      this.store.events.push({ seq, event })
      this.store.outbox.set(seq, { seq, event, tries: 0 })
    }
  }

  /** The records of an object as this transaction sees them: what is committed, and what it has written itself. */
  seen(object: string): RecordRow[] {
    const rows = new Map([...this.store.records].filter(([, row]) => row.object === object))
    for (const { id, row, dirty } of this.slots.values()) {
      if (!dirty) continue
      if (row === null) rows.delete(id)
      else if (row.object === object) rows.set(id, row)
    }
    return [...rows.values()]
  }

  protected override async select(
    wanted: readonly { workspaceId: string; id: string }[],
    lock: 'none' | 'skip' | 'wait',
  ): Promise<(RecordRow & { workspaceId: string })[]> {
    return wanted.flatMap(({ workspaceId, id }) => {
      const row = this.store.records.get(id)
      if (row === undefined || (lock !== 'none' && !this.store.lock(`record ${id}`, this.holder))) return []
      return [{ ...row, workspaceId }]
    })
  }

  protected override async selectUsers(): Promise<[]> {
    return []
  }
}

class MemoryReferences extends References {
  private readonly store: Store

  constructor(store: Store) {
    super(null as never, 'skip')
    this.store = store
  }

  override async to(): Promise<[]> {
    return []
  }

  override async forgetRecord(): Promise<void> {}

  protected override async objectOf(_workspaceId: string, target: string): Promise<string | undefined> {
    return this.store.records.get(target)?.object
  }
}

/** The simulation's fields are never taken. */
class NoUniqueValues extends UniqueValues {
  protected override async claim(): Promise<boolean> {
    return true
  }

  protected override async free(): Promise<void> {}

  override async freeRecord(): Promise<void> {}
}

function written(event: NewEvent, atMs: number): CrmEvent {
  const { watched: _, ...rest } = event
  return { ...rest, at: new Date(atMs), after: structuredClone(rest.after) }
}
