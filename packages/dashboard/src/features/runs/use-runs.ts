import { listRunsRoute, type Run, type RunFilterInput } from '@kantos/model'
import { type InfiniteData, useInfiniteQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { call } from '../../lib/client.ts'
import { queryClient } from '../../lib/query-client.ts'
import { keys } from '../../lib/query-keys.ts'
import { type RunPageData, withRun } from './merge.ts'

const PAGE = 50
const POLL_MS = 5000

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

/** Server-sent events of the runs of a filter. The browser connects again by itself; `onLost` tells while it can't. */
function stream(filter: RunFilterInput, onRun: (run: Run) => void, onLost: (isLost: boolean) => void): () => void {
  const query = new URLSearchParams(
    Object.entries(filter).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
  const source = new EventSource(`/api/runs/stream?${query}`)
  source.addEventListener('open', () => onLost(false))
  source.addEventListener('error', () => onLost(true))
  source.addEventListener('run', (event) => onRun(JSON.parse((event as MessageEvent<string>).data) as Run))
  return () => source.close()
}

/**
 * Keeps the list of a filter up to date: runs come as they happen; while the stream is lost the newest page is asked for every few
 * seconds.
 */
export function useLiveRuns(filter: RunFilterInput, isOn: boolean): Connection {
  const [isLost, setLost] = useState(false)
  const id = JSON.stringify(filter)
  const waiting = useRef<Run[]>([])
  useEffect(() => {
    if (!isOn) return
    const queryKey = keys.runs(JSON.parse(id) as RunFilterInput)
    let timer: ReturnType<typeof setTimeout> | null = null
    const apply = (): void => {
      timer = null
      const runs = waiting.current.splice(0)
      queryClient.setQueryData<InfiniteData<RunPageData, string | null>>(queryKey, (known) =>
        known === undefined ? known : { ...known, pages: runs.reduce(withRun, known.pages) },
      )
    }
    const close = stream(
      JSON.parse(id) as RunFilterInput,
      (run) => {
        waiting.current.push(run)
        timer ??= setTimeout(apply, 100)
      },
      setLost,
    )
    return () => {
      close()
      if (timer !== null) clearTimeout(timer)
      waiting.current = []
      setLost(false)
    }
  }, [id, isOn])
  useEffect(() => {
    if (!isOn || !isLost) return
    const poll = async (): Promise<void> => {
      const wanted = JSON.parse(id) as RunFilterInput
      const page = await call(listRunsRoute, { query: { ...wanted, limit: PAGE } }).catch(() => null)
      if (page === null) return
      queryClient.setQueryData<InfiniteData<RunPageData, string | null>>(keys.runs(wanted), (known) =>
        known === undefined ? known : { ...known, pages: page.data.toReversed().reduce(withRun, known.pages) },
      )
    }
    const timer = setInterval(() => void poll(), POLL_MS)
    return () => clearInterval(timer)
  }, [id, isOn, isLost])
  return isOn ? (isLost ? 'polling' : 'live') : 'off'
}
