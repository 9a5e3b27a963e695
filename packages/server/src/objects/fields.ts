import {
  ApiError,
  type Field,
  type FieldChange,
  fieldOf,
  type FieldInput,
  invalid,
  type ObjectDefinition,
} from '@kantos/model'
import type { Client } from '../db/pool.ts'
import type { Catalogue } from '../records/catalogue.ts'
import { checkedField, type Changing, newField } from './objects.ts'
import {
  changeObjects,
  fieldOfObject,
  holdWriters,
  insertFields,
  type Note,
  objectOf,
  unnoted,
  updateFields,
} from './rows.ts'
import { claimUniqueValues, freeUniqueValues } from './unique.ts'
import { readDocuments, referencesTo, refuseWhenUsed, usesField } from './usage.ts'
import { readFieldValues, refuseUnfitValues, refuseUsedOptions } from './values.ts'

/** A field that was made, changed or deleted, and its object as it was before. */
export interface ChangedField {
  object: ObjectDefinition
  field: Field
}

/**
 * Adds a field to an object. Records that exist have no value in it, whatever its default value.
 *
 * @throws ApiError NOT_FOUND (object), CONFLICT (the slug is taken), VALIDATION_ERROR
 * Source: SPEC.md, section 12
 */
export async function createField(
  { pool, time }: Changing,
  workspaceId: string,
  objectRef: string,
  input: FieldInput,
  note: Note<ChangedField> = unnoted,
): Promise<ChangedField> {
  return changeObjects(pool, workspaceId, note, async (client, catalogue) => {
    const object = objectOf(catalogue, objectRef)
    const field = newField(input, object, new Set(catalogue.objects.keys()), time)
    const fields = placed(object.fields, field, input.position)
    await insertFields(client, workspaceId, object.slug, [field])
    await updateFields(client, workspaceId, object.slug, fields)
    return { object, field: fields.find(({ slug }) => slug === field.slug)! }
  })
}

/**
 * Changes a field; its slug never changes.
 *
 * - `type`: only when no automation uses the field and every stored value is, as it is, one of the new type (text that are all e-mail
 *   addresses → email; dropdown ↔ status with the same options; number ↔ currency); no value is ever rewritten.
 * - `options`: an option that records have can't be removed; renaming is removing one and adding another.
 * - `unique`: only when no two records share a value.
 * - `position`: the others move over.
 *
 * @param automations whether the caller has seen to it that those that use the field go on being valid
 * @throws ApiError NOT_FOUND, VALIDATION_ERROR, CONFLICT naming what stands in the way
 * Source: SPEC-DETAILS.md, section 2
 */
export async function updateField(
  { pool }: Changing,
  workspaceId: string,
  objectRef: string,
  fieldRef: string,
  patch: FieldChange,
  note: Note<ChangedField> = unnoted,
  automations: 'unjudged' | 'judged' = 'unjudged',
): Promise<ChangedField> {
  return changeObjects(pool, workspaceId, note, async (client, catalogue) => {
    const object = objectOf(catalogue, objectRef)
    const before = fieldOfObject(object, fieldRef)
    const after = changed(before, patch, catalogue)
    const retargeted = before.options?.object !== after.options?.object
    if (automations === 'unjudged' && (before.type !== after.type || retargeted))
      await refuseWhenAutomationsUse(client, catalogue, object, before)
    await checkStored(client, catalogue, object, before, after)
    const others = object.fields.filter(({ slug }) => slug !== before.slug)
    const fields = placed(others, after, patch.position ?? object.fields.indexOf(before))
    await updateFields(client, workspaceId, object.slug, fields)
    // by what a value is unique depends on its type
    const retyped = before.type !== after.type
    if (before.unique && (!after.unique || retyped))
      await freeUniqueValues(client, workspaceId, object.slug, after.slug)
    if (after.unique && (!before.unique || retyped)) await claimUniqueValues(client, workspaceId, object.slug, after)
    return { object, field: fields.find(({ slug }) => slug === after.slug)! }
  })
}

