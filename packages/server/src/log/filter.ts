import type { RunStatus } from '@kantos/model'

/** Which runs of a workspace. Ids are UUIDs; absent means any. */
export interface RunFilter {
  automationId?: string
  recordId?: string
  /** runs that were skipped don't know theirs, nor their parent */
  chainId?: string
  parentRunId?: string
  /** failed live runs of one cause */
  cause?: string
  /** failed live runs of which nothing was made yet: the dead letters */
  unretried?: true
  statuses?: readonly RunStatus[]
  mode?: 'live' | 'test'
  /** epoch ms of the start, both inclusive */
  from?: number
  to?: number
  ids?: readonly string[]
  /** epoch ms: ids drawn at or after */
  since?: number
}

type RunClass = 'live' | 'done' | 'failed' | 'skipped'

const STATUSES_OF: Readonly<Record<RunClass, readonly RunStatus[]>> = {
  live: ['queued', 'running', 'waiting'],
  done: ['succeeded', 'cancelled'],
  failed: ['failed', 'blocked'],
  skipped: ['skipped'],
}

/** A run's id is drawn within this of its start. */
const ID_SLACK_MS = 60_000

/** The smallest uuidv7 of a moment (epoch ms). */
export function idFloor(ms: number): string {
  const hex = Math.max(0, Math.floor(ms)).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`
}

/**
 * A statement that gives the newest runs of a filter, newest first. Only the partitions that can hold the asked statuses
 * are read, each from its own index downwards, so it costs the same however many runs there are; nothing is counted.
 *
 * @param select the columns, of `r`
 * @param before uuid; only runs with smaller ids
 */
export function newestRuns(
  workspaceId: string,
  filter: RunFilter,
  select: string,
  { before, limit }: { before?: string; limit: number },
): { text: string; values: unknown[] } {
  const values: unknown[] = [workspaceId]
  const param = (value: unknown) => `$${values.push(value)}`
  const shared = ['r.workspace_id = $1']
  if (before !== undefined) shared.push(`r.id < ${param(before)}::uuid`)
  if (filter.automationId !== undefined) shared.push(`r.automation_id = ${param(filter.automationId)}`)
  if (filter.recordId !== undefined) shared.push(`r.record_id = ${param(filter.recordId)}`)
  if (filter.chainId !== undefined) shared.push(`r.chain_id = ${param(filter.chainId)}`)
  if (filter.parentRunId !== undefined) shared.push(`r.parent_run_id = ${param(filter.parentRunId)}`)
  if (filter.cause !== undefined) shared.push(`r.cause = ${param(filter.cause)}`)
  if (filter.ids !== undefined) shared.push(`r.id = any(${param(filter.ids)}::uuid[])`)
  if (filter.since !== undefined) shared.push(`r.id >= ${param(idFloor(filter.since))}::uuid`)
  // a literal, so that the partial index of test runs fits
  if (filter.mode !== undefined) shared.push(`r.mode = '${filter.mode === 'test' ? 'test' : 'live'}'`)
  if (filter.from !== undefined)
    shared.push(
      `r.id >= ${param(idFloor(filter.from - ID_SLACK_MS))}::uuid`,
      `r.started_at >= ${param(new Date(filter.from))}`,
    )
  if (filter.to !== undefined)
    shared.push(
      `r.id < ${param(idFloor(filter.to + ID_SLACK_MS))}::uuid`,
      `r.started_at <= ${param(new Date(filter.to))}`,
    )
  const rows = param(limit)
  const parts = (Object.keys(STATUSES_OF) as RunClass[]).flatMap((kind) => {
    const own = STATUSES_OF[kind]
    if (kind !== 'failed' && (filter.cause !== undefined || filter.unretried)) return []
    if (kind === 'skipped' && (filter.chainId !== undefined || filter.parentRunId !== undefined)) return []
    const wanted = filter.statuses === undefined ? own : own.filter((status) => filter.statuses!.includes(status))
    if (wanted.length === 0) return []
    const where = wanted.length === own.length ? shared : [...shared, statusCondition(wanted)]
    let [from, order] = [`runs_${kind} r`, 'r.id']
    if (filter.unretried) {
      // from the letters to their runs: the other way it reads every run that was retried
      ;[from, order] = [`dead_letters d cross join lateral (${LETTERS_RUN}) r`, 'd.run_id']
      where.push(...shared.flatMap(ofLetter))
    }
    return [`(select ${select} from ${from} where ${where.join(' and ')} order by ${order} desc limit ${rows})`]
  })
  if (parts.length === 0) return { text: `select ${select} from runs_live r where false`, values: [] }
  return { text: `select * from (${parts.join(' union all ')}) r order by id desc limit ${rows}`, values }
}

const LETTERS_RUN = 'select f.* from runs_failed f where f.workspace_id = d.workspace_id and f.id = d.run_id offset 0'

/** A condition on a run as one on its dead letter, so that the letters' indexes are used. */
function ofLetter(condition: string): string[] {
  if (condition.startsWith('r.id ')) return [condition.replace('r.id ', 'd.run_id ')]
  return /^r\.(?:workspace_id|automation_id|cause) /.test(condition) ? [condition.replace('r.', 'd.')] : []
}

/** Literals again: the statuses come from our own list. */
function statusCondition(wanted: readonly RunStatus[]): string {
  const named = `r.status in (${wanted.map((status) => `'${status}'`).join(', ')})`
  const moving = wanted.includes('queued') || wanted.includes('running')
  return moving && !wanted.includes('waiting') ? `${named} and r.status <> 'waiting'` : named
}
