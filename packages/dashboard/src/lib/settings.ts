import { businessHoursOf, DEFAULT_SETTINGS, readSettings, type Settings } from '@kantos/model'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { call } from './client.ts'
import { keys } from './query-keys.ts'

/** The settings of the workspace. */
export const settingsQuery = queryOptions({
  queryKey: keys.settings,
  queryFn: ({ signal }) => call(readSettings, undefined, { signal }),
  staleTime: 60_000,
})

/** The settings of the workspace; those of a new one until they are there. */
export function useSettings(): Settings {
  return useQuery(settingsQuery).data ?? DEFAULT_SETTINGS
}

/** The calendar that waits go by. */
export function useBusinessHours() {
  return businessHoursOf(useSettings())
}
