import { ApiError, type IdKind, publicId, uuidOf } from '@kantos/model'

/**
 * The uuid to go on after. A cursor is the public id of the last entry of the page before.
 *
 * @throws ApiError BAD_REQUEST for a cursor that isn't one
 */
export function readCursor(kind: IdKind, cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined
  const uuid = uuidOf(kind, cursor)
  if (uuid === null)
    throw new ApiError('BAD_REQUEST', 'The cursor is not one of ours. Leave it out to begin at the start.')
  return uuid
}

/**
 * One page of rows that were read with one more than asked for.
 *
 * @returns the page, and the cursor of the next or null
 */
export function pageOf<Row extends { id: string }>(
  kind: IdKind,
  rows: Row[],
  limit: number,
): { page: Row[]; next_cursor: string | null } {
  const page = rows.slice(0, limit)
  return { page, next_cursor: rows.length > limit ? publicId(kind, page.at(-1)!.id) : null }
}
