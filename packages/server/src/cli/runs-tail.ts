import { setTimeout as delay } from 'node:timers/promises'
import { ApiError, ENDED, type Run, RUN_STATUSES, type RunStatus, uuidOf } from '@kantos/model'
import type { RunFilter } from '../log/filter.ts'
import { listRuns } from '../log/read.ts'
import { RunWatch } from '../log/stream.ts'
import { compose } from './compose.ts'
import type { Config } from './config.ts'
import { createPaint, lineWidth } from './terminal/paint.ts'
import { runStory } from './terminal/run-story.ts'
import { findWorkspace } from './workspaces.ts'

export interface TailFlags {
  lines: number
  follow: boolean
  status?: string
  automation?: string
  record?: string
  mode?: 'live' | 'test'
  workspace: string
  json?: boolean
}

const LOOK_MS = 500
const NAMES_KEPT = 10_000
const WIDEST = 120

/**
 * `kantos runs tail`: the newest runs, oldest first, then those that end or come to a wait, as they do. With `--json` each
 * change of a run is a line.
 *
 * Source: SPEC.md, section 14
 */
export async function tailRuns(config: Config, flags: TailFlags): Promise<void> {
  const filter = readFilter(flags)
  const { services, stop } = await compose(config, null)
  const stopping = new AbortController()
  const end = () => stopping.abort()
  process.on('SIGINT', end).on('SIGTERM', end)
  try {
    const { pool, time } = services
    const workspaceId = await findWorkspace(pool, flags.workspace)
    const watch = new RunWatch(pool, workspaceId, filter, () => time.now())
    await watch.begin()
    const print = flags.json === true ? printJson : createTeller()
    if (flags.lines > 0) {
      const { runs } = await listRuns(pool, workspaceId, filter, { limit: flags.lines, whole: true })
      for (const run of runs.toReversed()) print(run)
    }
    if (flags.follow && process.stderr.isTTY) process.stderr.write('Following; Ctrl-C ends it.\n')
    while (flags.follow && !stopping.signal.aborted) {
      for (const { run, left } of await watch.next()) if (!left) print(run)
      await delay(LOOK_MS, undefined, { signal: stopping.signal }).catch(() => {})
    }
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end)
    await stop()
  }
}

function printJson(run: Run): void {
  process.stdout.write(`${JSON.stringify(run)}\n`)
}

/** Tells runs in words. One that is still moving is told when it ends or waits. */
function createTeller(): (run: Run) => void {
  const paint = createPaint(process.stdout)
  const width = lineWidth(process.stdout, WIDEST)
  const names = new Map<string, string>()
  return (run) => {
    if (names.size > NAMES_KEPT) names.clear()
    names.set(run.id, run.automation_name)
    if (!ENDED.has(run.status) && run.status !== 'waiting') return
    const at = run.finished_at ?? run.started_at
    const lead = at === null ? '' : `${new Date(at).toTimeString().slice(0, 8)} `
    const causedBy =
      run.chain.parent_run_id === null ? undefined : (names.get(run.chain.parent_run_id) ?? 'another run')
    const lines = runStory(run, { paint, width, lead, causedBy })
    lines.splice(
      1,
      0,
      `${' '.repeat(lead.length + 2)}${paint('dim', [run.id, run.trigger.record_id].filter(Boolean).join(' · '))}`,
    )
    process.stdout.write(`${lines.join('\n')}\n\n`)
  }
}

/** @throws ApiError BAD_REQUEST naming the flag */
function readFilter({ status, automation, record, mode }: TailFlags): RunFilter {
  const filter: RunFilter = {}
  if (status !== undefined) filter.statuses = status.split(',').map((one) => statusOf(one.trim()))
  if (automation !== undefined) filter.automationId = idOf('automation', automation)
  if (record !== undefined) filter.recordId = idOf('record', record)
  if (mode !== undefined) filter.mode = mode
  return filter
}

function statusOf(text: string): RunStatus {
  const known = RUN_STATUSES.find((one) => one === text)
  if (known === undefined)
    throw new ApiError('BAD_REQUEST', `--status ${JSON.stringify(text)} must be one of ${RUN_STATUSES.join(', ')}.`)
  return known
}

function idOf(kind: 'automation' | 'record', text: string): string {
  const uuid = uuidOf(kind, text)
  if (uuid === null) throw new ApiError('BAD_REQUEST', `--${kind} ${JSON.stringify(text)} is not the id of one.`)
  return uuid
}
