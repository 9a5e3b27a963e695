import {
  type Chain,
  type Changes,
  diffValues,
  type FieldValues,
  type Lane,
  normalizeValues,
  type ObjectDefinition,
  publicId,
  type Source,
  type ValueError,
} from '@kantos/model'
import type { Queryable } from '../db/pool.ts'
import type { DbTime } from '../db/time.ts'
import { listenersAt } from '../events/listeners.ts'
import type { NewEvent } from '../events/outbox.ts'
import type { Catalogue } from './catalogue.ts'
import { flushRecords } from './flush.ts'
import { type ChangedReference, References } from './references.ts'
import { type DuplicateValue, UniqueValues } from './unique-values.ts'
import { KnownUsers, type NamedUser, readUsers, usersNamed } from './users.ts'

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
  | DuplicateValue

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
  private readonly uniqueValues: UniqueValues
  private readonly references: References
  protected readonly slots = new Map<string, Slot>()
  protected readonly events: NewEvent[] = []
  private readonly watched = new Set<string>()
  private readonly users = new KnownUsers()

  constructor(
    db: Queryable,
    time: DbTime,
    lock: LockMode,
    uniqueValues: UniqueValues = new UniqueValues(db),
    references: References = new References(db, lock),
  ) {
    this.db = db
    this.time = time
    this.lock = lock
    this.uniqueValues = uniqueValues
    this.references = references
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
    await this.uniqueValues.freeRecord(slot.workspaceId, id)
    await this.references.forgetRecord(slot.workspaceId, id)
    this.slots.set(slot.workspaceId + id, { ...slot, row: null, dirty: true })
    this.addEvent(slot.workspaceId, 'record.deleted', row, null, cause)
    return { ok: true, row, changed: true, changes: null }
  }

  /** From now on this batch's events of a record go to whoever watches it: a run that is saved with them begins to. */
  watch(workspaceId: string, id: string): void {
    this.watched.add(workspaceId + id)
  }

  /**
   * Writes all that was gathered, in one statement, and starts afresh on the rows it still knows.
   *
   * @param guard the revision that a batch which only creates was checked against: nothing is written when it isn't the
   *   workspace's any more (`stale`), and who listens needn't be looked up in the same statement
   */
  async flush(guard?: { workspaceId: string; rev: number }): Promise<{ queued: number; stale: boolean }> {
    await this.references.write()
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
    if (guard !== undefined) {
      const listeners = await listenersAt(this.db, guard)
      for (const event of this.events) event.watched ||= event.object !== null && listeners.ofNew(event.object)
    }
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
    const read = (ids: readonly string[]) => this.readUsers(workspaceId, ids)
    const unknown = await this.users.refusal(workspaceId, object, before, after, read)
    if (unknown !== null) return unknown
    const known = (target: string) => this.slots.get(workspaceId + target)
    const changed: ChangedReference[] = []
    for (const field of object.fields) {
      const to = after[field.slug]
      const from = before[field.slug]
      if (to === from || field.type !== 'reference') continue
      if (to !== undefined) {
        const refused = await this.references.refusal(workspaceId, field, to, known)
        if (refused !== null) return refused
      }
      changed.push({ workspaceId, recordId: id, field: field.slug, from, to })
    }
    const duplicate = await this.uniqueValues.change(workspaceId, object, id, before, after)
    if (duplicate === null) this.references.add(changed)
    return duplicate
  }

  /** Empties every reference to a record that is about to go, a thousand at a time. */
  private async emptyReferences(catalogue: Catalogue, target: string, cause: Cause): Promise<WriteResult | null> {
    const { workspaceId } = catalogue
    const value = publicId('record', target)
    for (;;) {
      const rows = await this.references.to(workspaceId, target)
      if (rows.length === 0) return null
      const held = await this.read(
        rows.map((row) => ({ workspaceId, id: row.recordId })),
        true,
      )
      if (held.size > 0) return { ok: false, code: 'HELD' }
      for (const { recordId, field } of rows) {
        const slot = this.slots.get(workspaceId + recordId)
        // before its lock was ours it may have been turned elsewhere
        if (slot === undefined || slot.row === null || slot.row.data[field] !== value) continue
        const data = { ...slot.row.data }
        delete data[field]
        const row = { ...slot.row, data, updatedAt: new Date(this.time.now()) }
        this.slots.set(workspaceId + recordId, { ...slot, row, dirty: true })
        this.addEvent(workspaceId, 'record.updated', row, { [field]: { from: value, to: null } }, cause)
      }
      await this.references.forget(workspaceId, target, rows)
    }
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
