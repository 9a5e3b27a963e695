import type { FieldValues, ObjectDefinition } from '@kantos/model'
import type { Slot } from './held-records.ts'
import type { ChangedReference, RefusedReference, References } from './references.ts'
import type { DuplicateValue, UniqueValues } from './unique-values.ts'
import { type KnownUsers, usersNamed } from './users.ts'

/** whether other rows decide on an object's values; an object's definition never changes */
const outside = new WeakMap<ObjectDefinition, boolean>()

/** Whether other rows decide on an object's values, so that also creating needs a transaction. */
export function needsTransaction(object: ObjectDefinition): boolean {
  let needs = outside.get(object)
  if (needs === undefined) {
    needs = object.fields.some((field) => field.unique || field.type === 'reference')
    outside.set(object, needs)
  }
  return needs
}

/** Whether a write has anything that other rows decide on. */
export function dependsOnOthers(object: ObjectDefinition, before: FieldValues, after: FieldValues): boolean {
  return needsTransaction(object) || usersNamed(object, before, after).length > 0
}

/** A write about to be made. */
interface Wanted {
  workspaceId: string
  object: ObjectDefinition
  id: string
  before: FieldValues
  after: FieldValues
}

/** Where a batch looks. */
interface Others {
  users: KnownUsers
  references: References
  uniqueValues: UniqueValues
  /** reads users by public id */
  readUsers(ids: readonly string[]): Promise<void>
  /** a record as the batch has it; undefined: not read yet */
  known(id: string): Slot | undefined
}

/**
 * Checks users, references and unique values, which other rows decide, and claims the values.
 *
 * @returns null: all is well; a refused write leaves nothing claimed
 */
export async function checkOutside(
  { workspaceId, object, id, before, after }: Wanted,
  { users, references, uniqueValues, readUsers, known }: Others,
): Promise<RefusedReference | DuplicateValue | null> {
  const unknown = await users.refusal(workspaceId, object, before, after, readUsers)
  if (unknown !== null) return unknown
  const changed: ChangedReference[] = []
  for (const field of object.fields) {
    const to = after[field.slug]
    const from = before[field.slug]
    if (to === from || field.type !== 'reference') continue
    if (to !== undefined) {
      const refused = await references.refusal(workspaceId, field, to, known)
      if (refused !== null) return refused
    }
    changed.push({ workspaceId, recordId: id, field: field.slug, from, to })
  }
  const duplicate = await uniqueValues.change(workspaceId, object, id, before, after)
  if (duplicate === null) references.add(changed)
  return duplicate
}
