import { type FieldValues, type ObjectDefinition, uniqueKey } from '@kantos/model'
import type { Queryable } from '../db/pool.ts'

/** A value that is taken. */
export interface DuplicateValue {
  ok: false
  code: 'DUPLICATE_VALUE'
  field: string
  value: string
}

/**
 * Values that one record of an object alone may have. They are claimed at once, by a row whose key is the value: two
 * transactions that want the same wait for each other, and the second finds it taken.
 *
 * Source: SPEC.md, section 2 (unique fields)
 */
export class UniqueValues {
  protected readonly db: Queryable

  constructor(db: Queryable) {
    this.db = db
  }

  /**
   * Claims the values a record gets, then frees those it had.
   *
   * @returns what is taken already; nothing is claimed then. Null: all is well
   */
  async change(
    workspaceId: string,
    object: ObjectDefinition,
    id: string,
    before: FieldValues,
    after: FieldValues,
  ): Promise<DuplicateValue | null> {
    const claimed: { field: string; to: string | null; from: string | null }[] = []
    for (const field of object.fields) {
      if (!field.unique) continue
      const to = uniqueKey(field, after[field.slug])
      const from = uniqueKey(field, before[field.slug])
      if (to === from) continue
      if (to !== null && !(await this.claim(workspaceId, object.slug, field.slug, to, id))) {
        for (const one of claimed) if (one.to !== null) await this.free(workspaceId, object.slug, one.field, one.to, id)
        return { ok: false, code: 'DUPLICATE_VALUE', field: field.slug, value: String(after[field.slug]) }
      }
      claimed.push({ field: field.slug, to, from })
    }
    for (const { field, from } of claimed) if (from !== null) await this.free(workspaceId, object.slug, field, from, id)
    return null
  }

  /** Frees all values of a record that goes. */
  async freeRecord(workspaceId: string, id: string): Promise<void> {
    await this.db.query({
      name: 'unique-values-free-record',
      text: 'delete from unique_values where workspace_id = $1 and record_id = $2',
      values: [workspaceId, id],
    })
  }

  /** @returns whether the record has it now */
  protected async claim(
    workspaceId: string,
    object: string,
    field: string,
    value: string,
    id: string,
  ): Promise<boolean> {
    const { rowCount } = await this.db.query({
      name: 'unique-value-claim',
      text: `insert into unique_values (workspace_id, object, field, value, record_id) values ($1, $2, $3, $4, $5)
        on conflict do nothing`,
      values: [workspaceId, object, field, value, id],
    })
    return rowCount === 1
  }

  protected async free(workspaceId: string, object: string, field: string, value: string, id: string): Promise<void> {
    await this.db.query({
      name: 'unique-value-free',
      text: `delete from unique_values
        where workspace_id = $1 and object = $2 and field = $3 and value = $4 and record_id = $5`,
      values: [workspaceId, object, field, value, id],
    })
  }
}
