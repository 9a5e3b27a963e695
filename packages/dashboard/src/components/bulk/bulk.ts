import {
  type BulkAction,
  bulkRunsRoute,
  type ClientAnswer,
  type ClientInput,
  listRunsRoute,
  type RunAction,
  type RunFilterInput,
  type RunStatus,
} from '@kantos/model'
import { call } from '../../lib/client.ts'
import { showProgress } from './bulk-progress.tsx'

/** What each action can be done to. Source: SPEC.md, section 12 */
const ABOUT: Record<RunAction, readonly RunStatus[]> = {
  retry: ['failed'],
  replay: ['succeeded', 'failed', 'skipped', 'cancelled', 'blocked'],
  cancel: ['queued', 'running', 'waiting'],
  resume: ['waiting'],
}
/** Runs in one request: few enough that the progress moves, and that stopping comes soon. */
const AT_ONCE = 200
const COUNTED = 100

/** The runs of a filter that an action can be done to; null: the filter leaves none. */
export function filterFor(action: RunAction, filter: RunFilterInput): RunFilterInput | null {
  const asked = filter.status?.split(',')
  const wanted = ABOUT[action].filter((status) => asked === undefined || asked.includes(status))
  return wanted.length === 0 ? null : { ...filter, status: wanted.join(',') }
}

/** How many runs there are, counted up to 100. */
export async function countRuns(filter: RunFilterInput): Promise<{ n: number; more: boolean }> {
  const { data, next_cursor: next } = await call(listRunsRoute, { query: { ...filter, limit: COUNTED } })
  return { n: data.length, more: next !== null }
}

/** What a bulk action has come to. */
export interface BulkState {
  done: number
  failed: number
  /** why some could not be done, each reason once */
  reasons: string[]
  state: 'running' | 'stopped' | 'ended'
}

type Given = Pick<BulkInput, 'version' | 'due_at' | 'shift_seconds'>
type BulkInput = NonNullable<ClientInput<typeof bulkRunsRoute>['body']>

/** Acts on all runs of a filter, part by part, and shows how far it is. It can be stopped between two parts. */
export function actOnAll(action: BulkAction, filter: RunFilterInput, given: Given = {}): Promise<void> {
  return follow(action, (cursor) =>
    call(bulkRunsRoute, {
      body: { action, filter, limit: AT_ONCE, ...given, ...(cursor === null ? {} : { cursor }) },
    }),
  )
}

/** The same with chosen runs; those that have come to another status meanwhile are left alone. */
export function actOnRuns(
  action: BulkAction,
  ids: readonly string[],
  status: RunStatus,
  given: Given = {},
): Promise<void> {
  return follow(action, async (cursor) => {
    const from = Number(cursor ?? 0)
    const filter = { run_ids: ids.slice(from, from + AT_ONCE), status }
    const answer = await call(bulkRunsRoute, { body: { action, filter, limit: AT_ONCE, ...given } })
    const next = from + AT_ONCE
    return { ...answer, next_cursor: next < ids.length ? String(next) : null }
  })
}

async function follow(
  action: BulkAction,
  act: (cursor: string | null) => Promise<ClientAnswer<typeof bulkRunsRoute>>,
): Promise<void> {
  let stopped = false
  const now: BulkState = { done: 0, failed: 0, reasons: [], state: 'running' }
  const progress = await showProgress(action, now, () => (stopped = true))
  let cursor: string | null = null
  try {
    do {
      const answer = await act(cursor)
      now.done += answer.done
      now.failed += answer.failed
      now.reasons = [...new Set([...now.reasons, ...answer.errors.map(({ message }) => message)])].slice(0, 3)
      cursor = answer.next_cursor
      now.state = cursor === null ? 'ended' : stopped ? 'stopped' : 'running'
      progress.show(now)
    } while (now.state === 'running')
  } catch (error) {
    progress.hide()
    throw error
  }
}
