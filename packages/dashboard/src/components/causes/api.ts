import { ApiError, type FailureCause, getAutomationRoute, listRunsRoute } from '@kantos/model'
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { call } from '../../lib/client.ts'
import { keys } from '../../lib/query-keys.ts'

const SHOWN_RUNS = 8

/** The newest runs of a cause. */
export const causeRunsQuery = (cause: FailureCause, from: string) =>
  queryOptions({
    queryKey: [...keys.causes(), cause.key, from, cause.runs, cause.retried],
    queryFn: ({ signal }) => call(listRunsRoute, { query: { cause: cause.key, from, limit: SHOWN_RUNS } }, { signal }),
    placeholderData: keepPreviousData,
  })

/** An automation as it is saved now; null when it was deleted. */
export const stepsQuery = (automation: string) =>
  queryOptions({
    queryKey: [...keys.automation(automation), 'if-any'],
    queryFn: async ({ signal }) => {
      try {
        return await call(getAutomationRoute, { params: { id: automation } }, { signal })
      } catch (error) {
        if (error instanceof ApiError && error.code === 'NOT_FOUND') return null
        throw error
      }
    },
    staleTime: 60_000,
    retry: false,
  })
