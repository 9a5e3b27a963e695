import { type CrmEvent, initialState, type RunTrigger } from '@kantos/model'
import type { ActiveAutomation } from '../automations/compiled.ts'
import type { Batch } from './batch.ts'
import { type LiveRun, snapshotOf } from './live-run.ts'

/** A run that an event starts, before anything of it has happened. */
export function newRun(batch: Pick<Batch, 'time'>, event: CrmEvent, automation: ActiveAutomation): LiveRun {
  const { trigger } = automation.listener
  return {
    workspaceId: event.workspaceId,
    id: batch.time.id(),
    automationId: automation.id,
    version: automation.version,
    mode: automation.mode,
    compiled: automation.compiled(),
    event: snapshotOf(event),
    eventId: event.id,
    recordId: event.recordId,
    chain: {
      id: event.chain.id,
      depth: event.chain.depth + 1,
      path: event.chain.path,
      parentRunId: event.chain.path.at(-1)?.[2] ?? null,
    },
    retryOf: null,
    lane: event.lane,
    serialKey: automation.serial && event.recordId !== null ? `${automation.id} ${event.recordId}` : null,
    conditions: null,
    unjudged: false,
    trigger: triggerOf(event, trigger.event),
    state: initialState(),
    steps: [],
    open: null,
    stepChunks: 0,
    status: 'running',
    error: null,
    startedAt: new Date(batch.time.now()).toISOString(),
    finishedAt: null,
    rev: null,
    lost: 0,
    tries: 0,
    misses: 0,
    leaseBy: null,
    cancelRequested: false,
    waitReason: null,
    dueAt: null,
  }
}

/** What the log shows of the trigger; ids of event and record stand in their own columns. */
function triggerOf(event: CrmEvent, name: RunTrigger['event'] | 'manual'): RunTrigger {
  const trigger: RunTrigger = {
    event: event.type === 'record.updated' && name === 'field.changed' ? 'field.changed' : event.type,
    event_id: null,
    source: event.source,
    record_id: null,
    object_id: event.object === null ? null : `obj_${event.object}`,
    actor: event.actor,
    changes: event.changes,
  }
  if (event.payload?.enlistment !== undefined) trigger.enlistment_id = event.payload.enlistment
  return trigger
}
