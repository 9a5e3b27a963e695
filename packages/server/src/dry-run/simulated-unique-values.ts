import { UniqueValues } from '../records/unique-values.ts'

/** Unique values over a database that is only read: who claims or frees one is kept in memory. */
export class SimulatedUniqueValues extends UniqueValues {
  /** who holds a unique value by now; null: it was freed */
  private readonly holders = new Map<string, string | null>()

  protected override async claim(
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

  protected override async free(
    workspaceId: string,
    object: string,
    field: string,
    value: string,
    id: string,
  ): Promise<void> {
    const key = keyOf(workspaceId, object, field, value)
    if ((this.holders.get(key) ?? id) === id) this.holders.set(key, null)
  }

  override async freeRecord(workspaceId: string, id: string): Promise<void> {
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
}

function keyOf(...parts: readonly string[]): string {
  return parts.join('\0')
}
