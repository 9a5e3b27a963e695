import { getAutomationRoute, listEnlistmentsRoute, previewEnlistRoute } from '@kantos/model'
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { call } from '../../lib/client.ts'
import { keys } from '../../lib/query-keys.ts'

export type Filters = Record<string, unknown>

const LOOK_AGAIN_MS = 2000

/** The automation, as it is saved. */
export const automationQuery = (id: string) =>
  queryOptions({
    queryKey: keys.automation(id),
    queryFn: ({ signal }) => call(getAutomationRoute, { params: { id } }, { signal }),
  })

/** On how many records it would be run, with some of them. */
export const previewQuery = (id: string, filters: Filters) =>
  queryOptions({
    queryKey: [...keys.enlistments(id), 'preview', filters],
    queryFn: ({ signal }) => call(previewEnlistRoute, { params: { id }, body: { filters } }, { signal }),
    placeholderData: keepPreviousData,
    staleTime: 0,
    retry: false,
  })

/** How often it was run on existing records, and how far it is now. */
export const enlistmentsQuery = (id: string) =>
  queryOptions({
    queryKey: keys.enlistments(id),
    queryFn: async ({ signal }) => (await call(listEnlistmentsRoute, { params: { id } }, { signal })).data,
    // the runs end after the records were handed over
    refetchInterval: ({ state }) =>
      state.data?.some((one) => one.status === 'running' || ended(one) < one.started) === true ? LOOK_AGAIN_MS : false,
  })

function ended(one: { succeeded: number; skipped: number; failed: number; cancelled: number }): number {
  return one.succeeded + one.skipped + one.failed + one.cancelled
}
