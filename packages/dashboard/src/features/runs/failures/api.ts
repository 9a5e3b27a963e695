import { type FailureCause, getAutomationRoute, listCausesRoute, listRunsRoute } from '@kantos/model'
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { call } from '../../../lib/client.ts'
import { keys } from '../../../lib/query-keys.ts'

const LOOK_AGAIN_MS = 5000
const SHOWN_RUNS = 8

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

/** The newest runs of a cause. */
export const causeRunsQuery = (cause: FailureCause, from: string) =>
  queryOptions({
    queryKey: [...keys.causes(), cause.key, from, cause.runs, cause.retried],
    queryFn: ({ signal }) => call(listRunsRoute, { query: { cause: cause.key, from, limit: SHOWN_RUNS } }, { signal }),
    placeholderData: keepPreviousData,
  })

/** The names of an automation's steps, as it is saved now. */
export const stepsQuery = (automation: string) =>
  queryOptions({
    queryKey: keys.automation(automation),
    queryFn: ({ signal }) => call(getAutomationRoute, { params: { id: automation } }, { signal }),
    staleTime: 60_000,
    retry: false,
  })
