import { type Field, type FieldValues, type ObjectDefinition, publicId, uuidOf, type ValueError } from '@kantos/model'
import type { Queryable } from '../db/pool.ts'

/** A user as templates and rules read it behind a record's field: `record.owner.email`. */
export interface NamedUser extends Readonly<Record<string, unknown>> {
  id: string
  name: string
  email: string
}

const NO_FIELDS: readonly Field[] = []
const userFields = new WeakMap<ObjectDefinition, readonly Field[]>()

/** The fields of an object that name users. */
function userFieldsOf(object: ObjectDefinition): readonly Field[] {
  let fields = userFields.get(object)
  if (fields === undefined) {
    fields = object.fields.filter(({ type }) => type === 'user')
    userFields.set(object, fields)
  }
  return fields
}

/** The user fields that a write fills anew; what stands there already stays, also when the user is gone. */
export function usersNamed(object: ObjectDefinition, before: FieldValues, after: FieldValues): readonly Field[] {
  const fields = userFieldsOf(object)
  const fills = ({ slug }: Field) => after[slug] !== undefined && after[slug] !== before[slug]
  return fields.some(fills) ? fields.filter(fills) : NO_FIELDS
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

  /**
   * Whether a write names users who don't exist.
   *
   * @param read reads users by public id into this
   * @returns null when all are there
   */
  async refusal(
    workspaceId: string,
    object: ObjectDefinition,
    before: FieldValues,
    after: FieldValues,
    read: (ids: readonly string[]) => Promise<void>,
  ): Promise<{ ok: false; code: 'VALIDATION_ERROR'; unknown: string[]; errors: ValueError[] } | null> {
    const fields = usersNamed(object, before, after)
    if (fields.length === 0) return null
    await read(fields.map(({ slug }) => String(after[slug])))
    const errors = fields
      .filter(({ slug }) => this.get(workspaceId, String(after[slug])) === null)
      .map(({ slug, name }) => ({
        path: slug,
        message: `${name} names a user who doesn't exist: ${String(after[slug])}.`,
      }))
    return errors.length === 0 ? null : { ok: false, code: 'VALIDATION_ERROR', unknown: [], errors }
  }
}
