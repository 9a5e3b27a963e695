import { listCausesRoute } from '@kantos/model'
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { call } from '../../../lib/client.ts'
import { keys } from '../../../lib/query-keys.ts'

const LOOK_AGAIN_MS = 5000

export const SPANS_MS = { day: 86_400_000, week: 604_800_000, month: 2_592_000_000 } as const
export type Span = keyof typeof SPANS_MS

/** What the address of the list of failures holds. */
export interface FailureSearch {
  time: Span
  automation?: string
}

/** The filter that an address holds; without a time it is a week. */
export function readFailureSearch({ time, automation }: Record<string, unknown>): FailureSearch {
  return {
    time: typeof time === 'string' && Object.hasOwn(SPANS_MS, time) ? (time as Span) : 'week',
    ...(typeof automation === 'string' && automation !== '' ? { automation } : {}),
  }
}

/** The failures by cause since `from` (ISO). */
export const causesQuery = (from: string, automation: string | undefined) =>
  queryOptions({
    queryKey: keys.causes({ from, automation }),
    queryFn: ({ signal }) =>
      call(
        listCausesRoute,
        { query: { from, ...(automation === undefined ? {} : { automation_id: automation }) } },
        { signal },
      ),
    placeholderData: keepPreviousData,
    refetchInterval: LOOK_AGAIN_MS,
  })
