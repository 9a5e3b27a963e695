import { publicId } from '@kantos/model'
import type { NewEvent } from '../events/outbox.ts'
import { type RecordOverlay, type RecordRow, type ReferringField, WriteBatch } from '../records/write-batch.ts'

/**
 * The records' one write path over a database that is only read: every write is normalised and checked as a real one is,
 * unique values and references included, and stays in memory, where later steps see it.
 *
 * Source: SPEC.md, section 8 (dry run)
 */
export class SimulatedWrites extends WriteBatch {
  /** who holds a unique value by now; null: it was freed */
  private readonly holders = new Map<string, string | null>()
  private readonly emptied = new Set<string>()

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

  protected override async objectOfTarget(workspaceId: string, target: string): Promise<string | undefined> {
    const { rows } = await this.db.query<{ object: string }>({
      name: 'reference-target-read',
      text: 'select object from records where workspace_id = $1 and id = $2',
      values: [workspaceId, target],
    })
    return rows[0]?.object
  }

  protected override async claimValue(
    workspaceId: string,
    object: string,
    field: string,
    value: string,
    id: string,
  ): Promise<boolean> {
    const key = keyOf(workspaceId, object, field, value)
    let holder = this.holders.get(key)
    if (holder === undefined) {
      const { rows } = await this.db.query<{ id: string }>({
        name: 'unique-value-holder',
        text: `select record_id as id from unique_values
          where workspace_id = $1 and object = $2 and field = $3 and value = $4`,
        values: [workspaceId, object, field, value],
      })
      holder = rows[0]?.id ?? null
    }
    if (holder !== null && holder !== id) return false
    this.holders.set(key, id)
    return true
  }

  protected override async freeValue(
    workspaceId: string,
    object: string,
    field: string,
    value: string,
    id: string,
  ): Promise<void> {
    const key = keyOf(workspaceId, object, field, value)
    if ((this.holders.get(key) ?? id) === id) this.holders.set(key, null)
  }

  protected override async forget(workspaceId: string, id: string): Promise<void> {
    for (const [key, holder] of this.holders) if (holder === id) this.holders.set(key, null)
    const { rows } = await this.db.query<{ object: string; field: string; value: string }>({
      name: 'unique-values-of-record',
      text: 'select object, field, value from unique_values where workspace_id = $1 and record_id = $2',
      values: [workspaceId, id],
    })
    for (const { object, field, value } of rows) {
      const key = keyOf(workspaceId, object, field, value)
      if (!this.holders.has(key)) this.holders.set(key, null)
    }
  }

  /** The stored references that this run hasn't turned elsewhere, the first thousand, and those it made itself. */
  protected override async referencesTo(workspaceId: string, target: string): Promise<ReferringField[]> {
    if (this.emptied.has(workspaceId + target)) return []
    this.emptied.add(workspaceId + target)
    const { rows } = await this.db.query<ReferringField>({
      name: 'record-references-to-read',
      text: `select record_id as "recordId", field from record_references
          where workspace_id = $1 and target_id = $2 order by record_id limit 1000`,
      values: [workspaceId, target],
    })
    await this.read(
      rows.map(({ recordId }) => ({ workspaceId, id: recordId })),
      true,
    )
    const made = this.references.filter((one) => one.workspaceId === workspaceId)
    const value = publicId('record', target)
    const all = new Map([...rows, ...made].map(({ recordId, field }) => [recordId + field, { recordId, field }]))
    return [...all.values()].filter(({ recordId, field }) => this.get(workspaceId, recordId)?.data[field] === value)
  }

  protected override async forgetReferences(): Promise<void> {}
}

function keyOf(...parts: readonly string[]): string {
  return parts.join('\0')
}
