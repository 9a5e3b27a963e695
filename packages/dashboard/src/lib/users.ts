import { listUsers, type User } from '@kantos/model'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { call } from './client.ts'
import { strings } from '../strings/common.ts'
import { keys } from './query-keys.ts'

/** The users of the workspace. */
export const usersQuery = queryOptions({
  queryKey: keys.users,
  queryFn: async ({ signal }) => (await call(listUsers, undefined, { signal })).data,
  staleTime: 60_000,
})

const NONE: User[] = []

/** All users; empty until they are read. */
export function useUsers(): User[] {
  return useQuery(usersQuery).data ?? NONE
}

/**
 * An actor in words: a user's name, "an API key", "an automation".
 *
 * @param actor `user_…`, `key_…`, `run_…`, or null for the system itself
 */
export function actorWords(actor: string | null, users: readonly User[]): string {
  if (actor === null || actor === 'system') return 'the system'
  if (actor.startsWith('user_')) return users.find((user) => user.id === actor)?.name ?? strings.formerUser
  if (actor.startsWith('key_')) return 'an API key'
  return actor.startsWith('run_') ? 'an automation' : actor
}

/** All users to choose from; and one who is gone, while a value still names them. @param chosen `user_…` */
export function userOptions(users: readonly User[], chosen: string | null): { value: string; label: string }[] {
  const options = users.map(({ id, name }) => ({ value: id, label: name }))
  if (chosen === null || users.length === 0 || users.some(({ id }) => id === chosen)) return options
  return [...options, { value: chosen, label: strings.formerUserAlone }]
}