/**
 * Deletes a field, and its values from all records, without events: the records' history keeps them.
 *
 * @throws ApiError NOT_FOUND; CONFLICT naming the automations that use it
 * Source: SPEC-DETAILS.md, section 2
 */
export async function deleteField(
  { pool }: Changing,
  workspaceId: string,
  objectRef: string,
  fieldRef: string,
  note: Note<ChangedField> = unnoted,
): Promise<ChangedField> {
  return changeObjects(pool, workspaceId, note, async (client, catalogue) => {
    const object = objectOf(catalogue, objectRef)
    const field = fieldOfObject(object, fieldRef)
    await refuseWhenAutomationsUse(client, catalogue, object, field)
    // most goes while others write, the rest while they wait
    await emptyField(client, workspaceId, object.slug, field.slug)
    await holdWriters(client)
    await emptyField(client, workspaceId, object.slug, field.slug)
    await client.query('delete from fields where workspace_id = $1 and object = $2 and slug = $3', [
      workspaceId,
      object.slug,
      field.slug,
    ])
    return { object, field }
  })
}

async function emptyField(client: Client, workspaceId: string, object: string, slug: string): Promise<void> {
  await freeUniqueValues(client, workspaceId, object, slug)
  await client.query(
    `delete from record_references x using records r
     where x.workspace_id = $1 and x.field = $3 and r.workspace_id = $1 and r.id = x.record_id and r.object = $2`,
    [workspaceId, object, slug],
  )
  await client.query(
    `with holding as materialized (
       select id from records where workspace_id = $1 and object = $2 and data ? $3 order by id for no key update)
     update records r set data = r.data - $3 from holding where r.workspace_id = $1 and r.id = holding.id`,
    [workspaceId, object, slug],
  )
}

async function refuseWhenAutomationsUse(
  client: Client,
  catalogue: Catalogue,
  object: ObjectDefinition,
  field: Field,
): Promise<void> {
  const references = referencesTo(catalogue.objects.values(), object.slug)
  const documents = await readDocuments(client, catalogue.workspaceId)
  refuseWhenUsed(
    `The field "${field.name}"`,
    documents.filter(({ document }) => usesField(document, object.slug, field.slug, references)),
  )
}

function changed(before: Field, patch: FieldChange, catalogue: Catalogue): Field {
  const type = patch.type ?? before.type
  const made = fieldOf(
    {
      name: patch.name ?? before.name,
      slug: before.slug,
      type,
      required: patch.required ?? before.required,
      unique: patch.unique ?? before.unique,
      // a default value of the old type is kept when it fits the new one
      default_value: patch.default_value === undefined ? before.default_value : patch.default_value,
      options: patch.options === undefined ? before.options : patch.options,
    },
    { id: before.id, position: before.position },
  )
  if ('errors' in made) throw invalid(made.errors.map(({ path, ...rest }) => ({ path: `/${path}`, ...rest })))
  return checkedField(made.field, new Set(catalogue.objects.keys()))
}

async function checkStored(
  client: Client,
  catalogue: Catalogue,
  object: ObjectDefinition,
  before: Field,
  after: Field,
): Promise<void> {
  const target = before.options?.object !== after.options?.object
  if (before.type !== after.type || target) {
    if (target || before.type === 'reference' || after.type === 'reference' || after.type === 'user') {
      for await (const { id } of readFieldValues(client, catalogue.workspaceId, object.slug, before.slug))
        throw new ApiError('CONFLICT', `Records have values in "${before.name}" (${id}); empty it first.`)
      return
    }
    await refuseUnfitValues(client, catalogue.workspaceId, object.slug, before, after)
  } else {
    await refuseUsedOptions(client, catalogue.workspaceId, object.slug, before, after)
  }
}

/** The fields with one put at its place, positions counted anew; without a place it goes last. */
function placed(others: readonly Field[], field: Field, position: number | undefined): Field[] {
  const fields = others.toSorted((a, b) => a.position - b.position)
  fields.splice(position ?? fields.length, 0, field)
  return fields.map((one, index) => ({ ...one, position: index }))
}
