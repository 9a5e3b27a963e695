import {
  ApiError,
  fieldHint,
  type FieldValues,
  invalid,
  type ObjectDefinition,
  objectSlug,
  type Problem,
} from '@kantos/model'
import type { Pool, PoolClient } from 'pg'
import { transaction } from '../db/transaction.ts'
import type { DbTime } from '../db/time.ts'
import { type Catalogue, readCatalogue, recentCatalogue } from './catalogue.ts'
import { needsTransaction } from './outside-checks.ts'
import type { RecordRow } from './row.ts'
import { type Cause, WriteBatch, type WriteResult } from './write-batch.ts'

/** What the writing functions need: the pool, the database's clock, and whom to tell that work was made. */
export interface Writing {
  pool: Pool
  time: DbTime
  wake(): void
}

/**
 * Turns a refused write into the API's answer.
 *
 * @param object what was to be written, where it is known: a field that it hasn't got is answered with the one that was meant
 * @param at the JSON pointer of the values in the request
 */
export function refusal(
  result: Exclude<WriteResult, { ok: true }>,
  object: ObjectDefinition | undefined,
  at = '/field_values',
): ApiError {
  switch (result.code) {
    case 'RECORD_NOT_FOUND':
      return new ApiError('NOT_FOUND', 'There is no such record.')
    case 'OBJECT_NOT_FOUND':
      return new ApiError('NOT_FOUND', 'There is no such object.')
    case 'HELD':
      return new ApiError('UNAVAILABLE', 'The record is being written by somebody else. Try again.')
    case 'DUPLICATE_VALUE':
      return invalid([
        {
          path: `${at}/${result.field}`,
          message: `Another record has ${JSON.stringify(result.value)} in this unique field.`,
        },
      ])
    case 'VALIDATION_ERROR': {
      if (result.unknown.length > 0)
        return new ApiError(
          'BAD_REQUEST',
          `Unknown field${result.unknown.length > 1 ? 's' : ''}: ${result.unknown.join(', ')}.`,
          {
            errors: result.unknown.map(
              (slug): Problem => ({
                path: `${at}/${slug}`,
                message: 'There is no such field.',
                hint: object === undefined ? undefined : fieldHint(slug, object),
              }),
            ),
          },
        )
      return invalid(result.errors.map(({ path, message, hint }) => ({ path: `${at}/${path}`, message, hint })))
    }
  }
}

function objectOf(catalogue: Catalogue, ref: string) {
  const object = catalogue.objects.get(objectSlug(ref))
  if (object === undefined)
    throw new ApiError('NOT_FOUND', `There is no object ${JSON.stringify(ref)}.`, {
      objects: [...catalogue.objects.keys()],
    })
  return object
}

/**
 * Creates a record with its event.
 *
 * @param ref the object: slug, `obj_<slug>` or `obj_def_<slug>`
 * @throws ApiError NOT_FOUND (object), BAD_REQUEST (unknown field), VALIDATION_ERROR (value, reference, unique field)
 */
export async function createRecord(
  writing: Writing,
  workspaceId: string,
  ref: string,
  values: FieldValues,
  cause: Cause,
): Promise<RecordRow> {
  const catalogue = await recentCatalogue(writing.pool, workspaceId)
  const object = catalogue.objects.get(objectSlug(ref))
  if (object !== undefined && !needsTransaction(object)) {
    // one statement, one round trip; it writes nothing when the objects have changed since
    const batch = new WriteBatch(writing.pool, writing.time, 'wait')
    const result = await batch.create(catalogue, object, values, cause)
    if (result.ok) {
      const { queued, stale } = await batch.flush(catalogue)
      if (queued > 0) writing.wake()
      if (!stale) return result.row
    }
  }
  const [row] = await createRecords(writing, workspaceId, ref, [values], cause, () => '/field_values')
  return row!
}

/**
 * Creates records of one object in one transaction: all or none.
 *
 * @param at the JSON pointer of row i's values, for problems
 * @param within is called in the transaction with the rows, so that what it writes commits with them
 */
export async function createRecords(
  writing: Writing,
  workspaceId: string,
  ref: string,
  rows: readonly FieldValues[],
  cause: Cause,
  at: (index: number) => string = (index) => `/records/${index}`,
  within: (client: PoolClient, rows: readonly RecordRow[]) => Promise<void> = async () => {},
): Promise<RecordRow[]> {
  const { created, queued } = await unlessChanged(writing.pool, async (client) => {
    const catalogue = await readCatalogue(client, workspaceId)
    const object = objectOf(catalogue, ref)
    const batch = new WriteBatch(client, writing.time, 'wait')
    const written: RecordRow[] = []
    for (const [index, values] of rows.entries()) {
      const result = await batch.create(catalogue, object, values, cause)
      if (!result.ok) throw refusal(result, object, at(index))
      written.push(result.row)
    }
    const { queued, stale } = await batch.flush(catalogue)
    if (stale) throw new ObjectsChanged()
    await within(client, written)
    return { created: written, queued }
  })
  if (queued > 0) writing.wake()
  return created
}

/** The objects changed between the look at them and the write. */
class ObjectsChanged extends Error {}

const MAX_REPEATS = 20

/** A transaction that is repeated when it finds that the objects have changed, so that it writes by the ones that hold. */
async function unlessChanged<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await transaction(pool, work)
    } catch (error) {
      if (!(error instanceof ObjectsChanged) || attempt === MAX_REPEATS) throw error
    }
  }
}

/**
 * Changes fields of a record; null empties one. A write that changes nothing leaves `updated_at` and writes no event.
 *
 * @throws ApiError NOT_FOUND, BAD_REQUEST, VALIDATION_ERROR
 */
export async function updateRecord(
  writing: Writing,
  workspaceId: string,
  id: string,
  values: FieldValues,
  cause: Cause,
): Promise<RecordRow> {
  const { row, queued } = await transaction(writing.pool, async (client) => {
    const batch = new WriteBatch(client, writing.time, 'wait')
    await batch.read([{ workspaceId, id }], true)
    const catalogue = await readCatalogue(client, workspaceId)
    const result = await batch.update(catalogue, id, values, cause)
    if (!result.ok) throw refusal(result, catalogue.objects.get(batch.get(workspaceId, id)?.object ?? ''))
    return { row: result.row, ...(await batch.flush()) }
  })
  if (queued > 0) writing.wake()
  return row
}

/**
 * Deletes a record, emptying the references to it.
 *
 * @throws ApiError NOT_FOUND
 */
export async function deleteRecord(writing: Writing, workspaceId: string, id: string, cause: Cause): Promise<void> {
  const { queued } = await transaction(writing.pool, async (client) => {
    const batch = new WriteBatch(client, writing.time, 'wait')
    await batch.read([{ workspaceId, id }], true)
    const result = await batch.remove(await readCatalogue(client, workspaceId), id, cause)
    if (!result.ok) throw refusal(result, undefined)
    return batch.flush()
  })
  if (queued > 0) writing.wake()
}
