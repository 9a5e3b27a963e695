import {
  ApiError,
  type CompiledAutomation,
  currentAction,
  type Lane,
  mergeEdits,
  publicId,
  type RunTrigger,
  type Step,
  subjectOf,
  subjectOfEvent,
  transferState,
} from '@kantos/model'
import { readAutomations, type WorkspaceAutomations } from '../automations/compiled.ts'
import { type Client, query } from '../db/pool.ts'
import type { DbTime } from '../db/time.ts'
import { type EventRow, eventOf } from '../events/row.ts'
import { checkedInput } from './edit-input.ts'
import { type EventSnapshot, type LiveRun, snapshotOf } from './live-run.ts'
import { type ActionOutcomes, noSuchRun } from './outcome.ts'
import { enqueueRuns, holdAutomations, queuedRun, type StartableAutomation } from './queue.ts'
import { noteRetried, readMade } from './retried.ts'
import { RUN_COLUMNS, type RunRow } from './row.ts'

type Time = Pick<DbTime, 'now' | 'id'>

export interface RetryOptions {
  /** 0, or 2 for many */
  lane?: Lane
  /** `same`, the default: the failed run's own version */
  version?: 'same' | 'newest'
  /** also what was retried before */
  force?: boolean
  /** of one run: a correction of the failed step's input, and who makes it (public id) */
  edit?: { input: Record<string, unknown>; by: string }
}

/**
 * Starts new runs that take over what failed ones have done and go on at the failed step, in their chain. The failed runs
 * stay as they are. On the newest version the step of the same key is where it goes on; are its conditions others, they are
 * judged once more.
 *
 * @returns the new runs, by the failed ones' uuids; CONFLICT when a run isn't `failed`, was retried already, or can't go on
 *   in the newest version, or its automation was deleted; VALIDATION_ERROR for an input that can't be
 * Source: SPEC-DETAILS.md, sections 8 to 11
 */
export async function retryRuns(
  client: Client,
  time: Time,
  workspaceId: string,
  ids: readonly string[],
  { lane = 0, version = 'same', force = false, edit }: RetryOptions = {},
): Promise<ActionOutcomes> {
  const copied: [from: string, to: string][] = []
  const versions = new Versions(client, workspaceId)
  const again = await startAgain(client, workspaceId, ids, async (row, automation) => {
    if (row.status !== 'failed' || row.state === null)
      return new ApiError('CONFLICT', `Only failed runs can be retried; this one is ${row.status}.`)
    const id = time.id()
    const { event } = row.state
    const log = await unfinished(client, row, version === 'newest')
    const now = time.now()
    let state = row.state.run
    let rejudged = false
    const moves = version === 'newest' && automation.version !== row.version
    if (moves || edit !== undefined) {
      const from = await versions.of(row)
      const to = moves ? await versions.newest(automation) : from
      if (from === null || to === null)
        return new ApiError(
          'CONFLICT',
          `Version ${from === null ? row.version : automation.version} can not be run any more.`,
        )
      const moved = moves ? transferState(from, to, state, log.steps) : { state }
      if ('problem' in moved) return new ApiError('CONFLICT', moved.problem)
      state = moved.state
      rejudged = moves && JSON.stringify(from.document.conditions) !== JSON.stringify(to.document.conditions)
      if (edit !== undefined) {
        const action = log.failed === null ? null : currentAction(to, structuredClone(state))
        if (action === null)
          return new ApiError('CONFLICT', 'No step of this run failed, so there is no input to edit. Retry it without.')
        const input = checkedInput(action, log.failed!.input, edit.input)
        const earlier = state.edit?.key === action.key ? state.edit.input : {}
        if (Object.keys(input).length > 0)
          state = {
            ...state,
            edit: { key: action.key, input: mergeEdits(earlier, input), by: edit.by, at: new Date(now).toISOString() },
          }
      }
    }
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
      version: moves ? automation.version : row.version,
      conditions: rejudged ? null : row.conditions,
      // one that failed before its conditions were judged has them still before it
      unjudged: rejudged || row.conditions === null,
      state,
      steps: log.inline,
      stepChunks: log.chunks,
    }
    if (run.stepChunks > 0) copied.push([row.id, id])
    return run
  })
  await keepNoted(client, workspaceId, again, force ? 'forced' : 'retry')
  if (again.runs.length > 0) await enqueueRuns(client, again.runs, time.now())
  const begun = new Set(again.runs.map(({ id }) => id))
  const chunks = copied.filter(([, to]) => begun.has(to))
  if (chunks.length > 0)
    await query(client, {
      name: 'run-steps-copy',
      text: `insert into run_steps (workspace_id, run_id, n, steps)
        select s.workspace_id, c.new_id, s.n, s.steps from unnest($2::uuid[], $3::uuid[]) as c(old_id, new_id)
        join run_steps s on s.workspace_id = $1 and s.run_id = c.old_id`,
      values: [workspaceId, chunks.map(([from]) => from), chunks.map(([, to]) => to)],
    })
  return again.outcomes
}

/** What a retry takes over of the log. */
interface Taken {
  /** finished steps in the row, and chunks of them before it, to be copied */
  inline: Step[]
  chunks: number
  /** all finished steps; only where they were asked for */
  steps: Step[]
  /** the step that failed; null: the run failed between steps */
  failed: Step | null
}

