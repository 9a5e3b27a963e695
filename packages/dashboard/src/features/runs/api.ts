import { getAutomationRoute, getRunRoute, getVersionRoute, listEmailTemplatesRoute, listRunsRoute } from '@kantos/model'
import { queryOptions } from '@tanstack/react-query'
import { call } from '../../lib/client.ts'
import { keys } from '../../lib/query-keys.ts'

/** One automation, as it is saved. */
export const automationQuery = (id: string) =>
  queryOptions({
    queryKey: keys.automation(id),
    queryFn: ({ signal }) => call(getAutomationRoute, { params: { id } }, { signal }),
  })

/** One run, whole. */
export const runQuery = (id: string) =>
  queryOptions({ queryKey: keys.run(id), queryFn: ({ signal }) => call(getRunRoute, { params: { id } }, { signal }) })

/** The version that a run used; it never changes. */
export const versionQuery = (automation: string, version: number) =>
  queryOptions({
    queryKey: [...keys.versions(automation), version],
    queryFn: ({ signal }) => call(getVersionRoute, { params: { id: automation, n: String(version) } }, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })

/** Names of the e-mail templates, for the words on the flow; the first hundred. */
export const templateNamesQuery = queryOptions({
  queryKey: keys.templates('names'),
  queryFn: async ({ signal }) => (await call(listEmailTemplatesRoute, { query: { per_page: 100 } }, { signal })).data,
  staleTime: 60_000,
})

const CHAIN = 100

/** The newest runs of a chain. */
export const chainQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.runs(), 'chain', id],
    queryFn: ({ signal }) => call(listRunsRoute, { query: { chain_id: id, limit: CHAIN } }, { signal }),
  })
