import { type Hold, readHoldRoute } from '@kantos/model'
import { queryOptions } from '@tanstack/react-query'
import { call } from './client.ts'
import { keys } from './query-keys.ts'

const LOOK_MS = 30_000

/** Whether the workspace is on hold; somebody else may change it. */
export const holdQuery = queryOptions<Hold>({
  queryKey: keys.hold,
  queryFn: ({ signal }) => call(readHoldRoute, undefined, { signal }),
  refetchInterval: LOOK_MS,
})
