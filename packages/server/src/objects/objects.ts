import {
  ApiError,
  type Field,
  fieldOf,
  type FieldInput,
  invalid,
  type ObjectDefinition,
  type ObjectInput,
  type ObjectPatch,
  objectSlug,
  type Problem,
  publicId,
  slugOf,
} from '@kantos/model'
import type { Client, Pool } from '../db/pool.ts'
import type { DbTime } from '../db/time.ts'
import { changeObjects, holdWriters, insertFields, type Note, objectOf, unnoted } from './rows.ts'
import { readDocuments, refuseWhenUsed, usesObject } from './usage.ts'

/** What changing objects needs: the pool, and the database's clock for ids. */
export interface Changing {
  pool: Pool
  time: DbTime
}

const MAX_FIELDS = 500

/**
 * Creates an object with its fields.
 *
 * @throws ApiError CONFLICT (the slug is taken), VALIDATION_ERROR (a field that isn't valid)
 * Source: SPEC.md, sections 2 and 12
 */
export async function createObject(
  { pool, time }: Changing,
  workspaceId: string,
  input: ObjectInput,
  note: Note<ObjectDefinition> = unnoted,
): Promise<ObjectDefinition> {
  const slug = input.slug ?? slugOf(input.name)
  if (/^(?:obj|def)_/.test(slug))
    throw invalid([{ path: '/slug', message: `The slug ${slug} looks like an id.`, hint: 'give another slug' }])
  return changeObjects(pool, workspaceId, note, async (client, { objects }) => {
    if (objects.has(slug)) throw new ApiError('CONFLICT', `There is an object ${slug} already.`)
    const targets = new Set([...objects.keys(), slug])
    const fields: Field[] = []
    for (const [index, given] of (input.fields ?? []).entries())
      fields.push(newField(given, { slug, fields }, targets, time, `/fields/${index}`))
    const object: ObjectDefinition = {
      slug,
      name: input.name,
      icon: input.icon ?? 'database',
      description: input.description ?? null,
      standard: false,
      fields: fields.toSorted((a, b) => a.position - b.position).map((field, position) => ({ ...field, position })),
    }
    await client.query(
      `insert into objects (workspace_id, slug, name, icon, description, position)
       values ($1, $2, $3, $4, $5, (select coalesce(max(position), -1) + 1 from objects where workspace_id = $1))`,
      [workspaceId, slug, object.name, object.icon, object.description],
    )
    await insertFields(client, workspaceId, slug, object.fields)
    return object
  })
}

/** Changes the name, icon or description of an object. @throws ApiError NOT_FOUND */
export async function updateObject(
  { pool }: Changing,
  workspaceId: string,
  ref: string,
  patch: ObjectPatch,
  note: Note<ObjectDefinition> = unnoted,
): Promise<ObjectDefinition> {
  return changeObjects(pool, workspaceId, note, async (client, catalogue) => {
    const { description, ...rest } = patch
    const object = { ...objectOf(catalogue, ref), ...defined(rest) }
    if (description !== undefined) object.description = description
    await client.query(
      'update objects set name = $3, icon = $4, description = $5 where workspace_id = $1 and slug = $2',
      [workspaceId, object.slug, object.name, object.icon, object.description],
    )
    return object
  })
}

/**
 * Deletes an object with its fields, and with its records when `force` says so. Its records leave no events: nothing can listen to them,
 * since an object that automations use is not deleted.
 *
 * @throws ApiError NOT_FOUND; CONFLICT for a standard object, one that automations use or references point at, or one with records
 * Source: SPEC-DETAILS.md, section 2
 */
