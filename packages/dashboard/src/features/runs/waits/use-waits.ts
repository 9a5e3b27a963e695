import { listWaitsRoute, type WaitEntry } from '@kantos/model'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { call } from '../../../lib/client.ts'
import { queryClient } from '../../../lib/query-client.ts'
import { keys } from '../../../lib/query-keys.ts'
import type { WaitFilter } from './search.ts'

const PAGE = 100
const LOOK_AGAIN_MS = 5000
/** Longer lists are read again only when something was done to them. */
const FEW_PAGES = 3
/** What one bulk action is done to. */
export const MOST_AT_ONCE = 10_000

/** What waits by a filter, due soonest first, read page by page. */
export function useWaits(filter: WaitFilter) {
  return useInfiniteQuery({
    queryKey: keys.waits(filter),
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => readPage(filter, pageParam, signal),
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) <= FEW_PAGES ? LOOK_AGAIN_MS : false),
  })
}

/** All that waits by a filter, due soonest first, up to 10,000. */
export async function collectWaits(filter: WaitFilter): Promise<{ waits: WaitEntry[]; more: boolean }> {
  const waits: WaitEntry[] = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<typeof readPage>> = await readPage(filter, cursor)
    waits.push(...page.data)
    cursor = page.next_cursor
  } while (cursor !== null && waits.length < MOST_AT_ONCE)
  return { waits, more: cursor !== null }
}

/** Reads the lists of waits and runs again. */
export async function refreshWaits(): Promise<void> {
  await Promise.all([
    queryClient.invalidateQueries({ queryKey: keys.waits() }),
    queryClient.invalidateQueries({ queryKey: keys.runs() }),
  ])
}

function readPage(filter: WaitFilter, cursor: string | null, signal?: AbortSignal) {
  const query = { ...filter, limit: PAGE, ...(cursor === null ? {} : { cursor }) }
  return call(listWaitsRoute, { query }, signal === undefined ? {} : { signal })
}
