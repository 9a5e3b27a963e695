import { logOut, readSession, ROLES, type Role, type Session } from '@kantos/model'
import { queryOptions, useSuspenseQuery } from '@tanstack/react-query'
import { call } from './client.ts'
import { queryClient } from './query-client.ts'
import { keys } from './query-keys.ts'

/** Who is logged in. */
export const sessionQuery = queryOptions({
  queryKey: keys.session,
  queryFn: ({ signal }) => call(readSession, undefined, { signal }),
  staleTime: 5 * 60_000,
})

/** Who is logged in; only below the shell, which has read it. */
export function useSession(): Session {
  return useSuspenseQuery(sessionQuery).data
}

/** Whether who is logged in has at least a role: `useCan('editor')`. Source: SPEC.md, section 12 */
export function useCan(role: Role): boolean {
  return ROLES.indexOf(useSession().role) >= ROLES.indexOf(role)
}

/** Ends the session and forgets all that was read. */
export async function endSession(): Promise<void> {
  await call(logOut)
  queryClient.clear()
}
