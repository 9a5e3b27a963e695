import {
  ApiError,
  type BulkAction,
  bulkRunsRoute,
  cancelRunRoute,
  exportRunsRoute,
  getRunRoute,
  invalid,
  listCausesRoute,
  listRunsRoute,
  publicId,
  replayRunRoute,
  resumeRunRoute,
  retryRunRoute,
  type Run,
  type RunAction,
  streamRunsRoute,
  uuidOf,
} from '@kantos/model'
import { masking } from '../../actions/fill-secrets.ts'
import { audit } from '../../audit/audit.ts'
import { transaction } from '../../db/transaction.ts'
import { listCauses } from '../../log/causes.ts'
import { exportRuns } from '../../log/export.ts'
import type { RunFilter } from '../../log/filter.ts'
import { listRuns, readRun } from '../../log/read.ts'
import { RunWatch, streamRuns } from '../../log/stream.ts'
import { maskTexts } from '../../log/webhook-call.ts'
import { openSecrets, readSecretNames } from '../../secrets/store.ts'
import { ACTION_STATUSES, actOnRuns, bulkRuns } from '../../runs/bulk.ts'
import type { Move } from '../../runs/reschedule.ts'
import type { RetryOptions } from '../../runs/retry.ts'
import type { Principal, Services } from '../../services.ts'
import type { RequestContext } from '../context.ts'
import { readCursor } from '../cursor.ts'
import type { Api } from '../implement.ts'
import { readRunFilter } from './run-filter.ts'
import { futureMoment } from './waits.ts'

const MOST_STREAMS = 100
const MOST_STREAMS_OF_WORKSPACE = 20
/** nobody takes them all from their colleagues */
const MOST_STREAMS_OF_CALLER = 10
const STREAM_TIMES = { intervalMs: 1_000, heartbeatMs: 15_000, longestMs: 15 * 60_000 }
const ERRORS_SHOWN = 20
/** how far back causes are looked for when nothing is said */
const CAUSES_MS = 7 * 86_400_000

/** The execution log and what can be done with its runs. Source: SPEC.md, sections 9 and 12 */
export function runRoutes(api: Api, services: Services): void {
  readingRoutes(api, services)
  actionRoutes(api, services)
}

function readingRoutes(api: Api, services: Services): void {
  const { pool, time, stopping } = services
  api.handle(listRunsRoute, async ({ principal, query: { cursor, limit, include, ...input } }) => {
    const before = readCursor('run', cursor)
    const filter = readRunFilter(input)
    if (filter === null) return { data: [], next_cursor: null }
    const page = await listRuns(pool, principal.workspaceId, filter, { before, limit, whole: include === 'steps' })
    return { data: page.runs, next_cursor: page.next === null ? null : publicId('run', page.next) }
  })

  api.handle(listCausesRoute, async ({ principal, query: { automation_id: id, from, to } }) => {
    const filter = readRunFilter({ automation_id: id, from, to })
    if (filter === null) return { data: [], capped: false }
    const until = filter.to ?? time.now()
    const times = { from: filter.from ?? until - CAUSES_MS, to: until }
    const { causes, capped } = await listCauses(pool, principal.workspaceId, times, filter.automationId ?? null)
    return { data: causes, capped }
  })

  api.handle(getRunRoute, ({ principal, params }) => presentRun(services, principal, runIdOf(params.id)))

  api.handle(exportRunsRoute, ({ principal, query: { format, ...input } }) => {
    const filter = readRunFilter(input) ?? { ...NOTHING }
    const type = format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson; charset=utf-8'
    return new Response(exportRuns(pool, principal.workspaceId, filter, format), {
      headers: { 'Content-Type': type, 'Content-Disposition': `attachment; filename="runs.${format}"` },
    })
  })

  /** open ones, of everybody, of each workspace and of each caller */
  const streams = new Map<string, number>()
  api.handle(streamRunsRoute, ({ principal: { workspaceId, actor }, query, context }) => {
    const bounds = [
      ['all', MOST_STREAMS],
      [workspaceId, MOST_STREAMS_OF_WORKSPACE],
      [actor, MOST_STREAMS_OF_CALLER],
    ] as const
    const count = (change: number) => {
      for (const [of] of bounds) {
        const open = (streams.get(of) ?? 0) + change
        if (open === 0) streams.delete(of)
        else streams.set(of, open)
      }
    }
    if (bounds.some(([of, most]) => (streams.get(of) ?? 0) >= most))
      throw new ApiError('RATE_LIMITED', 'Too many streams are open. Close one, or read GET /runs.')
    const watch = new RunWatch(pool, workspaceId, readRunFilter(query) ?? { ...NOTHING }, () => time.now())
    const body = streamRuns(watch, {
      ...STREAM_TIMES,
      signal: AbortSignal.any([context.request.signal, ...(stopping === undefined ? [] : [stopping])]),
      opened: () => count(1),
      closed: () => count(-1),
    })
    return new Response(body, {
      headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' },
    })
  })
}

