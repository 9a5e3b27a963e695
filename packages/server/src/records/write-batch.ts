import {
  type Chain,
  type Changes,
  diffValues,
  type Field,
  type FieldValues,
  type Lane,
  normalizeValues,
  type ObjectDefinition,
  publicId,
  type Source,
  uniqueKey,
  uuidOf,
  type ValueError,
} from '@kantos/model'
import type { Queryable } from '../db/pool.ts'
import type { DbTime } from '../db/time.ts'
import type { NewEvent } from '../events/outbox.ts'
import type { Catalogue } from './catalogue.ts'
import { flushRecords } from './flush.ts'
import { KnownUsers, type NamedUser, readUsers } from './users.ts'

export interface RecordRow {
  id: string
  object: string
  data: FieldValues
  createdAt: Date
  updatedAt: Date
  createdBy: string | null
}

/** Why something is written. `chain` null: the write is the root of a chain of its own. */
export interface Cause {
  actor: string | null
  source: Source
  lane: Lane
  chain: Chain | null
}

/**
 * The outcome of one write of a batch. `held`: another transaction has the row, and this batch doesn't wait for it.
 * `changed` false: nothing differed, so nothing is written and no event arises.
 */
export type WriteResult =
  | { ok: true; row: RecordRow; changed: boolean; changes: Changes | null }
  | { ok: false; code: 'RECORD_NOT_FOUND' | 'OBJECT_NOT_FOUND' | 'HELD' }
  | { ok: false; code: 'VALIDATION_ERROR'; unknown: string[]; errors: ValueError[] }
  | { ok: false; code: 'DUPLICATE_VALUE'; field: string; value: string }

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

/** Records as they would be: those of an object that differ from the table, and all that the table must not show. */
export interface RecordOverlay {
  rows: readonly RecordRow[]
  hidden: readonly string[]
}

/** A record's field that refers to another record. */
export interface ReferringField {
  recordId: string
  field: string
}

/** How a batch meets a row that another transaction has locked. */
export type LockMode = 'wait' | 'skip'

const SELECT = `
  select r.workspace_id as "workspaceId", r.id, r.object, r.data, r.created_at as "createdAt", r.updated_at as "updatedAt",
    r.created_by as "createdBy"
  from unnest($1::uuid[], $2::uuid[]) as wanted(workspace_id, id)
  join records r on r.workspace_id = wanted.workspace_id and r.id = wanted.id`

const ROOT_PATH: Chain['path'] = []
const NO_VALUES: FieldValues = {}

/** whether other rows decide on an object's values; an object's definition never changes */
const outside = new WeakMap<ObjectDefinition, boolean>()
const userFields = new WeakMap<ObjectDefinition, readonly Field[]>()

/** The fields of an object that name users. */
function userFieldsOf(object: ObjectDefinition): readonly Field[] {
  let fields = userFields.get(object)
  if (fields === undefined) {
    fields = object.fields.filter(({ type }) => type === 'user')
    userFields.set(object, fields)
  }
  return fields
}

/** The user fields that a write fills anew; what stands there already stays, also when the user is gone. */
function usersNamed(object: ObjectDefinition, before: FieldValues, after: FieldValues): readonly Field[] {
  const fields = userFieldsOf(object)
  return fields.some(({ slug }) => after[slug] !== undefined && after[slug] !== before[slug])
    ? fields.filter(({ slug }) => after[slug] !== undefined && after[slug] !== before[slug])
    : NO_FIELDS
}

const NO_FIELDS: readonly Field[] = []

/**
 * The one write path: records, their events and what must start because of them, gathered in memory and written
 * together. Every write is checked against the batch as it stands, gets an event of its own, and each record is written
 * once. Nothing is in the database before `flush`, except unique values, which are claimed at once.
 *
 * Source: SPEC.md, section 2; DESIGN.md, section 7
 */
