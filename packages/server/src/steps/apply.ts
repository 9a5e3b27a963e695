import {
  ApiError,
  type Command,
  type ObjectDefinition,
  publicId,
  type RunErrorCode,
  recordView,
  type StepOutcome,
  uuidOf,
} from '@kantos/model'
import type { Queryable } from '../db/pool.ts'
import { classify } from '../db/states.ts'
import type { Catalogue } from '../records/catalogue.ts'
import { findRecords } from '../records/query.ts'
import type { RecordRow } from '../records/row.ts'
import type { Cause, WriteBatch, WriteResult } from '../records/write-batch.ts'

const FIND_TIMEOUT_MS = 5_000
const QUERY_CANCELED = '57014'

type DbCommand = Extract<Command, { kind: 'create' | 'update' | 'delete' | 'find' }>

/**
 * Carries out a step that stays in the database: in the batch's memory, written with it. It goes through the records'
 * one write path, so it is an event like any other.
 *
 * @param triggeringRecord uuid of the run's record, to tell "deleted meanwhile" from "never was"
 * @returns the step's outcome, or `held` when another transaction has the record and this batch doesn't wait; at once where
 *   the database needn't be asked
 */
export function applyCommand(
  db: Queryable,
  writes: WriteBatch,
  catalogue: Catalogue,
  command: DbCommand,
  cause: Cause,
  triggeringRecord: string | null,
): StepOutcome | 'held' | Promise<StepOutcome | 'held'> {
  const { workspaceId } = catalogue
  if (command.kind === 'find') {
    const object = catalogue.objects.get(command.object)
    if (object === undefined) return failed('OBJECT_NOT_FOUND', `There is no object ${JSON.stringify(command.object)}.`)
    return writes.flush().then(() => find(db, writes, workspaceId, object, command))
  }
  if (command.kind === 'create')
    return whenDone(writes.create(catalogue, catalogue.objects.get(command.object), command.values, cause), (result) =>
      outcomeOf(result, (row) => ({ status: 'succeeded', output: viewOf(row) })),
    )
  const id = uuidOf('record', command.recordId)
  if (id === null) return failed('RECORD_NOT_FOUND', `${JSON.stringify(command.recordId)} is not a record's id.`)
  const write = () =>
    whenDone(
      command.kind === 'update'
        ? writes.update(catalogue, id, command.values, cause)
        : writes.remove(catalogue, id, cause),
      (result) => written(command, result, id === triggeringRecord),
    )
  if (writes.isLocked(workspaceId, id)) return write()
  return writes.read([{ workspaceId, id }], true).then((held) => (held.size > 0 ? 'held' : write()))
}

function whenDone<T, U>(result: T | Promise<T>, then: (result: T) => U): U | Promise<U> {
  return result instanceof Promise ? result.then(then) : then(result)
}

/** The outcome of an update or a deletion. */
function written(command: DbCommand, result: WriteResult, triggering: boolean): StepOutcome | 'held' {
  if (!result.ok && result.code === 'RECORD_NOT_FOUND' && triggering)
    return failed('RECORD_DELETED', 'The record was deleted before this step, which needs it.')
  return outcomeOf(result, (row, changes) => {
    const view = viewOf(row)
    if (command.kind === 'delete') return { status: 'succeeded', output: view, logged: { id: view.id, deleted: true } }
    const named: Record<string, { before: unknown; after: unknown }> = {}
    for (const slug in changes) named[slug] = { before: changes[slug]!.from, after: changes[slug]!.to }
    return { status: 'succeeded', output: view, logged: { id: view.id, changes: named } }
  })
}

/** Looks records up, in a part of the transaction of its own: what is wrong with it, or takes too long, fails the step alone. */
async function find(
  db: Queryable,
  writes: WriteBatch,
  workspaceId: string,
  object: ObjectDefinition,
  { filters, sort, limit }: Extract<DbCommand, { kind: 'find' }>,
): Promise<StepOutcome> {
  await db.query(`savepoint find; set local statement_timeout = ${FIND_TIMEOUT_MS}`)
  try {
    const overlay = writes.overlay(workspaceId, object.slug)
    const rows = await findRecords(db, workspaceId, object, { filters, sort: sort as never, limit, overlay })
    const records = rows.map(viewOf)
    await db.query('release savepoint find; set local statement_timeout to default')
    return { status: 'succeeded', output: { records, count: records.length, first: records[0] ?? null } }
  } catch (error) {
    const tooLong = (error as { code?: unknown }).code === QUERY_CANCELED
    if (!tooLong && !(error instanceof ApiError) && classify(error) !== 'data') throw error
    await db.query('rollback to savepoint find; release savepoint find')
    if (tooLong)
      return failed('TIMEOUT', `The records were not found within ${FIND_TIMEOUT_MS / 1000} s. Narrow the filters.`)
    return failed('VALIDATION_ERROR', (error as Error).message)
  }
}

function outcomeOf(
  result: WriteResult,
  done: (row: RecordRow, changes: Extract<WriteResult, { ok: true }>['changes']) => StepOutcome,
): StepOutcome | 'held' {
  if (result.ok) return done(result.row, result.changes)
  switch (result.code) {
    case 'HELD':
      return 'held'
    case 'RECORD_NOT_FOUND':
      return failed('RECORD_NOT_FOUND', 'The record does not exist.')
    case 'OBJECT_NOT_FOUND':
      return failed('OBJECT_NOT_FOUND', 'The object does not exist.')
    case 'DUPLICATE_VALUE':
      return failed(
        'DUPLICATE_VALUE',
        `Another record has ${JSON.stringify(result.value)} in the unique field ${result.field}.`,
      )
    case 'VALIDATION_ERROR': {
      const unknown = result.unknown.map((slug) => `there is no field ${slug}`)
      const wrong = result.errors.map(({ path, message }) =>
        bare(message).includes(bare(path)) ? message : `${path}: ${message}`,
      )
      return failed('VALIDATION_ERROR', [...unknown, ...wrong].join('; '))
    }
  }
}

/** Letters and digits alone: a message that begins with the field's name needn't begin with its slug. */
const bare = (text: string): string => text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '')

function failed(code: RunErrorCode, message: string): StepOutcome {
  return { status: 'failed', output: null, error: { code, message } }
}

const views = new WeakMap<RecordRow, ReturnType<typeof recordView>>()

/** A row as templates see it; made once for each state of a record. */
export function viewOf(row: RecordRow): ReturnType<typeof recordView> {
  const known = views.get(row)
  if (known !== undefined) return known
  const view = recordView({
    id: publicId('record', row.id),
    data: row.data,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    createdBy: row.createdBy,
  })
  views.set(row, view)
  return view
}
