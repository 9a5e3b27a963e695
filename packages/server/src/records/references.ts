import { type Field, uuidOf, type ValueError } from '@kantos/model'
import type { Queryable } from '../db/pool.ts'
import type { LockMode } from './held-records.ts'
import type { RecordRow } from './row.ts'

/** A record's field that refers to another record. */
export interface ReferringField {
  recordId: string
  field: string
}

/** Where a field of a record referred to, and where it does now: public ids, undefined for nowhere. */
export interface ChangedReference extends ReferringField {
  workspaceId: string
  from: unknown
  to: unknown
}

/** Why a field can't refer to a record. */
export type RefusedReference =
  | { ok: false; code: 'HELD' }
  | { ok: false; code: 'VALIDATION_ERROR'; unknown: string[]; errors: ValueError[] }

/**
 * References between records: what is referred to exists and stays until the write has committed, and who refers to a
 * record is found when it goes.
 *
 * Source: SPEC.md, section 2 (reference fields)
 */
export class References {
  protected readonly db: Queryable
  private readonly lock: LockMode
  protected readonly changed: ChangedReference[] = []

  constructor(db: Queryable, lock: LockMode) {
    this.db = db
    this.lock = lock
  }

  /**
   * Whether a field may refer to a record, which can't be deleted from then on until the transaction has ended.
   *
   * @param known the target as its batch has it, and whether that is locked; undefined: not read yet
   * @returns null when it may
   */
  async refusal(
    workspaceId: string,
    field: Field,
    value: unknown,
    known: (id: string) => { row: RecordRow | null; locked: boolean } | undefined,
  ): Promise<RefusedReference | null> {
    const target = uuidOf('record', String(value))
    const refuse = (message: string): RefusedReference => ({
      ok: false,
      code: 'VALIDATION_ERROR',
      unknown: [],
      errors: [{ path: field.slug, message }],
    })
    const missing = refuse(`${field.name} names a record that doesn't exist: ${String(value)}.`)
    if (target === null) return missing
    const slot = known(target)
    let object = slot?.row?.object
    if (slot === undefined || (slot.row !== null && !slot.locked)) {
      object = await this.objectOf(workspaceId, target)
      if (object === undefined && this.lock === 'skip' && (await this.exists(workspaceId, target)))
        return { ok: false, code: 'HELD' }
    }
    if (object === undefined) return missing
    const wanted = field.options?.object
    if (wanted !== undefined && wanted !== object)
      return refuse(`${field.name} takes a record of ${wanted}; this one is of ${object}.`)
    return null
  }

  /** References that are written with the batch. */
  add(changed: readonly ChangedReference[]): void {
    this.changed.push(...changed)
  }

  /** The next fields that refer to a record, at most a thousand; those that a batch hasn't written yet among them. */
  async to(workspaceId: string, target: string): Promise<ReferringField[]> {
    await this.write()
    const { rows } = await this.db.query<ReferringField>({
      name: 'record-references-to',
      text: `select record_id as "recordId", field from record_references
        where workspace_id = $1 and target_id = $2 order by record_id limit 1000`,
      values: [workspaceId, target],
    })
    return rows
  }

  /** Forgets that fields referred to a record. */
  async forget(workspaceId: string, target: string, fields: readonly ReferringField[]): Promise<void> {
    await this.db.query({
      name: 'record-references-emptied',
      text: `delete from record_references r using unnest($3::uuid[], $4::text[]) as x(record_id, field)
        where r.workspace_id = $1 and r.target_id = $2 and r.record_id = x.record_id and r.field = x.field`,
      values: [workspaceId, target, fields.map((field) => field.recordId), fields.map((field) => field.field)],
    })
  }

  /** Forgets what a record that goes refers to, and what refers to it. */
  async forgetRecord(workspaceId: string, id: string): Promise<void> {
    await this.db.query({
      name: 'record-references-forget',
      text: 'delete from record_references where workspace_id = $1 and (record_id = $2 or target_id = $2)',
      values: [workspaceId, id],
    })
  }

  /** Writes what was added; the last word of each field counts. */
  async write(): Promise<void> {
    if (this.changed.length === 0) return
    const changes = this.changed.splice(0).map(({ from, to, ...key }) => ({
      ...key,
      from: from === undefined ? null : uuidOf('record', String(from)),
      to: to === undefined ? null : uuidOf('record', String(to)),
    }))
    const last = [...new Map(changes.map((change) => [change.recordId + change.field, change])).values()]
    await this.db.query({
      name: 'record-references-write',
      text: `
        with changed as (
          select * from json_to_recordset($1::json) as x("workspaceId" uuid, "recordId" uuid, field text, "to" uuid)
        ), gone as (
          delete from record_references r using changed c
          where r.workspace_id = c."workspaceId" and r.record_id = c."recordId" and r.field = c.field
            and r.target_id is distinct from c."to"
        )
        insert into record_references (workspace_id, target_id, record_id, field)
        select "workspaceId", "to", "recordId", field from changed where "to" is not null
        on conflict do nothing`,
      values: [JSON.stringify(last)],
    })
  }

  /** The object of a record about to be referred to, with a shared lock, so that it can't be deleted before this write is committed. */
  protected async objectOf(workspaceId: string, target: string): Promise<string | undefined> {
    const { rows } = await this.db.query<{ object: string }>({
      name: `reference-target-${this.lock}`,
      text: `select object from records where workspace_id = $1 and id = $2 for key share${this.lock === 'skip' ? ' skip locked' : ''}`,
      values: [workspaceId, target],
    })
    return rows[0]?.object
  }

  private async exists(workspaceId: string, id: string): Promise<boolean> {
    const { rowCount } = await this.db.query('select 1 from records where workspace_id = $1 and id = $2', [
      workspaceId,
      id,
    ])
    return rowCount === 1
  }
}
