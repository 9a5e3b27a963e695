import {
  createFieldRoute,
  createObjectRoute,
  deleteFieldRoute,
  deleteObjectRoute,
  getObjectRoute,
  listObjectsRoute,
  objectId,
  updateFieldRoute,
  updateObjectRoute,
} from '@kantos/model'
import { audit } from '../../audit/audit.ts'
import { createField, deleteField, updateField } from '../../objects/fields.ts'
import { createObject, deleteObject, updateObject } from '../../objects/objects.ts'
import { objectOf, presentObject } from '../../objects/rows.ts'
import { readCatalogue } from '../../records/catalogue.ts'
import type { Services } from '../../services.ts'
import type { Api } from '../implement.ts'

/** Objects and their fields. Source: SPEC.md, section 12 */
export function objectRoutes(api: Api, services: Services): void {
  const { pool } = services

  api.handle(listObjectsRoute, async ({ principal }) => {
    const { objects } = await readCatalogue(pool, principal.workspaceId)
    return { data: [...objects.values()].map(presentObject) }
  })

  api.handle(getObjectRoute, async ({ params, principal }) =>
    presentObject(objectOf(await readCatalogue(pool, principal.workspaceId), params.id)),
  )

  api.handle(createObjectRoute, async ({ body, principal }) => {
    const object = await createObject(services, principal.workspaceId, body, (client, { slug }) =>
      audit(client, principal, 'object.created', objectId(slug)),
    )
    return presentObject(object)
  })

  api.handle(updateObjectRoute, async ({ params, body, principal }) => {
    const object = await updateObject(services, principal.workspaceId, params.id, body, (client, { slug }) =>
      audit(client, principal, 'object.updated', objectId(slug), body),
    )
    return presentObject(object)
  })

  api.handle(deleteObjectRoute, async ({ params, query, principal }) => {
    const force = query.force === 'true'
    await deleteObject(services, principal.workspaceId, params.id, force, (client, { slug }) =>
      audit(client, principal, 'object.deleted', objectId(slug), { force }),
    )
    return undefined
  })

  api.handle(createFieldRoute, async ({ params, body, principal }) => {
    const { field } = await createField(services, principal.workspaceId, params.id, body, (client, made) =>
      audit(client, principal, 'field.created', `${made.object.slug}.${made.field.slug}`, { type: made.field.type }),
    )
    return field
  })

  api.handle(updateFieldRoute, async ({ params, body, principal }) => {
    const { field } = await updateField(
      services,
      principal.workspaceId,
      params.id,
      params.field_id,
      body,
      (client, made) => audit(client, principal, 'field.updated', `${made.object.slug}.${made.field.slug}`, body),
    )
    return field
  })

  api.handle(deleteFieldRoute, async ({ params, principal }) => {
    await deleteField(services, principal.workspaceId, params.id, params.field_id, (client, gone) =>
      audit(client, principal, 'field.deleted', `${gone.object.slug}.${gone.field.slug}`),
    )
    return undefined
  })
}
