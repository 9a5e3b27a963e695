import { objectFromTemplate, publicId, STANDARD_OBJECTS } from '@kantos/model'
import type { Queryable } from '../db/pool.ts'
import { insertFields } from './rows.ts'

/**
 * Writes the standard objects of a new workspace.
 *
 * @param newId gives a new uuid
 * Source: SPEC-DETAILS.md, section 2
 */
export async function seedObjects(db: Queryable, workspaceId: string, newId: () => string): Promise<void> {
  for (const [position, template] of STANDARD_OBJECTS.entries()) {
    const object = objectFromTemplate(template, () => publicId('field', newId()))
    await db.query(
      `insert into objects (workspace_id, slug, name, icon, description, standard, position)
       values ($1, $2, $3, $4, $5, true, $6)`,
      [workspaceId, object.slug, object.name, object.icon, object.description, position],
    )
    await insertFields(db, workspaceId, object.slug, object.fields)
  }
}
