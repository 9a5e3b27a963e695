import { ApiError } from '@kantos/model'
import { QueryClient } from '@tanstack/react-query'

/** Whether asking again may help: not when the server understood and said no. */
function worthRetrying(failures: number, error: unknown): boolean {
  if (error instanceof ApiError && error.status < 500 && error.status !== 429) return false
  return failures < 2
}

/** What was read from the server, by the keys of `query-keys.ts`. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { retry: worthRetrying, staleTime: 10_000, refetchOnWindowFocus: true, networkMode: 'always' },
    // what is asked of the server without a connection fails at once and says so, rather than waiting for one without an end
    mutations: { retry: false, networkMode: 'always' },
  },
})
