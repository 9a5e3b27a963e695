import { getAutomationRoute, getRunRoute, getVersionRoute } from '@kantos/model'
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
