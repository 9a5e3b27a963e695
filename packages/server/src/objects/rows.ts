import {
  ApiError,
  type Field,
  type ObjectDefinition,
  objectId,
  objectSlug,
  uuidOf,
  type ObjectAnswer,
} from '@kantos/model'
import type { Client, Pool, Queryable } from '../db/pool.ts'
import { transaction } from '../db/transaction.ts'
import { type Catalogue, readCatalogue } from '../records/catalogue.ts'

/** An object as the API gives it. Source: SPEC.md, section 2 */
export function presentObject(object: ObjectDefinition): ObjectAnswer {
  const { slug, name, icon, description, standard, fields } = object
  return { id: objectId(slug), name, slug, icon, description, standard, field_count: fields.length, fields }
}

/**
 * The object of a reference: slug, `obj_<slug>` or `obj_def_<slug>`.
 *
 * @throws ApiError NOT_FOUND
 */
export function objectOf(catalogue: Catalogue, ref: string): ObjectDefinition {
  const object = catalogue.objects.get(objectSlug(ref))
  if (object === undefined) throw new ApiError('NOT_FOUND', 'There is no such object.')
  return object
}

/**
 * The field of a reference: its id or slug.
 *
 * @throws ApiError NOT_FOUND
 */
export function fieldOfObject(object: ObjectDefinition, ref: string): Field {
  const field = object.fields.find((one) => one.id === ref || one.slug === ref)
  if (field === undefined) throw new ApiError('NOT_FOUND', `${object.name} has no such field.`)
  return field
}

/** Notes a change in its own transaction. */
export type Note<T> = (client: Client, changed: T) => Promise<void>
export const unnoted = async () => {}

/**
 * Changes objects or fields: one change of a workspace at a time (`for update` on its row), and the revision that writers and workers
 * compare is raised in the same transaction.
 *
 * @param note is called in the transaction with what was changed, for the audit log
 * @param change gets the objects as they are under the lock
 */
export function changeObjects<T>(
  pool: Pool,
  workspaceId: string,
  note: Note<T>,
  change: (client: Client, catalogue: Catalogue) => Promise<T>,
): Promise<T> {
  return transaction(
    pool,
    async (client) => {
      await client.query('select 1 from workspaces where id = $1 for update', [workspaceId])
      const result = await change(client, await readCatalogue(client, workspaceId))
      await note(client, result)
      await client.query('update workspaces set automations_rev = automations_rev + 1 where id = $1', [workspaceId])
      return result
    },
    // a change that looks at every record may take longer than a request usually may
    { settings: { statement_timeout: '120s', lock_timeout: '15s' } },
  )
}

export async function insertFields(
  db: Queryable,
  workspaceId: string,
  object: string,
  fields: readonly Field[],
): Promise<void> {
  if (fields.length === 0) return
  await db.query(
    `insert into fields (workspace_id, object, slug, id, name, type, required, is_unique, default_value, options, position)
     select $1, $2, slug, id, name, type, required, is_unique, default_value, options, position
     from json_to_recordset($3::json) as x(slug text, id uuid, name text, type text, required boolean, is_unique boolean,
       default_value jsonb, options jsonb, position int)`,
    [workspaceId, object, JSON.stringify(fields.map(fieldRow))],
  )
}

export async function updateFields(
  db: Queryable,
  workspaceId: string,
  object: string,
  fields: readonly Field[],
): Promise<void> {
  await db.query(
    `update fields f set name = x.name, type = x.type, required = x.required, is_unique = x.is_unique,
       default_value = x.default_value, options = x.options, position = x.position
     from json_to_recordset($3::json) as x(slug text, name text, type text, required boolean, is_unique boolean,
       default_value jsonb, options jsonb, position int)
     where f.workspace_id = $1 and f.object = $2 and f.slug = x.slug`,
    [workspaceId, object, JSON.stringify(fields.map(fieldRow))],
  )
}

function fieldRow({ unique, ...field }: Field): object {
  return { ...field, id: uuidOf('field', field.id), is_unique: unique }
}

/**
 * Keeps writers of records out until the transaction ends. One that waits here finds, when it goes on, that the objects have changed, and
 * looks again; so nothing is written by what was just deleted.
 */
export async function holdWriters(client: Client): Promise<void> {
  await client.query('lock table records in share row exclusive mode')
}
