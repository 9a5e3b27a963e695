import { ApiError, listRecordEventsRoute, publicId, uuidOf } from '@kantos/model'
import { query } from '../../db/pool.ts'
import { listRecordEvents } from '../../log/why.ts'
import type { Services } from '../../services.ts'
import { readCursor } from '../cursor.ts'
import type { Api } from '../implement.ts'

/** What happened to a record, and what the automations made of it; also of one that was deleted. Source: SPEC.md, section 12 */
export function recordEventRoutes(api: Api, { pool }: Services): void {
  api.handle(listRecordEventsRoute, async ({ principal: { workspaceId }, params, query: { cursor, limit } }) => {
    const recordId = uuidOf('record', params.id)
    if (recordId === null) throw noSuchRecord()
    const before = readCursor('event', cursor)
    const { events, next } = await listRecordEvents(pool, workspaceId, recordId, { before, limit })
    if (events.length === 0) {
      const { rowCount } = await query(pool, {
        name: 'record-exists',
        text: `select from records where workspace_id = $1 and id = $2
          union all (select from events where workspace_id = $1 and record_id = $2 limit 1)`,
        values: [workspaceId, recordId],
      })
      if (rowCount === 0) throw noSuchRecord()
    }
    return { data: events, next_cursor: next === null ? null : publicId('event', next) }
  })
}

function noSuchRecord(): ApiError {
  return new ApiError('NOT_FOUND', 'There is no such record.')
}
