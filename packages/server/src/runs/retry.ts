import { ApiError, type Lane, type RunTrigger } from '@kantos/model'
import { type Client, query } from '../db/pool.ts'
import type { DbTime } from '../db/time.ts'
import { type EventRow, eventOf } from '../events/row.ts'
import { type EventSnapshot, type LiveRun, snapshotOf } from './live-run.ts'
import { type ActionOutcomes, noSuchRun } from './outcome.ts'
import { enqueueRuns, holdAutomations, queuedRun, type StartableAutomation } from './queue.ts'
import { RUN_COLUMNS, type RunRow } from './row.ts'

type Time = Pick<DbTime, 'now' | 'id'>

/**
 * Starts new runs that take over what failed ones have done and go on at the failed step, on the version they had and in
 * their chain. The failed runs stay as they are.
 *
 * @param lane 0, or 2 for many
 * @returns the new runs, by the failed ones' uuids; CONFLICT when a run isn't `failed` or its automation was deleted
 * Source: SPEC-DETAILS.md, sections 8 to 11
 */
export async function retryRuns(
  client: Client,
  time: Time,
  workspaceId: string,
  ids: readonly string[],
  lane: Lane = 0,
): Promise<ActionOutcomes> {
  const copied: [from: string, to: string][] = []
  const outcomes = await startAgain(client, time, workspaceId, ids, (row, automation) => {
    if (row.status !== 'failed' || row.state === null)
      return new ApiError('CONFLICT', `Only failed runs can be retried; this one is ${row.status}.`)
    const id = time.id()
    const { event, run: state, open } = row.state
    const failedStep = open !== null || row.error?.step_key !== undefined
    const now = time.now()
    const run: LiveRun = {
      ...queuedRun(automation, {
        workspaceId,
        id,
        event,
        eventId: row.event_id,
        recordId: row.record_id,
        chain: { id: row.chain_id ?? id, depth: row.depth ?? 1, path: row.path ?? [], parentRunId: row.parent_run_id },
        trigger: row.trigger,
        lane,
        retryOf: row.id,
        mode: row.mode,
        startedAtMs: now,
      }),
      version: row.version,
      conditions: row.conditions,
      // one that failed before its conditions were judged has them still before it
      unjudged: row.conditions === null,
      state,
      steps: failedStep ? (row.steps ?? []).slice(0, -1) : (row.steps ?? []),
      stepChunks: row.step_chunks ?? 0,
    }
    if (run.stepChunks > 0) copied.push([row.id, id])
    return run
  })
  if (copied.length > 0)
    await query(client, {
      name: 'run-steps-copy',
      text: `insert into run_steps (workspace_id, run_id, n, steps)
        select s.workspace_id, c.new_id, s.n, s.steps from unnest($2::uuid[], $3::uuid[]) as c(old_id, new_id)
        join run_steps s on s.workspace_id = $1 and s.run_id = c.old_id`,
      values: [workspaceId, copied.map(([from]) => from), copied.map(([, to]) => to)],
    })
  return outcomes
}

/**
 * Starts new runs of the same events from the start, on the automations as they are now; conditions are judged again. Each
 * is the root of a chain of its own. What was a test stays one.
 *
 * @param lane 0, or 2 for many
 * @returns the new runs, by the old ones' uuids; CONFLICT when the event is kept no longer or the automation was deleted
 * Source: SPEC-DETAILS.md, sections 8 to 11
 */
export async function replayRuns(
  client: Client,
  time: Time,
  workspaceId: string,
  ids: readonly string[],
  lane: Lane = 0,
): Promise<ActionOutcomes> {
  const events = await readEvents(client, workspaceId, ids)
  return startAgain(client, time, workspaceId, ids, (row, automation) => {
    const event = row.state?.event ?? (row.event_id === null ? undefined : events.get(row.event_id))
    if (event === undefined)
      return new ApiError('CONFLICT', 'The event of this run is kept no longer, so it can not be replayed.')
    const id = time.id()
    return queuedRun(automation, {
      workspaceId,
      id,
      event,
      eventId: row.event_id,
      recordId: row.record_id,
      chain: { id, depth: 1, path: [], parentRunId: null },
      trigger: row.trigger ?? triggerOf(event, automation),
      lane,
      retryOf: row.id,
      mode: row.mode === 'test' ? 'test' : automation.mode,
      startedAtMs: time.now(),
    })
  })
}

async function startAgain(
  client: Client,
  time: Time,
  workspaceId: string,
  ids: readonly string[],
  start: (row: RunRow, automation: StartableAutomation) => LiveRun | ApiError,
): Promise<ActionOutcomes> {
  const { rows } = await query<RunRow>(client, {
    name: 'runs-to-start-again',
    text: `select ${RUN_COLUMNS} from runs where workspace_id = $1 and id = any($2::uuid[]) order by id`,
    values: [workspaceId, ids],
  })
  const automations = await holdAutomations(
    client,
    workspaceId,
    rows.map((row) => row.automation_id),
  )
  const outcomes: ActionOutcomes = new Map(ids.map((id) => [id, noSuchRun()]))
  const runs: LiveRun[] = []
  for (const row of rows) {
    const automation = automations.get(row.automation_id)
    const started =
      automation === undefined
        ? new ApiError('CONFLICT', 'The automation of this run was deleted.')
        : start(row, automation)
    if (started instanceof ApiError) outcomes.set(row.id, started)
    else {
      runs.push(started)
      outcomes.set(row.id, { runId: started.id })
    }
  }
  if (runs.length > 0) await enqueueRuns(client, runs, time.now())
  return outcomes
}

async function readEvents(
  client: Client,
  workspaceId: string,
  runIds: readonly string[],
): Promise<ReadonlyMap<string, EventSnapshot>> {
  const { rows } = await query<EventRow>(client, {
    name: 'events-of-runs',
    text: `select e.* from events e where e.workspace_id = $1 and e.id = any(array(
        select event_id from runs where workspace_id = $1 and id = any($2::uuid[]) and event_id is not null))`,
    values: [workspaceId, runIds],
  })
  return new Map(rows.map((row) => [row.id, snapshotOf(eventOf(row))]))
}

function triggerOf(event: EventSnapshot, { document }: StartableAutomation): RunTrigger {
  const listened = document.trigger.event
  return {
    event: event.type === 'record.updated' && listened === 'field.changed' ? 'field.changed' : event.type,
    event_id: null,
    source: event.source,
    record_id: null,
    object_id: event.object === null ? null : `obj_${event.object}`,
    actor: event.actor,
    changes: event.changes,
  }
}