/** The steps before the failed one. A run that its error path stopped has steps behind it too, which the retry does anew. */
async function unfinished(client: Client, row: RunRow, all: boolean): Promise<Taken> {
  const chunks = row.step_chunks ?? 0
  const key = row.error?.step_key
  let steps = row.steps ?? []
  if (key === undefined) {
    if (all && chunks > 0) steps = [...(await readSteps(client, row)), ...steps]
    return { inline: row.steps ?? [], chunks, steps, failed: null }
  }
  const place = (list: readonly Step[]) => list.findLastIndex((step) => step.key === key && step.status === 'failed')
  if (chunks > 0 && (all || place(steps) < 0)) {
    const inline = steps
    steps = [...(await readSteps(client, row)), ...steps]
    const at = place(steps)
    const left = inline.length - (steps.length - at)
    if (left >= 0)
      return { inline: inline.slice(0, left), chunks, steps: steps.slice(0, at), failed: steps[at] ?? null }
    return { inline: steps.slice(0, at), chunks: 0, steps: steps.slice(0, at), failed: steps[at] ?? null }
  }
  const at = place(steps)
  return { inline: steps.slice(0, at), chunks, steps: steps.slice(0, at), failed: steps[at] ?? null }
}

/** The finished steps of a run that left its row, in order. */
export async function readSteps(client: Client, row: Pick<RunRow, 'workspace_id' | 'id'>): Promise<Step[]> {
  const { rows } = await query<{ steps: Step[] }>(client, {
    name: 'run-steps-of-retry',
    text: 'select steps from run_steps where workspace_id = $1 and run_id = $2 order by n',
    values: [row.workspace_id, row.id],
  })
  return rows.flatMap(({ steps }) => steps)
}

/** Compiled versions of a workspace's automations; null: one can't be run any more. */
class Versions {
  private readonly client: Client
  private readonly workspaceId: string
  private readonly compiled = new Map<string, CompiledAutomation | null>()
  private workspace: WorkspaceAutomations | null = null

  constructor(client: Client, workspaceId: string) {
    this.client = client
    this.workspaceId = workspaceId
  }

  async of(row: RunRow): Promise<CompiledAutomation | null> {
    return (await this.read()).version(this.client, row.automation_id, row.version)
  }

  async newest(automation: StartableAutomation): Promise<CompiledAutomation | null> {
    const known = this.compiled.get(automation.id)
    if (known !== undefined) return known
    const { compiled } = (await this.read()).compile(automation)
    this.compiled.set(automation.id, compiled)
    return compiled
  }

  private async read(): Promise<WorkspaceAutomations> {
    this.workspace ??= (await readAutomations(this.client, [this.workspaceId])).get(this.workspaceId)!
    return this.workspace
  }
}

/**
 * Starts new runs of the same events from the start, on the automations as they are now; conditions are judged again. Each
 * is the root of a chain of its own. What was a test stays one.
 *
 * @param lane 0, or 2 for many
 * @returns the new runs, by the old ones' uuids; CONFLICT when the event is kept no longer, or the automation was deleted or is
 *   about other things by now
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
  const again = await startAgain(client, workspaceId, ids, (row, automation) => {
    const event = row.state?.event ?? (row.event_id === null ? undefined : events.get(row.event_id))
    if (event === undefined)
      return new ApiError('CONFLICT', 'The event of this run is kept no longer, so it can not be replayed.')
    const [is, was] = [subjectOf(automation.document.trigger), subjectOfEvent(event)]
    if (is !== was) return new ApiError('CONFLICT', `The automation is about ${is} by now, and this run about ${was}.`)
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
  await keepNoted(client, workspaceId, again, 'replay')
  if (again.runs.length > 0) await enqueueRuns(client, again.runs, time.now())
  return again.outcomes
}

/** Runs to be enqueued, with what becomes of every one that was asked for. */
interface Again {
  runs: LiveRun[]
  outcomes: ActionOutcomes
  /** causes of the failed ones among the old runs, by uuid */
  failed: ReadonlyMap<string, string | null>
}

/** Notes what is made of failed runs, and drops what was made of them before and can't be made twice. */
async function keepNoted(
  client: Client,
  workspaceId: string,
  again: Again,
  how: 'retry' | 'forced' | 'replay',
): Promise<void> {
  const made = again.runs.flatMap(({ id, retryOf }) =>
    again.failed.has(retryOf!) ? [{ runId: retryOf!, madeId: id, cause: again.failed.get(retryOf!)! }] : [],
  )
  const noted = await noteRetried(client, workspaceId, made, how)
  const before = made.filter(({ runId }) => !noted.has(runId)).map(({ runId }) => runId)
  if (before.length === 0) return
  const others = await readMade(client, workspaceId, before)
  for (const runId of before) {
    const other = publicId('run', others.get(runId)!)
    again.outcomes.set(
      runId,
      new ApiError('CONFLICT', `This run was already retried as ${other}. Look at that one, or send force: true.`, {
        run_id: other,
      }),
    )
  }
  again.runs = again.runs.filter(({ retryOf }) => !before.includes(retryOf!))
}

async function startAgain(
  client: Client,
  workspaceId: string,
  ids: readonly string[],
  start: (row: RunRow, automation: StartableAutomation) => Promise<LiveRun | ApiError> | LiveRun | ApiError,
): Promise<Again> {
  const { rows } = await query<RunRow & { cause: string | null }>(client, {
    name: 'runs-to-start-again',
    text: `select ${RUN_COLUMNS}, cause from runs where workspace_id = $1 and id = any($2::uuid[]) order by id`,
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
        : await start(row, automation)
    if (started instanceof ApiError) outcomes.set(row.id, started)
    else {
      runs.push(started)
      outcomes.set(row.id, { runId: started.id })
    }
  }
  const failed = new Map(rows.flatMap(({ id, status, cause }) => (status === 'failed' ? [[id, cause] as const] : [])))
  return { runs, outcomes, failed }
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
