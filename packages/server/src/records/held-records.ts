import type { Queryable } from '../db/pool.ts'
import type { RecordRow } from './row.ts'

/** How a batch meets a row that another transaction has locked. */
export type LockMode = 'wait' | 'skip'

export interface Slot {
  workspaceId: string
  id: string
  /** the record as this batch leaves it; null: it doesn't exist (any more) */
  row: RecordRow | null
  locked: boolean
  /** whether the table holds it */
  stored: boolean
  dirty: boolean
}

/** What a batch has changed, each record once. */
interface Changed {
  inserts: { workspaceId: string; row: RecordRow }[]
  updates: { workspaceId: string; row: RecordRow }[]
  deletes: { workspaceId: string; id: string }[]
}

const SELECT = `
  select r.workspace_id as "workspaceId", r.id, r.object, r.data, r.created_at as "createdAt", r.updated_at as "updatedAt",
    r.created_by as "createdBy"
  from unnest($1::uuid[], $2::uuid[]) as wanted(workspace_id, id)
  join records r on r.workspace_id = wanted.workspace_id and r.id = wanted.id`

/** The records that a transaction has read, as it leaves them, and which of them it has locked. */
export class HeldRecords {
  protected readonly db: Queryable
  private readonly lock: LockMode
  protected readonly slots = new Map<string, Slot>()

  constructor(db: Queryable, lock: LockMode) {
    this.db = db
    this.lock = lock
  }

  /** The record as this batch leaves it; null: there is none; undefined: not read yet. */
  get(workspaceId: string, id: string): RecordRow | null | undefined {
    return this.slots.get(workspaceId + id)?.row
  }

  isLocked(workspaceId: string, id: string): boolean {
    return this.slots.get(workspaceId + id)?.locked === true
  }

  /**
   * Reads records, one statement for all.
   *
   * @param lock locks them for writing, in the order of their ids
   * @returns the ids that another transaction holds (only with lock mode `skip`)
   */
  async read(wanted: readonly { workspaceId: string; id: string }[], lock: boolean): Promise<Set<string>> {
    const held = new Set<string>()
    const missing = wanted.filter(({ workspaceId, id }) => {
      const slot = this.slots.get(workspaceId + id)
      return slot === undefined || (lock && !slot.locked && slot.row !== null)
    })
    if (missing.length === 0) return held
    const sorted = [...new Map(missing.map((entry) => [entry.workspaceId + entry.id, entry])).values()].toSorted(
      (a, b) => (a.id < b.id ? -1 : 1),
    )
    const found = await this.select(sorted, lock ? (this.lock === 'skip' ? 'skip' : 'wait') : 'none')
    for (const row of found) this.place(row, lock)
    const seen = new Set(found.map((row) => row.workspaceId + row.id))
    let left = seen.size === sorted.length ? [] : sorted.filter((entry) => !seen.has(entry.workspaceId + entry.id))
    if (left.length > 0 && lock && this.lock === 'skip') {
      const present = await this.select(left, 'none')
      for (const row of present) held.add(row.id)
      left = left.filter(({ id }) => !held.has(id))
    }
    for (const { workspaceId, id } of left)
      this.slots.set(workspaceId + id, { workspaceId, id, row: null, locked: lock, stored: false, dirty: false })
    return held
  }

  /** A record's slot, to be written. @returns undefined when there is no such record @throws Error when it isn't locked */
  protected writable(workspaceId: string, id: string): (Slot & { row: RecordRow }) | undefined {
    const slot = this.slots.get(workspaceId + id)
    if (slot === undefined || slot.row === null) return undefined
    if (!slot.locked) throw new Error(`Record ${id} is written without its lock.`)
    return slot as Slot & { row: RecordRow }
  }

  protected async select(
    wanted: readonly { workspaceId: string; id: string }[],
    lock: 'none' | 'skip' | 'wait',
  ): Promise<(RecordRow & { workspaceId: string })[]> {
    const suffix = {
      none: '',
      skip: ' for no key update of r skip locked',
      wait: ' order by r.id for no key update of r',
    }
    const { rows } = await this.db.query<RecordRow & { workspaceId: string }>({
      name: `records-read-${lock}`,
      text: SELECT + suffix[lock],
      values: [wanted.map((entry) => entry.workspaceId), wanted.map((entry) => entry.id)],
    })
    return rows
  }

  private place(found: RecordRow & { workspaceId: string }, locked: boolean): void {
    const { workspaceId, id, object, data, createdAt, updatedAt, createdBy } = found
    const row: RecordRow = { id, object, data, createdAt, updatedAt, createdBy }
    const known = this.slots.get(workspaceId + row.id)
    // a row this batch has read before is taken anew once it is locked: it may have changed in between
    if (known !== undefined && known.locked) return
    this.slots.set(workspaceId + row.id, { workspaceId, id: row.id, row, locked, stored: true, dirty: false })
  }

  /** What was changed since the last call, as the table needs it; it counts as stored from now on. */
  protected takeChanged(): Changed {
    const inserts: Changed['inserts'] = []
    const updates: Changed['updates'] = []
    const deletes: Changed['deletes'] = []
    for (const slot of this.slots.values()) {
      if (!slot.dirty) continue
      slot.dirty = false
      const { workspaceId, row, id, stored } = slot
      slot.stored = row !== null
      if (row !== null) (stored ? updates : inserts).push({ workspaceId, row })
      else if (stored) deletes.push({ workspaceId, id })
    }
    return { inserts, updates, deletes }
  }
}
