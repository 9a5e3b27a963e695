import { ApiError, invalid, listWaitsRoute, publicId, rescheduleRunRoute, uuidOf } from '@kantos/model'
import { audit } from '../../audit/audit.ts'
import { transaction } from '../../db/transaction.ts'
import { readRun } from '../../log/read.ts'
import { listWaits, type WaitFilter, type WaitPlace } from '../../log/waits.ts'
import { rescheduleRuns } from '../../runs/reschedule.ts'
import type { Services } from '../../services.ts'
import type { Api } from '../implement.ts'
import { instantOf } from './run-filter.ts'

/** What waits, and moving it. Source: SPEC.md, section 6 */
export function waitRoutes(api: Api, services: Services): void {
  const { pool, time } = services
  api.handle(
    listWaitsRoute,
    async ({ principal, query: { cursor, limit, automation_id, record_id, kind, due_before } }) => {
      const after = readPlace(cursor)
      const filter: WaitFilter = { kind }
      if (automation_id !== undefined) filter.automationId = uuidOf('automation', automation_id) ?? undefined
      if (record_id !== undefined) filter.recordId = uuidOf('record', record_id) ?? undefined
      const unknown =
        (automation_id !== undefined && filter.automationId === undefined) ||
        (record_id !== undefined && filter.recordId === undefined)
      if (unknown) return { data: [], next_cursor: null }
      if (due_before !== undefined) filter.dueBefore = instantOf(due_before)
      const { waits, next } = await listWaits(pool, principal.workspaceId, filter, { after, limit })
      return { data: waits, next_cursor: next === null ? null : `${publicId('run', next.id)}@${next.at}` }
    },
  )

  api.handle(rescheduleRunRoute, async ({ principal, params, body }) => {
    const dueAt = futureMoment(body.due_at, time.now())
    const runId = uuidOf('run', params.id)
    if (runId === null) throw new ApiError('NOT_FOUND', 'There is no such run.')
    await transaction(pool, async (client) => {
      const move = { dueAt, by: principal.name }
      const outcome = (await rescheduleRuns(client, time, principal.workspaceId, [runId], move)).get(runId)!
      if (outcome instanceof ApiError) throw outcome
      await audit(client, principal, 'runs.reschedule', params.id, { due_at: body.due_at })
    })
    services.wake()
    return (await readRun(pool, principal.workspaceId, runId))!
  })
}

/** Epoch ms. @throws ApiError VALIDATION_ERROR for a time that has passed */
export function futureMoment(text: string, nowMs: number): number {
  const moment = instantOf(text)
  if (moment < nowMs)
    throw invalid([{ path: '/due_at', message: 'This time has passed already.', hint: 'resume ends the wait at once' }])
  return moment
}

/** A cursor is the run's public id and when it was due. @throws ApiError BAD_REQUEST for a cursor that isn't one */
function readPlace(cursor: string | undefined): WaitPlace | undefined {
  if (cursor === undefined) return undefined
  const match = /^(run_[0-9a-f]{32})@(\d{4,5}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)$/.exec(cursor)
  const id = match === null ? null : uuidOf('run', match[1]!)
  if (match === null || id === null || Number.isNaN(Date.parse(match[2]!)))
    throw new ApiError('BAD_REQUEST', 'The cursor is not one of ours. Leave it out to begin at the start.')
  return { id, at: match[2]! }
}
