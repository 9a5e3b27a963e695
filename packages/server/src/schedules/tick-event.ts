import type { Lane } from '@kantos/model'
import type { DbTime } from '../db/time.ts'
import type { NewEvent } from '../events/outbox.ts'
import type { RecordRow } from '../records/row.ts'

/**
 * The event of one tick, or of one record of it: the root of a chain of its own.
 *
 * Source: SPEC.md, section 10
 */
export function tickEvent(
  time: DbTime,
  schedule: { workspaceId: string; automationId: string },
  tick: { at: string; timezone: string },
  record: RecordRow | null,
  lane: Lane,
): NewEvent {
  const id = time.id()
  return {
    workspaceId: schedule.workspaceId,
    id,
    type: 'schedule',
    object: record?.object ?? null,
    recordId: record?.id ?? null,
    source: 'schedule',
    actor: null,
    lane,
    automationId: schedule.automationId,
    changes: null,
    after: record?.data ?? null,
    payload: { tick },
    chain: { id, depth: 0, path: [] },
  }
}
