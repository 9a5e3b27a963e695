import { publicId, uuidOf } from '@kantos/model'
import type { Queryable } from '../db/pool.ts'

export interface Actor {
  id: string
  name: string
  email: string
}

/**
 * Who stands behind public ids of users and keys, as `{{user.name}}` shows them. A key has no e-mail.
 *
 * @param wanted workspace uuid by public id
 */
export async function readActors(
  db: Queryable,
  wanted: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, Actor>> {
  const found = new Map<string, Actor>()
  if (wanted.size === 0) return found
  const pick = (kind: 'user' | 'key') =>
    [...wanted].flatMap(([id, workspaceId]) => {
      const uuid = uuidOf(kind, id)
      return uuid === null ? [] : [{ workspaceId, uuid }]
    })
  const users = pick('user')
  const keys = pick('key')
  const { rows } = await db.query<{ kind: 'user' | 'key'; id: string; name: string; email: string }>({
    name: 'actors-read',
    text: `
      select 'user' as kind, u.id, u.name, u.email from unnest($1::uuid[], $2::uuid[]) as w(workspace_id, id)
      join users u on u.workspace_id = w.workspace_id and u.id = w.id
      union all
      select 'key', k.id, k.name, '' from unnest($3::uuid[], $4::uuid[]) as w(workspace_id, id)
      join api_keys k on k.workspace_id = w.workspace_id and k.id = w.id`,
    values: [
      users.map((user) => user.workspaceId),
      users.map((user) => user.uuid),
      keys.map((key) => key.workspaceId),
      keys.map((key) => key.uuid),
    ],
  })
  for (const { kind, id, name, email } of rows) {
    const actorId = publicId(kind, id)
    found.set(actorId, { id: actorId, name, email })
  }
  return found
}