export async function deleteObject(
  { pool }: Changing,
  workspaceId: string,
  ref: string,
  force: boolean,
  note: Note<ObjectDefinition> = unnoted,
): Promise<ObjectDefinition> {
  return changeObjects(pool, workspaceId, note, async (client, catalogue) => {
    const object = objectOf(catalogue, ref)
    if (object.standard) throw new ApiError('CONFLICT', `${object.name} is a standard object, which can't be deleted.`)
    const documents = await readDocuments(client, workspaceId)
    refuseWhenUsed(
      `The object "${object.name}"`,
      documents.filter(({ document }) => usesObject(document, object.slug)),
    )
    refuseWhenReferenced(object, catalogue.objects.values())
    // most goes while others write, the rest while they wait
    if (force) await deleteRecords(client, workspaceId, object.slug)
    else await refuseWithRecords(client, workspaceId, object)
    await holdWriters(client)
    if (force) await deleteRecords(client, workspaceId, object.slug)
    else await refuseWithRecords(client, workspaceId, object)
    await client.query('delete from objects where workspace_id = $1 and slug = $2', [workspaceId, object.slug])
    return object
  })
}

function refuseWhenReferenced(object: ObjectDefinition, objects: Iterable<ObjectDefinition>): void {
  const pointing = [...objects].flatMap((other) =>
    other.slug === object.slug
      ? []
      : other.fields
          .filter((field) => field.type === 'reference' && field.options?.object === object.slug)
          .map((field) => `${other.name}: ${field.name}`),
  )
  if (pointing.length > 0)
    throw new ApiError(
      'CONFLICT',
      `Reference fields point at ${object.name} (${pointing.join(', ')}). Delete them first.`,
      {
        fields: pointing,
      },
    )
}

async function refuseWithRecords(client: Client, workspaceId: string, object: ObjectDefinition): Promise<void> {
  const { rowCount } = await client.query('select 1 from records where workspace_id = $1 and object = $2 limit 1', [
    workspaceId,
    object.slug,
  ])
  if (rowCount !== 0)
    throw new ApiError('CONFLICT', `${object.name} has records. Delete them first, or repeat with ?force=true.`)
}

async function deleteRecords(client: Client, workspaceId: string, object: string): Promise<void> {
  const values = [workspaceId, object]
  await client.query(
    `delete from record_references x using records r
     where r.workspace_id = $1 and r.object = $2 and x.workspace_id = $1 and x.record_id = r.id`,
    values,
  )
  await client.query('delete from unique_values where workspace_id = $1 and object = $2', values)
  await client.query('delete from records where workspace_id = $1 and object = $2', values)
}

/**
 * A field about to be added, checked against the object it joins.
 *
 * @param targets slugs of the objects that a reference may name
 * @param at the JSON pointer of the field in the request
 * @throws ApiError CONFLICT (the slug is taken), VALIDATION_ERROR
 */
export function newField(
  given: FieldInput,
  object: Pick<ObjectDefinition, 'slug' | 'fields'>,
  targets: ReadonlySet<string>,
  time: DbTime,
  at = '',
): Field {
  const made = fieldOf(given, { id: publicId('field', time.id()), position: object.fields.length })
  if ('errors' in made) throw invalid(made.errors.map(({ path, ...rest }) => ({ path: `${at}/${path}`, ...rest })))
  const field = checkedField(made.field, targets, at)
  if (object.fields.some((other) => other.slug === field.slug))
    throw new ApiError('CONFLICT', `There is a field ${field.slug} already.`)
  if (object.fields.length >= MAX_FIELDS) throw new ApiError('CONFLICT', `An object has up to ${MAX_FIELDS} fields.`)
  return field
}

/** What a field's own shape can't say: that its reference names an object, and that a unique field has no default value. */
export function checkedField(field: Field, targets: ReadonlySet<string>, at = ''): Field {
  const problems: Problem[] = []
  if (field.unique && field.default_value !== null)
    problems.push({ path: `${at}/default_value`, message: 'A unique field has no default value.' })
  const target = field.type === 'reference' ? objectSlug(field.options?.object ?? '') : undefined
  if (target !== undefined && !targets.has(target))
    problems.push({ path: `${at}/options/object`, message: `There is no object ${JSON.stringify(target)}.` })
  if (problems.length > 0) throw invalid(problems)
  return target === undefined ? field : { ...field, options: { object: target } }
}

function defined<T extends object>(patch: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as never
}
