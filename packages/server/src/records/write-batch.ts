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
import { HeldRecords, type LockMode } from './held-records.ts'
import { checkOutside, dependsOnOthers } from './outside-checks.ts'
import { References } from './references.ts'
import type { RecordRow } from './row.ts'
import { type DuplicateValue, UniqueValues } from './unique-values.ts'
import { KnownUsers, type NamedUser, readUsers } from './users.ts'

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

/** Records as they would be: those of an object that differ from the table, and all that the table must not show. */
export interface RecordOverlay {
  rows: readonly RecordRow[]
  hidden: readonly string[]
}

const ROOT_PATH: Chain['path'] = []
const NO_VALUES: FieldValues = {}

/**
 * The one write path: records, their events and what must start because of them, gathered in memory and written
 * together. Every write is checked against the batch as it stands, gets an event of its own, and each record is written
 * once. Nothing is in the database before `flush`, except unique values, which are claimed at once.
 *
 * Source: SPEC.md, section 2; DESIGN.md, section 7
 */
export class WriteBatch extends HeldRecords {
  protected readonly time: DbTime
  private readonly uniqueValues: UniqueValues
  private readonly references: References
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
    super(db, lock)
    this.time = time
    this.uniqueValues = uniqueValues
    this.references = references
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
    if (!dependsOnOthers(object, NO_VALUES, data)) return done()
    return this.checkOutside(workspaceId, object, id, NO_VALUES, data).then((refused) => refused ?? done())
  }

  /** Changes fields of a record that was read and locked before. */
  update(catalogue: Catalogue, id: string, input: FieldValues, cause: Cause): WriteResult | Promise<WriteResult> {
    const slot = this.writable(catalogue.workspaceId, id)
    if (slot === undefined) return { ok: false, code: 'RECORD_NOT_FOUND' }
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
    if (!dependsOnOthers(object, before, data)) return done()
    return this.checkOutside(slot.workspaceId, object, id, before, data).then((refused) => refused ?? done())
  }

  /** Deletes a record that was read and locked before, emptying the references to it first. */
  async remove(catalogue: Catalogue, id: string, cause: Cause): Promise<WriteResult> {
    const slot = this.writable(catalogue.workspaceId, id)
    if (slot === undefined) return { ok: false, code: 'RECORD_NOT_FOUND' }
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
    const { inserts, updates, deletes } = this.takeChanged()
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

  private checkOutside(
    workspaceId: string,
    object: ObjectDefinition,
    id: string,
    before: FieldValues,
    after: FieldValues,
  ): ReturnType<typeof checkOutside> {
    return checkOutside(
      { workspaceId, object, id, before, after },
      {
        users: this.users,
        references: this.references,
        uniqueValues: this.uniqueValues,
        readUsers: (ids) => this.readUsers(workspaceId, ids),
        known: (target) => this.slots.get(workspaceId + target),
      },
    )
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
