import { listAutomationsRoute, readOverviewRoute } from '@kantos/model'
import { queryOptions } from '@tanstack/react-query'
import { call } from '../../lib/client.ts'
import { keys } from '../../lib/query-keys.ts'

const LOOK_AGAIN_MS = 10_000

/** How the workspace fares. */
export const overviewQuery = queryOptions({
  queryKey: keys.overview,
  queryFn: ({ signal }) => call(readOverviewRoute, undefined, { signal }),
  refetchInterval: LOOK_AGAIN_MS,
})

/** Whether there is any automation yet. */
export const hasAutomationsQuery = queryOptions({
  queryKey: keys.automations({ any: true }),
  queryFn: async ({ signal }) =>
    (await call(listAutomationsRoute, { query: { per_page: 1 } }, { signal })).pagination.total > 0,
})
