import { setTimeout as delay } from 'node:timers/promises'
import { publicId, type Run } from '@kantos/model'
import type { Queryable } from '../db/pool.ts'
import { idFloor, type RunFilter } from './filter.ts'
import { completeRuns, readRows } from './read.ts'
import type { LogRow } from './shape.ts'

/** Runs begin to be seen up to this long after their id was drawn: the batch that writes them commits later. */
const OVERLAP_MS = 10_000
/** New runs told of in one look; of a flood, the newest. */
const MOST_NEW = 200
/** From here on everything is told; what was before is read after it, so that nothing falls between a list and its stream. */
const BEGUN = 'retry: 2000\nevent: begun\ndata: {}\n\n'
/** Live runs whose next change is watched for. */
const MOST_WATCHED = 1_000

export interface StreamOptions {
  /** ms between looks */
  intervalMs: number
  /** ms between comments that keep proxies from closing the connection */
  heartbeatMs: number
  /** the stream ends after this; the reader comes back and is authenticated anew */
  longestMs: number
  signal: AbortSignal
  /** called when somebody begins to read, and once more when that is over */
  opened(): void
  closed(): void
}

/**
 * Runs as they begin, move on and end. Ids have gaps that fill later, so nobody reads "greater than the last": each look
 * reads the last ten seconds again and drops what was told already, and asks after the live runs it knows.
 */
export class RunWatch {
  private readonly db: Queryable
  private readonly workspaceId: string
  private readonly filter: RunFilter
  private readonly now: () => number
  /** what was last told of each run, by uuid */
  private readonly told = new Map<string, string>()
  private readonly watched = new Set<string>()

  constructor(db: Queryable, workspaceId: string, filter: RunFilter, now: () => number) {
    this.db = db
    this.workspaceId = workspaceId
    this.filter = filter
    this.now = now
  }

  /** Takes what is there as told; live runs of any age are watched from here on. */
  async begin(): Promise<void> {
    await this.changed()
    const live: RunFilter = { ...this.filter, statuses: ['queued', 'running', 'waiting'] }
    for (const row of await readRows(this.db, this.workspaceId, live, { limit: MOST_WATCHED, whole: false }))
      this.note(row)
  }

  /** The runs that are new or not as they were told last, oldest first; `left` no longer has one of the filter's statuses. */
  async next(): Promise<{ run: Run; left: boolean }[]> {
    const rows = await this.changed()
    const left = new Set(rows.filter((row) => !this.holds(row.status)).map(({ id }) => publicId('run', id)))
    const runs = await completeRuns(this.db, this.workspaceId, rows, false)
    return runs.map((run) => ({ run, left: left.has(run.id) }))
  }

  private holds(status: string): boolean {
    return this.filter.statuses === undefined || this.filter.statuses.some((one) => one === status)
  }

  private async changed(): Promise<LogRow[]> {
    const since = this.now() - OVERLAP_MS
    const floor = idFloor(since)
    const { statuses: _, ...any } = this.filter
    // what it was told as, if it was held then
    const held = new Set([...this.told].flatMap(([id, state]) => (this.holds(state.split(' ')[0]!) ? id : [])))
    const fresh = (
      await readRows(this.db, this.workspaceId, { ...any, since }, { limit: MOST_NEW, whole: false })
    ).filter((row) => this.note(row))
    const known = [...this.watched].filter((id) => !fresh.some((row) => row.id === id))
    const moved =
      known.length === 0
        ? []
        : (await readRows(this.db, this.workspaceId, { ids: known }, { limit: known.length, whole: false })).filter(
            (row) => this.note(row),
          )
    for (const id of this.told.keys()) if (id < floor && !this.watched.has(id)) this.told.delete(id)
    return [...moved, ...fresh]
      .filter((row) => held.has(row.id) || this.holds(row.status))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
  }

  /** @returns whether this state of the run wasn't told yet */
  private note(row: LogRow): boolean {
    const state = `${row.status} ${row.rev}`
    if (this.told.get(row.id) === state) return false
    this.told.set(row.id, state)
    if (row.finished_at !== null) this.watched.delete(row.id)
    else if (this.watched.size < MOST_WATCHED) this.watched.add(row.id)
    return true
  }
}

/**
 * The stream as server-sent events. Nothing is read ahead: who reads slowly gets the newest state later.
 *
 * Source: SPEC.md, section 12
 */
export function streamRuns(watch: RunWatch, options: StreamOptions): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  const left = new AbortController()
  const signal = AbortSignal.any([left.signal, options.signal])
  const ends = performance.now() + options.longestMs
  let spoke = performance.now()
  let looked = spoke
  let state: 'unread' | 'open' | 'over' = 'unread'
  const end = () => {
    if (state === 'open') options.closed()
    state = 'over'
  }

  /** The next piece of the stream; null: it is over. */
  const next = async (): Promise<string | null> => {
    if (state === 'unread') {
      state = 'open'
      options.opened()
      await watch.begin()
      return BEGUN
    }
    while (performance.now() < ends) {
      await delay(Math.max(0, looked + options.intervalMs - performance.now()), undefined, { signal }).catch(() => {})
      if (signal.aborted) return null
      looked = performance.now()
      const runs = await watch.next()
      if (runs.length === 0 && looked - spoke < options.heartbeatMs) continue
      spoke = looked
      return runs.length === 0 ? ': still here\n\n' : runs.map(message).join('')
    }
    return null
  }

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const text = await next()
          if (left.signal.aborted) return
          if (text !== null) return controller.enqueue(encoder.encode(text))
          controller.close()
          end()
        } catch (error) {
          end()
          throw error
        }
      },
      cancel: () => {
        left.abort()
        end()
      },
    },
    { highWaterMark: 0 },
  )
}

function message({ run, left }: { run: Run; left: boolean }): string {
  return `event: ${left ? 'left' : 'run'}\nid: ${run.id}\ndata: ${JSON.stringify(run)}\n\n`
}
