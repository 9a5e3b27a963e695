import { ExpressionError, initialState, objectSlug } from '@kantos/model'
import type { Queryable } from '../db/pool.ts'
import type { DbTime } from '../db/time.ts'
import { saveRuns } from '../runs/save.ts'
import type { DueSchedule, ScheduledAutomation } from './tick.ts'

/** A tick that couldn't pick its records shows in the log as a failed run, with the reason. */
export async function saveFailedTick(
  db: Queryable,
  time: DbTime,
  { workspaceId }: DueSchedule,
  automation: ScheduledAutomation,
  tick: { at: string; timezone: string },
  error: Error,
): Promise<void> {
  const id = time.id()
  const now = new Date(time.now()).toISOString()
  const object = automation.trigger.object === undefined ? null : objectSlug(automation.trigger.object)
  const origin = { source: 'schedule', actor: null, changes: null } as const
  await saveRuns(db, [
    {
      workspaceId,
      id,
      automationId: automation.id,
      version: automation.version,
      mode: automation.mode,
      compiled: null,
      event: { ...origin, type: 'schedule', at: now, object, after: null, payload: { tick } },
      eventId: null,
      recordId: null,
      chain: { id, depth: 1, path: [], parentRunId: null },
      retryOf: null,
      lane: 1,
      serialKey: null,
      conditions: null,
      unjudged: true,
      trigger: { ...origin, event: 'schedule', event_id: null, record_id: null, object_id: object && `obj_${object}` },
      state: initialState(),
      steps: [],
      open: null,
      stepChunks: 0,
      status: 'failed',
      error: {
        code: error instanceof ExpressionError ? 'EXPRESSION' : 'VALIDATION_ERROR',
        message: `The records of the tick at ${tick.at} could not be found: ${error.message}`,
      },
      startedAt: now,
      finishedAt: now,
      rev: null,
      lost: 0,
      tries: 0,
      misses: 0,
      leaseBy: null,
      cancelRequested: false,
      waitReason: null,
      dueAt: null,
    },
  ])
}
