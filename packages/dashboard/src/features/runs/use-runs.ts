import { listRunsRoute, type Run, type RunFilterInput } from '@kantos/model'
import { type InfiniteData, useInfiniteQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { call } from '../../lib/client.ts'
import { queryClient } from '../../lib/query-client.ts'
import { keys } from '../../lib/query-keys.ts'
import { type RunPageData, withChangedRun, withNewest, withoutRuns, withRun } from './merge.ts'

const PAGE = 50
const POLL_MS = 5000
const APPLY_MS = 100
/** A run that no longer matches stays so long, with what became of it. */
const LEAVES_MS = 2000

/** The execution log by a filter, newest first, read page by page. */
export function useRuns(filter: RunFilterInput) {
  return useInfiniteQuery({
    queryKey: keys.runs(filter),
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      call(
        listRunsRoute,
        { query: { ...filter, limit: PAGE, ...(pageParam === null ? {} : { cursor: pageParam }) } },
        { signal },
      ),
    getNextPageParam: (page) => page.next_cursor,
    refetchOnWindowFocus: false,
  })
}

export type Connection = 'live' | 'polling' | 'off'

type Told = { run: Run; left: boolean }
type Pages = RunPageData[]

/** Server-sent events of the runs of a filter. The browser connects again by itself; `onLost` tells while it can't. */
function stream(filter: RunFilterInput, onTold: (told: Told) => void, onLost: (isLost: boolean) => void): () => void {
  const query = new URLSearchParams(filter as Record<string, string>)
  const source = new EventSource(`/api/runs/stream?${query}`)
  source.addEventListener('open', () => onLost(false))
  source.addEventListener('error', () => onLost(true))
  for (const kind of ['run', 'left'] as const)
    source.addEventListener(kind, (event) =>
      onTold({ run: JSON.parse((event as MessageEvent<string>).data) as Run, left: kind === 'left' }),
    )
  return () => source.close()
}

function change(filter: RunFilterInput, next: (pages: Pages) => Pages): void {
  queryClient.setQueryData<InfiniteData<RunPageData, string | null>>(keys.runs(filter), (known) =>
    known === undefined ? known : { ...known, pages: next(known.pages) },
  )
}

const NONE: ReadonlySet<string> = new Set()

/**
 * Keeps the list of a filter up to date: runs come as they happen, and those that no longer match go after a moment; while the stream is
 * lost the newest page is asked for every few seconds.
 *
 * @returns `leaving`: ids of the runs that are about to go
 */
export function useLiveRuns(
  filter: RunFilterInput,
  isOn: boolean,
): { connection: Connection; leaving: ReadonlySet<string> } {
  const [isLost, setLost] = useState(false)
  const [leaving, setLeaving] = useState(NONE)
  const id = JSON.stringify(filter)
  const waiting = useRef<Told[]>([])
  useEffect(() => {
    if (!isOn) return
    const wanted = JSON.parse(id) as RunFilterInput
    const timers = new Set<ReturnType<typeof setTimeout>>()
    const going = new Set<string>()
    const later = (work: () => void, ms: number): void => {
      const timer = setTimeout(() => {
        timers.delete(timer)
        work()
      }, ms)
      timers.add(timer)
    }
    const apply = (): void => {
      const told = waiting.current.splice(0)
      change(wanted, (pages) =>
        told.reduce((known, { run, left }) => (left ? withChangedRun(known, run) : withRun(known, run)), pages),
      )
      for (const { run, left } of told) {
        if (left) going.add(run.id)
        else going.delete(run.id)
      }
      setLeaving(new Set(going))
      const gone = told.flatMap(({ run, left }) => (left ? run.id : []))
      if (gone.length === 0) return
      later(() => {
        // one that came back meanwhile stays
        const still = new Set(gone.filter((one) => going.delete(one)))
        change(wanted, (pages) => withoutRuns(pages, still))
        setLeaving(new Set(going))
      }, LEAVES_MS)
    }
    const close = stream(
      wanted,
      (told) => {
        if (waiting.current.push(told) === 1) later(apply, APPLY_MS)
      },
      setLost,
    )
    return () => {
      close()
      for (const timer of timers) clearTimeout(timer)
      waiting.current = []
      setLost(false)
      setLeaving(NONE)
    }
  }, [id, isOn])
  useEffect(() => {
    if (!isOn || !isLost) return
    const wanted = JSON.parse(id) as RunFilterInput
    const poll = async (): Promise<void> => {
      const page = await call(listRunsRoute, { query: { ...wanted, limit: PAGE } }).catch(() => null)
      if (page !== null) change(wanted, (pages) => withNewest(pages, page))
    }
    const timer = setInterval(() => void poll(), POLL_MS)
    return () => clearInterval(timer)
  }, [id, isOn, isLost])
  return { connection: isOn ? (isLost ? 'polling' : 'live') : 'off', leaving }
}
