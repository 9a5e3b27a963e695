import {
  type CompiledAutomation,
  initialState,
  publicId,
  transferState,
  type WaitingRuns,
  type WaitingRunsResult,
  whyAnotherSubject,
} from '@kantos/model'
import { readAutomations } from '../automations/compiled.ts'
import { type Client, query, type Queryable } from '../db/pool.ts'
import { transaction } from '../db/transaction.ts'
import type { Services } from '../services.ts'
import { cancelRuns } from './cancel.ts'
import { park } from './drive.ts'
import type { LiveRun } from './live-run.ts'
import { holdAutomations } from './queue.ts'
import { readSteps } from './retry.ts'
import { liveRun, RUN_COLUMNS, type RunRow } from './row.ts'
import { saveRuns } from './save.ts'

const MOST_COUNTED = 10_000
const MOST_NAMED = 100
const MOST_NOTES = 20
const CHUNK = 200
/** At a wait, between two attempts, or in the queue behind another run of the record. */
const WAITS = `wait_reason in ('wait', 'event', 'retry', 'turn')`

/** How many runs of an automation wait, on whichever version; at most 10,000 are counted. */
export async function countWaitingRuns(db: Queryable, workspaceId: string, automationId: string): Promise<number> {
  const { rows } = await query<{ n: number }>(db, {
    name: 'runs-waiting-count',
    text: `select count(*)::int as n from (select from runs_live
      where workspace_id = $1 and automation_id = $2 and ${WAITS} limit ${MOST_COUNTED}) waiting`,
    values: [workspaceId, automationId],
  })
  return rows[0]!.n
}

/**
 * Puts the runs that wait on older versions of an automation onto its newest one, or cancels them; some hundred a
 * transaction. A run that a worker holds is waited for, and looked at as it is then: `for update`, and the reason of its
 * standing still is asked for again. A run that wakes up before its turn comes ends on its own version.
 *
 * Source: SPEC.md, section 3 (a run keeps its version)
 */
export async function settleWaitingRuns(
  services: Pick<Services, 'pool' | 'time' | 'wake'>,
  workspaceId: string,
  automationId: string,
  choice: Exclude<WaitingRuns, 'finish'>,
): Promise<WaitingRunsResult> {
  const result: WaitingRunsResult = { choice, moved: 0, cancelled: 0, kept: 0, kept_runs: [] }
  for (let after: string | null = '00000000-0000-0000-0000-000000000000'; after !== null; ) {
    const from: string = after
    const part = await transaction(services.pool, (client) =>
      settleSome(client, services, workspaceId, automationId, choice, from),
    )
    result.moved += part.moved
    result.cancelled += part.cancelled
    result.kept += part.kept.length
    result.kept_runs.push(...part.kept.slice(0, MOST_NAMED - result.kept_runs.length))
    after = part.last
  }
  services.wake()
  return result
}

interface Part {
  moved: number
  cancelled: number
  kept: WaitingRunsResult['kept_runs']
  /** the last id; null: there are no more */
  last: string | null
}

async function settleSome(
  client: Client,
  { time }: Pick<Services, 'time'>,
  workspaceId: string,
  automationId: string,
  choice: 'move' | 'cancel',
  after: string,
): Promise<Part> {
  const part: Part = { moved: 0, cancelled: 0, kept: [], last: null }
  const automation = (await holdAutomations(client, workspaceId, [automationId])).get(automationId)
  if (automation === undefined) return part
  const { rows } = await query<RunRow>(client, {
    name: 'runs-waiting-lock',
    text: `select ${RUN_COLUMNS} from runs_live
      where workspace_id = $1 and automation_id = $2 and id > $3 and version < $4 and ${WAITS}
      order by id limit ${CHUNK} for update`,
    values: [workspaceId, automationId, after, automation.version],
  })
  if (rows.length === CHUNK) part.last = rows.at(-1)!.id
  if (choice === 'cancel') {
    await cancelRuns(
      client,
      time,
      workspaceId,
      rows.map(({ id }) => id),
    )
    return { ...part, cancelled: rows.length }
  }
  if (rows.length === 0) return part
  const workspace = (await readAutomations(client, [workspaceId])).get(workspaceId)!
  const { compiled: to } = workspace.compile(automation)
  const moved: LiveRun[] = []
  for (const row of rows) {
    const from = await workspace.version(client, automationId, row.version)
    const reason =
      from === null || to === null
        ? `Version ${from === null ? row.version : automation.version} can not be run any more.`
        : await move(client, row, from, to, time.now(), moved)
    if (reason !== null) part.kept.push({ run_id: publicId('run', row.id), reason })
  }
  await holdRecords(client, workspaceId, moved)
  await saveRuns(client, moved)
  return { ...part, moved: moved.length }
}

/** @returns why it can't be moved; null: it is among the moved ones */
async function move(
  client: Client,
  row: RunRow,
  from: CompiledAutomation,
  to: CompiledAutomation,
  nowMs: number,
  moved: LiveRun[],
): Promise<string | null> {
  const other = whyAnotherSubject(from, to)
  if (other !== null) return other
  const run = liveRun(row, to)
  const { open } = run
  if (open === null) {
    // it stands in the queue: nothing is done yet
    run.state = initialState()
    if (JSON.stringify(from.document.conditions) !== JSON.stringify(to.document.conditions)) {
      run.unjudged = true
      run.conditions = null
    }
    run.watches = to.exit !== null && run.recordId !== null
  } else {
    const earlier = run.stepChunks === 0 ? [] : await readSteps(client, row)
    const transferred = transferState(from, to, run.state, [...earlier, ...run.steps])
    if ('why' in transferred) return transferred.why
    run.state = transferred.state
    const { draft } = open.command
    const frame = run.state.frames.at(-1)!
    draft.path = `${frame.list}/${frame.at}`
    const note = `moved from version ${from.version} to version ${to.version}`
    draft.notes = [...(draft.notes ?? []), note].slice(-MOST_NOTES)
    if (run.waitReason !== 'event') beginToWatch(run, to, nowMs)
  }
  run.version = to.version
  moved.push(run)
  return null
}

/** A wait that exit conditions may end from now on begins anew for a moment, so that they are judged on its record. */
function beginToWatch(run: LiveRun, to: CompiledAutomation, nowMs: number): void {
  if (to.exit === null) run.watches = false
  else if (run.watches !== true && run.recordId !== null) {
    run.open!.then = { reason: run.waitReason!, dueAt: run.dueAt }
    park(run, 'held', nowMs)
  }
}

/** Who begins to watch a record holds its row: `watch.ts` says why. */
async function holdRecords(client: Client, workspaceId: string, runs: readonly LiveRun[]): Promise<void> {
  const ids = runs.flatMap((run) => (run.open === null && run.watches === true ? [run.recordId!] : []))
  if (ids.length === 0) return
  await query(client, {
    name: 'turns-hold-records',
    text: 'select from records where workspace_id = $1 and id = any($2::uuid[]) order by id for no key update',
    values: [workspaceId, ids],
  })
}