function actionRoutes(api: Api, services: Services): void {
  const { pool } = services
  api.handle(cancelRunRoute, async ({ principal, params }) => {
    await act(services, principal, 'cancel', params.id)
    return presentRun(services, principal, runIdOf(params.id))
  })

  api.handle(resumeRunRoute, async ({ principal, params }) => {
    await act(services, principal, 'resume', params.id)
    return presentRun(services, principal, runIdOf(params.id))
  })

  api.handle(retryRunRoute, ({ principal, params, body: { version, force, input }, context }) =>
    act(services, principal, 'retry', params.id, context, {
      version,
      force,
      edit: input === undefined ? undefined : { input, by: principal.actor },
    }),
  )

  api.handle(replayRunRoute, ({ principal, params, context }) => act(services, principal, 'replay', params.id, context))

  api.handle(bulkRunsRoute, async ({ principal, body }) => {
    const { action, filter: given, cursor, limit, version } = body
    const move = moveOf(action, body, principal.name, services.time.now())
    if (version !== undefined && action !== 'retry')
      throw invalid([{ path: '/version', message: `A version can be chosen for retry only, not for ${action}.` }])
    const { run_ids, ...input } = given
    const before = readCursor('run', cursor)
    const filter = readRunFilter(input) ?? { ...NOTHING }
    filter.statuses = statusesFor(action, filter)
    if (run_ids !== undefined) filter.ids = run_ids.flatMap((id) => uuidOf('run', id) ?? [])
    const result = await bulkRuns(services, principal.workspaceId, action, filter, { before, limit }, { version, move })
    const { matched, done, failures } = result
    if (matched > 0) await audit(pool, principal, `runs.${action}`, null, { filter: given, matched, done })
    return {
      matched,
      done,
      failed: failures.length,
      errors: failures.slice(0, ERRORS_SHOWN).map(({ runId, error }) => ({
        run_id: publicId('run', runId),
        code: error.code,
        message: error.message,
      })),
      next_cursor: result.next === null ? null : publicId('run', result.next),
    }
  })
}

const NOTHING: RunFilter = { ids: [] }

/** Where a reschedule moves its waits. @throws ApiError VALIDATION_ERROR when that isn't said, or said of another action */
function moveOf(
  action: BulkAction,
  { due_at: dueAt, shift_seconds: shift }: { due_at?: string; shift_seconds?: number },
  by: string,
  nowMs: number,
): Move | undefined {
  if (action !== 'reschedule') {
    if (dueAt === undefined && shift === undefined) return undefined
    const path = dueAt === undefined ? '/shift_seconds' : '/due_at'
    throw invalid([{ path, message: `A time belongs to reschedule, not to ${action}.` }])
  }
  if ((dueAt === undefined) === (shift === undefined))
    throw invalid([{ path: '/due_at', message: 'Reschedule takes either due_at or shift_seconds.' }])
  if (shift !== undefined) return { shiftMs: shift * 1000, by }
  return { dueAt: futureMoment(dueAt!, nowMs), by }
}

/** Does it to one run. @returns the public id of the run it came to: itself, or the new one */
async function act(
  services: Services,
  principal: Principal,
  action: RunAction,
  id: string,
  context?: RequestContext,
  retry: Omit<RetryOptions, 'lane'> = {},
): Promise<{ id: string }> {
  const runId = runIdOf(id)
  const answer = await transaction(services.pool, async (client) => {
    const outcomes = await actOnRuns(client, services, principal.workspaceId, action, [runId], 0, retry)
    const outcome = outcomes.get(runId)!
    if (outcome instanceof ApiError) throw outcome
    const made = { id: publicId('run', outcome.runId) }
    await context?.remember(client, 202, made)
    return made
  })
  services.wake()
  return answer
}

/** @throws ApiError VALIDATION_ERROR when the filter names only runs that the action can't be done to */
function statusesFor(action: BulkAction, { statuses }: RunFilter): RunFilter['statuses'] {
  const possible = ACTION_STATUSES[action]
  const wanted = statuses === undefined ? possible : possible.filter((status) => statuses.includes(status))
  if (wanted.length === 0)
    throw invalid([{ path: '/filter/status', message: `${action} is possible for ${possible.join(', ')} runs.` }])
  return wanted
}

async function presentRun({ pool, sealer }: Services, { workspaceId }: Principal, id: string): Promise<Run> {
  const run = await readRun(pool, workspaceId, id)
  if (run === null) throw new ApiError('NOT_FOUND', 'There is no such run.')
  const { webhook } = run.trigger
  if (webhook === undefined) return run
  // a caller may send one of our own secrets, in a query or a body
  const names = (await readSecretNames(pool, workspaceId)).map(({ name }) => name)
  const mask = masking([...(await openSecrets(pool, sealer, workspaceId, names)).values()])
  return { ...run, trigger: { ...run.trigger, webhook: maskTexts(webhook, mask) } }
}

function runIdOf(id: string): string {
  const uuid = uuidOf('run', id)
  if (uuid === null) throw new ApiError('NOT_FOUND', 'There is no such run.')
  return uuid
}