export class WriteBatch {
  protected readonly db: Queryable
  protected readonly time: DbTime
  private readonly lock: LockMode
  protected readonly slots = new Map<string, Slot>()
  protected readonly events: NewEvent[] = []
  protected readonly references: {
    workspaceId: string
    recordId: string
    field: string
    from: unknown
    to: unknown
  }[] = []

  private readonly watched = new Set<string>()
  private readonly users = new KnownUsers()

  constructor(db: Queryable, time: DbTime, lock: LockMode) {
    this.db = db
    this.time = time
    this.lock = lock
  }

  /** The record as this batch leaves it; null: there is none; undefined: not read yet. */
  get(workspaceId: string, id: string): RecordRow | null | undefined {
    return this.slots.get(workspaceId + id)?.row
  }

  /** A user that a record names, by public id; null: there is none; undefined: not read yet. */
  user(workspaceId: string, id: string): NamedUser | null | undefined {
    return this.users.get(workspaceId, id)
  }

  /** Reads users that records name. @param ids public; what can't be an id of a user is left out */
  async readUsers(workspaceId: string, ids: readonly string[]): Promise<void> {
    await this.users.read(workspaceId, ids, (wanted) => this.selectUsers(wanted))
  }

  protected selectUsers(wanted: readonly { workspaceId: string; id: string }[]): ReturnType<typeof readUsers> {
    return readUsers(this.db, wanted)
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

  /** Creates a record; `id` may be given by the caller so that it can be named beforehand. */
  create(
    catalogue: Catalogue,
    object: ObjectDefinition | undefined,
    input: FieldValues,
    cause: Cause,
  ): WriteResult | Promise<WriteResult> {
    if (object === undefined) return { ok: false, code: 'OBJECT_NOT_FOUND' }
    const checked = normalizeValues(object, input, 'create')
    if (checked.unknown.length > 0 || checked.errors.length > 0)
      return { ok: false, code: 'VALIDATION_ERROR', unknown: checked.unknown, errors: checked.errors }
    const { workspaceId } = catalogue
    const id = this.time.id()
    const data = withoutNulls(checked.values)
    const done = (): WriteResult => {
      // the moment in its id, so that the order of ids is that of creation
      const now = momentOf(id)
      const row: RecordRow = { id, object: object.slug, data, createdAt: now, updatedAt: now, createdBy: cause.actor }
      this.slots.set(workspaceId + id, { workspaceId, id, row, locked: true, stored: false, dirty: true })
      this.addEvent(workspaceId, 'record.created', row, null, cause)
      return { ok: true, row, changed: true, changes: null }
    }
    if (!WriteBatch.needsTransaction(object) && usersNamed(object, NO_VALUES, data).length === 0) return done()
    return this.checkOutside(workspaceId, object, id, NO_VALUES, data).then((refused) => refused ?? done())
  }

  /** Changes fields of a record that was read and locked before. */
  update(catalogue: Catalogue, id: string, input: FieldValues, cause: Cause): WriteResult | Promise<WriteResult> {
    const slot = this.slots.get(catalogue.workspaceId + id)
    if (slot === undefined || slot.row === null) return { ok: false, code: 'RECORD_NOT_FOUND' }
    if (!slot.locked) throw new Error(`Record ${id} is written without its lock.`)
    const object = catalogue.objects.get(slot.row.object)
    if (object === undefined) return { ok: false, code: 'OBJECT_NOT_FOUND' }
    const checked = normalizeValues(object, input, 'update')
    if (checked.unknown.length > 0 || checked.errors.length > 0)
      return { ok: false, code: 'VALIDATION_ERROR', unknown: checked.unknown, errors: checked.errors }
    const before = slot.row.data
    const data = withoutNulls({ ...before, ...checked.values })
    const changes = diffValues(object, before, data)
    if (isEmptyObject(changes)) return { ok: true, row: slot.row, changed: false, changes: null }
    const { createdAt, createdBy } = slot.row
    const done = (): WriteResult => {
      const updatedAt = new Date(this.time.now())
      const row: RecordRow = { id, object: object.slug, data, createdAt, updatedAt, createdBy }
      slot.row = row
      slot.dirty = true
      this.addEvent(slot.workspaceId, 'record.updated', row, changes, cause)
      return { ok: true, row, changed: true, changes }
    }
    if (!WriteBatch.needsTransaction(object) && usersNamed(object, before, data).length === 0) return done()
    return this.checkOutside(slot.workspaceId, object, id, before, data).then((refused) => refused ?? done())
  }

  /** Deletes a record that was read and locked before, emptying the references to it first. */
  async remove(catalogue: Catalogue, id: string, cause: Cause): Promise<WriteResult> {
    const slot = this.slots.get(catalogue.workspaceId + id)
    if (slot === undefined || slot.row === null) return { ok: false, code: 'RECORD_NOT_FOUND' }
    if (!slot.locked) throw new Error(`Record ${id} is deleted without its lock.`)
    const emptied = await this.emptyReferences(catalogue, id, cause)
    if (emptied !== null) return emptied
    const row = slot.row
    await this.forget(slot.workspaceId, id)
    this.slots.set(slot.workspaceId + id, { ...slot, row: null, dirty: true })
    this.addEvent(slot.workspaceId, 'record.deleted', row, null, cause)
    return { ok: true, row, changed: true, changes: null }
  }

  /** From now on this batch's events of a record go to whoever watches it: a run that is saved with them begins to. */
  watch(workspaceId: string, id: string): void {
    this.watched.add(workspaceId + id)
  }

  /** Writes all that was gathered, in one statement, and starts afresh on the rows it still knows. */
  async flush(guard?: { workspaceId: string; rev: number }): Promise<{ queued: number; stale: boolean }> {
    await this.writeReferences()
    const inserts: { workspaceId: string; row: RecordRow }[] = []
    const updates: { workspaceId: string; row: RecordRow }[] = []
    const deletes: { workspaceId: string; id: string }[] = []
    for (const slot of this.slots.values()) {
      if (!slot.dirty) continue
      slot.dirty = false
      const { workspaceId, row, id, stored } = slot
      slot.stored = row !== null
      if (row !== null) (stored ? updates : inserts).push({ workspaceId, row })
      else if (stored) deletes.push({ workspaceId, id })
    }
    if (inserts.length + updates.length + deletes.length + this.events.length === 0) return { queued: 0, stale: false }
    const done = await flushRecords(this.db, { inserts, updates, deletes, events: this.events, guard })
    this.events.length = 0
    if (guard !== undefined && done.inserted < inserts.length) return { queued: 0, stale: true }
    if (done.inserted !== inserts.length || done.updated !== updates.length || done.removed !== deletes.length)
      throw new Error('A locked record was changed by another transaction.')
    return { queued: done.queued, stale: false }
  }

  /** Whether checks outside the object itself are needed, so that creating needs a transaction. */
  static needsTransaction(object: ObjectDefinition): boolean {
    let needs = outside.get(object)
    if (needs === undefined) {
      needs = object.fields.some((field) => field.unique || field.type === 'reference')
      outside.set(object, needs)
    }
    return needs
  }

  /** What finds and searches must take into account because it isn't written yet; undefined: a flush has written all. */
  overlay(_workspaceId: string, _object: string): RecordOverlay | undefined {
    return undefined
  }

  /** Frees the unique values of a record that goes, and forgets what it refers to and what refers to it. */
  protected async forget(workspaceId: string, id: string): Promise<void> {
    await this.db.query({
      name: 'unique-values-free-record',
      text: 'delete from unique_values where workspace_id = $1 and record_id = $2',
      values: [workspaceId, id],
    })
    await this.db.query({
      name: 'record-references-forget',
      text: 'delete from record_references where workspace_id = $1 and (record_id = $2 or target_id = $2)',
      values: [workspaceId, id],
    })
  }

  protected addEvent(
    workspaceId: string,
    type: 'record.created' | 'record.updated' | 'record.deleted',
    row: RecordRow,
    changes: Changes | null,
    cause: Cause,
  ): void {
    const id = this.time.id()
    this.events.push({
      workspaceId,
      id,
      type,
      object: row.object,
      recordId: row.id,
      source: cause.source,
      actor: cause.actor,
      lane: cause.lane,
      automationId: null,
      changes,
      after: row.data,
      payload: null,
      chain: cause.chain ?? { id, depth: 0, path: ROOT_PATH },
      watched: this.watched.has(workspaceId + row.id),
    })
  }

  /** Unique values, references and users, which other rows decide. Null: all is well; a refused write leaves nothing claimed. */
  private async checkOutside(
    workspaceId: string,
    object: ObjectDefinition,
    id: string,
    before: FieldValues,
    after: FieldValues,
  ): Promise<WriteResult | null> {
    const refused = await this.checkUsers(workspaceId, object, before, after)
    if (refused !== null) return refused
    const references: typeof this.references = []
    for (const field of object.fields) {
      const to = after[field.slug]
      const from = before[field.slug]
      if (to === from || field.type !== 'reference') continue
      if (to !== undefined) {
        const refused = await this.checkReference(workspaceId, field, to)
        if (refused !== null) return refused
      }
      references.push({ workspaceId, recordId: id, field: field.slug, from, to })
    }
    const claimed: { field: string; to: string | null; from: string | null }[] = []
    for (const field of object.fields) {
      if (!field.unique) continue
      const to = uniqueKey(field, after[field.slug])
      const from = uniqueKey(field, before[field.slug])
      if (to === from) continue
      if (to !== null && !(await this.claimValue(workspaceId, object.slug, field.slug, to, id))) {
        for (const one of claimed)
          if (one.to !== null) await this.freeValue(workspaceId, object.slug, one.field, one.to, id)
        return { ok: false, code: 'DUPLICATE_VALUE', field: field.slug, value: String(after[field.slug]) }
      }
      claimed.push({ field: field.slug, to, from })
    }
    for (const { field, from } of claimed)
      if (from !== null) await this.freeValue(workspaceId, object.slug, field, from, id)
    this.references.push(...references)
    return null
  }

  private async checkUsers(
    workspaceId: string,
    object: ObjectDefinition,
    before: FieldValues,
    after: FieldValues,
  ): Promise<WriteResult | null> {
    const fields = usersNamed(object, before, after)
    if (fields.length === 0) return null
    await this.readUsers(
      workspaceId,
      fields.map(({ slug }) => String(after[slug])),
    )
    const errors = fields
      .filter(({ slug }) => this.user(workspaceId, String(after[slug])) === null)
      .map(({ slug, name }) => ({
        path: slug,
        message: `${name} names a user who doesn't exist: ${String(after[slug])}.`,
      }))
    return errors.length === 0 ? null : { ok: false, code: 'VALIDATION_ERROR', unknown: [], errors }
  }

  private async checkReference(workspaceId: string, field: Field, value: unknown): Promise<WriteResult | null> {
    const target = uuidOf('record', String(value))
    const refusal: WriteResult = {
      ok: false,
      code: 'VALIDATION_ERROR',
      unknown: [],
      errors: [{ path: field.slug, message: `${field.name} names a record that doesn't exist: ${String(value)}.` }],
    }
    if (target === null) return refusal
    const known = this.slots.get(workspaceId + target)
    let object = known?.row?.object
    if (known === undefined || (known.row !== null && !known.locked)) {
      object = await this.objectOfTarget(workspaceId, target)
      if (object === undefined && this.lock === 'skip' && (await this.exists(workspaceId, target)))
        return { ok: false, code: 'HELD' }
    }
    if (object === undefined) return refusal
    const wanted = field.options?.object
    if (wanted !== undefined && wanted !== object)
      return {
        ...refusal,
        errors: [{ path: field.slug, message: `${field.name} takes a record of ${wanted}; this one is of ${object}.` }],
      }
    return null
  }

  /** The object of a record about to be referred to, with a shared lock, so that it can't be deleted before this write is committed. */
  protected async objectOfTarget(workspaceId: string, target: string): Promise<string | undefined> {
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

  protected async claimValue(
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

  protected async freeValue(
    workspaceId: string,
    object: string,
    field: string,
    value: string,
    id: string,
  ): Promise<void> {
    await this.db.query({
      name: 'unique-value-free',
      text: `delete from unique_values
        where workspace_id = $1 and object = $2 and field = $3 and value = $4 and record_id = $5`,
      values: [workspaceId, object, field, value, id],
    })
  }

  /** Empties every reference to a record that is about to go, a thousand at a time. */
  private async emptyReferences(catalogue: Catalogue, target: string, cause: Cause): Promise<WriteResult | null> {
    for (;;) {
      const rows = await this.referencesTo(catalogue.workspaceId, target)
      if (rows.length === 0) return null
      const held = await this.read(
        rows.map((row) => ({ workspaceId: catalogue.workspaceId, id: row.recordId })),
        true,
      )
      if (held.size > 0) return { ok: false, code: 'HELD' }
      for (const { recordId, field } of rows) {
        const slot = this.slots.get(catalogue.workspaceId + recordId)
        if (slot === undefined || slot.row === null) continue
        const data = { ...slot.row.data }
        const from = data[field]
        delete data[field]
        const row = { ...slot.row, data, updatedAt: new Date(this.time.now()) }
        this.slots.set(catalogue.workspaceId + recordId, { ...slot, row, dirty: true })
        if (from !== undefined)
          this.addEvent(catalogue.workspaceId, 'record.updated', row, { [field]: { from, to: null } }, cause)
      }
      await this.forgetReferences(catalogue.workspaceId, target, rows)
    }
  }

  /** The next references to a record, at most a thousand. */
  protected async referencesTo(workspaceId: string, target: string): Promise<ReferringField[]> {
    await this.writeReferences()
    const { rows } = await this.db.query<ReferringField>({
      name: 'record-references-to',
      text: `select record_id as "recordId", field from record_references
        where workspace_id = $1 and target_id = $2 order by record_id limit 1000`,
      values: [workspaceId, target],
    })
    return rows
  }

  protected async forgetReferences(
    workspaceId: string,
    target: string,
    fields: readonly ReferringField[],
  ): Promise<void> {
    await this.db.query({
      name: 'record-references-emptied',
      text: `delete from record_references r using unnest($3::uuid[], $4::text[]) as x(record_id, field)
        where r.workspace_id = $1 and r.target_id = $2 and r.record_id = x.record_id and r.field = x.field`,
      values: [workspaceId, target, fields.map((field) => field.recordId), fields.map((field) => field.field)],
    })
  }

  private async writeReferences(): Promise<void> {
    if (this.references.length === 0) return
    const changes = this.references.splice(0).map(({ from, to, ...key }) => ({
      ...key,
      from: from === undefined ? null : uuidOf('record', String(from)),
      to: to === undefined ? null : uuidOf('record', String(to)),
    }))
    // the last word of each (record, field) counts
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
}

/** The public id of a record's row. */
export function recordId(row: RecordRow): string {
  return publicId('record', row.id)
}

/** The moment in a uuidv7: its first 48 bits, in milliseconds. */
function momentOf(id: string): Date {
  return new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16))
}

function isEmptyObject(value: object): boolean {
  for (const _ in value) return false
  return true
}

function withoutNulls(values: FieldValues): FieldValues {
  const kept: FieldValues = {}
  for (const slug of Object.keys(values)) {
    const value = values[slug]
    if (value !== null && value !== undefined) kept[slug] = value
  }
  return kept
}
