import { listRunsRoute, type Run, type RunFilterInput } from '@kantos/model'
import { type InfiniteData, useInfiniteQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { call } from '../../lib/client.ts'
import { queryClient } from '../../lib/query-client.ts'
import { keys } from '../../lib/query-keys.ts'
import { type RunPageData, type Told, withNewest, withoutRuns, withTold } from './merge.ts'

const PAGE = 50
const POLL_MS = 5000
const APPLY_MS = 100
/** After a newest page that could not be read. */
const AGAIN_MS = 2000
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

type Pages = RunPageData[]

interface Listener {
  /** from here on everything is told; what was before isn't */
  onBegun(): void
  onTold(told: Told): void
  onLost(isLost: boolean): void
}

/** Server-sent events of the runs of a filter. The browser connects again by itself; `onLost` tells while it can't. */
function stream(filter: RunFilterInput, { onBegun, onTold, onLost }: Listener): () => void {
  const query = new URLSearchParams(filter as Record<string, string>)
  const source = new EventSource(`/api/runs/stream?${query}`)
  source.addEventListener('open', () => onLost(false))
  source.addEventListener('error', () => onLost(true))
  source.addEventListener('begun', onBegun)
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

/** The newest page of a list; null: it can't be had now. */
function readNewest(filter: RunFilterInput): Promise<RunPageData | null> {
  return call(listRunsRoute, { query: { ...filter, limit: PAGE } }).catch(() => null)
}

const NONE: ReadonlySet<string> = new Set()

/**
 * Keeps the list of a filter up to date: runs come as they happen, and those that no longer match go after a moment; while the stream is
 * lost the newest page is asked for every few seconds. The newest page is also read each time that the stream has begun: it doesn't tell
 * of what happened since the list was read, or since the stream before it was lost.
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
    let isOpen = true
    /** what was told while the newest page is being read, which may have been read before it */
    let meanwhile: Told[] | null = null
    const later = (work: () => void, ms: number): void => {
      const timer = setTimeout(() => {
        timers.delete(timer)
        work()
      }, ms)
      timers.add(timer)
    }
    const apply = (): void => {
      const told = waiting.current.splice(0)
      meanwhile?.push(...told)
      change(wanted, (pages) => withTold(pages, told))
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
    const catchUp = async (): Promise<void> => {
      const told: Told[] = []
      meanwhile = told
      const page = await readNewest(wanted)
      // a stream that began since then reads it once more
      if (!isOpen || meanwhile !== told) return
      meanwhile = null
      if (page === null) later(() => void catchUp(), AGAIN_MS)
      else change(wanted, (pages) => withTold(withNewest(pages, page), told))
    }
    const close = stream(wanted, {
      onBegun: () => void catchUp(),
      onTold: (told) => {
        if (waiting.current.push(told) === 1) later(apply, APPLY_MS)
      },
      onLost: setLost,
    })
    return () => {
      isOpen = false
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
      const page = await readNewest(wanted)
      if (page !== null) change(wanted, (pages) => withNewest(pages, page))
    }
    const timer = setInterval(() => void poll(), POLL_MS)
    return () => clearInterval(timer)
  }, [id, isOn, isLost])
  return { connection: isOn ? (isLost ? 'polling' : 'live') : 'off', leaving }
}
