import { ApiError, invalid, objectSlug, publicId, type Trigger, uuidOf } from '@kantos/model'
import { type Client, query } from '../db/pool.ts'
import { transaction } from '../db/transaction.ts'
import { noteEvents } from '../events/note.ts'
import type { NewEvent } from '../events/outbox.ts'
import type { Principal, Services } from '../services.ts'
import { notEnrollable } from './enrolled.ts'
import type { EventSnapshot } from './live-run.ts'
import { enqueueRuns, holdAutomations, queuedRun } from './queue.ts'

/** What a manual start answers for each record; public ids. */
export interface ManualStart {
  run_id: string
  record_id: string
  /** it will be skipped: why the enrolment rule doesn't take the record */
  why?: string
}

/**
 * Starts an automation by hand on records: one run each, queued at once, its conditions judged when it is taken up. Each
 * is the root of a chain of its own, and has a `manual` event that no other automation sees.
 *
 * @param automation its uuid
 * @param recordIds public ids; one given twice counts once
 * @param then called in the same transaction with the answer, for the Idempotency-Key
 * @throws ApiError NOT_FOUND (automation, record), CONFLICT (inactive), VALIDATION_ERROR (a record of another object, or an
 *   automation that isn't about records)
 * Source: SPEC-DETAILS.md, section 4
 */
export async function startManualRuns(
  services: Pick<Services, 'pool' | 'time' | 'wake'>,
  principal: Pick<Principal, 'workspaceId' | 'actor'>,
  automation: { id: string },
  recordIds: readonly string[],
  then: (client: Client, started: ManualStart[]) => Promise<void> = async () => {},
): Promise<ManualStart[]> {
  const { workspaceId, actor } = principal
  const { time } = services
  const started = await transaction(services.pool, async (client) => {
    const held = (await holdAutomations(client, workspaceId, [automation.id])).get(automation.id)
    if (held === undefined) throw new ApiError('NOT_FOUND', 'There is no such automation.')
    const object = objectOf(held.document.trigger)
    if (object === null)
      throw invalid([{ path: '', message: `“${held.name}” is not about records, so it can't be run on one.` }])
    if (held.status !== 'active')
      throw new ApiError('CONFLICT', `“${held.name}” is inactive. Activate it first, or try it with a dry run.`)
    const records = await readRecords(client, workspaceId, recordIds, object)
    const events = records.map(({ id, data }): NewEvent => {
      const eventId = time.id()
      return {
        workspaceId,
        id: eventId,
        type: 'manual',
        object,
        recordId: id,
        source: 'manual',
        actor,
        lane: 0,
        automationId: held.id,
        changes: null,
        after: data,
        payload: null,
        chain: { id: eventId, depth: 0, path: [] },
      }
    })
    const times = await noteEvents(client, events)
    const now = time.now()
    const runs = events.map((event) => {
      const at = times.get(event.id)!.toISOString()
      const snapshot: EventSnapshot = { ...pick(event), at }
      return queuedRun(held, {
        workspaceId,
        id: time.id(),
        event: snapshot,
        eventId: event.id,
        recordId: event.recordId,
        chain: { id: event.id, depth: 1, path: [], parentRunId: null },
        trigger: {
          event: 'manual',
          event_id: null,
          source: 'manual',
          record_id: null,
          object_id: `obj_${object}`,
          actor,
          changes: null,
        },
        lane: 0,
        retryOf: null,
        mode: held.mode,
        startedAtMs: now,
      })
    })
    await enqueueRuns(client, runs, now)
    const { enrolment } = held.document
    const ids = records.map(({ id }) => id)
    const reasons = await notEnrollable(client, workspaceId, { id: held.id, mode: held.mode, enrolment }, ids, now)
    const answer = runs.map((run) => {
      const started: ManualStart = { run_id: publicId('run', run.id), record_id: publicId('record', run.recordId!) }
      const why = reasons.get(run.recordId!)
      return why === undefined ? started : { ...started, why }
    })
    await then(client, answer)
    return answer
  })
  services.wake()
  return started
}

function pick({ type, object, source, actor, changes, after, payload }: NewEvent): Omit<EventSnapshot, 'at'> {
  return { type, object, source, actor, changes, after, payload }
}

/** The object whose records an automation can be run on by hand: a manual trigger's, or any record trigger's. */
export function objectOf(trigger: Trigger): string | null {
  if (trigger.event === 'webhook.received' || !('object' in trigger) || trigger.object === undefined) return null
  return objectSlug(trigger.object)
}

async function readRecords(
  client: Client,
  workspaceId: string,
  recordIds: readonly string[],
  object: string,
): Promise<{ id: string; data: Record<string, unknown> }[]> {
  const given = [...new Set(recordIds)]
  const uuids = given.map((id) => uuidOf('record', id))
  const { rows } = await query<{ id: string; object: string; data: Record<string, unknown> }>(client, {
    name: 'manual-records',
    text: 'select id, object, data from records where workspace_id = $1 and id = any($2::uuid[])',
    values: [workspaceId, uuids.filter((id) => id !== null)],
  })
  const found = new Map(rows.map((row) => [row.id, row]))
  const missing = given.filter((_, i) => !found.has(uuids[i] ?? ''))
  if (missing.length > 0)
    throw new ApiError('NOT_FOUND', `There is no record ${missing.slice(0, 3).join(', ')}.`, { record_ids: missing })
  const records = uuids.map((id) => found.get(id!)!)
  const foreign = records.filter((row) => row.object !== object)
  if (foreign.length > 0)
    throw invalid(
      foreign.map((row) => ({
        path: given.length === 1 ? '/record_id' : `/record_ids/${recordIds.indexOf(publicId('record', row.id))}`,
        message: `The record is of ${row.object}; the automation is about ${object}.`,
      })),
    )
  return records
}
