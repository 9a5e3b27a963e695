import { publicId, uuidOf } from '@kantos/model'
import type { Queryable } from '../db/pool.ts'

/** A user as templates and rules read it behind a record's field: `record.owner.email`. */
export interface NamedUser extends Readonly<Record<string, unknown>> {
  id: string
  name: string
  email: string
}

/** Reads users by uuid; those that don't exist are missing in the answer. */
export async function readUsers(
  db: Queryable,
  wanted: readonly { workspaceId: string; id: string }[],
): Promise<({ workspaceId: string } & NamedUser)[]> {
  const { rows } = await db.query<{ workspaceId: string; id: string; name: string; email: string }>({
    name: 'users-named',
    text: `select u.workspace_id as "workspaceId", u.id, u.name, u.email from unnest($1::uuid[], $2::uuid[]) as w(workspace_id, id)
      join users u on u.workspace_id = w.workspace_id and u.id = w.id`,
    values: [wanted.map((one) => one.workspaceId), wanted.map((one) => one.id)],
  })
  return rows.map((row) => ({ ...row, id: publicId('user', row.id) }))
}

/** The users that records of a batch name: each is read once. */
export class KnownUsers {
  private readonly known = new Map<string, NamedUser | null>()

  /** @param id public; null: there is no such user; undefined: not read yet */
  get(workspaceId: string, id: string): NamedUser | null | undefined {
    return uuidOf('user', id) === null ? null : this.known.get(workspaceId + id)
  }

  /** Reads those that aren't known yet, in one statement. @param ids public */
  async read(
    workspaceId: string,
    ids: readonly string[],
    read: (wanted: { workspaceId: string; id: string }[]) => ReturnType<typeof readUsers>,
  ): Promise<void> {
    const missing = [...new Set(ids)].flatMap((id) => {
      const uuid = uuidOf('user', id)
      return uuid === null || this.known.has(workspaceId + id) ? [] : [{ workspaceId, id: uuid }]
    })
    if (missing.length === 0) return
    for (const { id } of missing) this.known.set(workspaceId + publicId('user', id), null)
    for (const { workspaceId: _, ...user } of await read(missing)) this.known.set(workspaceId + user.id, user)
  }
}
