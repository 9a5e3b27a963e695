import { z } from 'zod'
import { FIELD_TYPES, fieldInput, fieldPatch } from '../field.ts'
import { objectInput, objectPatch } from '../object.ts'
import { route } from './route.ts'

const objectParams = z.strictObject({ id: z.string().min(1).max(100) })
const fieldParams = z.strictObject({ id: z.string().min(1).max(100), field_id: z.string().min(1).max(100) })

const optionItem = z.object({ name: z.string(), color: z.string(), order: z.number() })

/** A field as the API gives it; `id` is `fld_…`. Source: SPEC.md, section 2 */
export const fieldAnswer = z.object({
  id: z.string(),
  name: z.string(),
  slug: z.string(),
  type: z.enum(FIELD_TYPES),
  required: z.boolean(),
  unique: z.boolean(),
  default_value: z.unknown(),
  options: z
    .object({
      stages: z.array(optionItem).optional(),
      choices: z.array(optionItem).optional(),
      object: z.string().optional(),
    })
    .nullable(),
  position: z.number(),
})
export type FieldAnswer = z.infer<typeof fieldAnswer>

/** An object as the API gives it, with its fields in order. Source: SPEC.md, section 2 */
export const objectAnswer = z.object({
  id: z.string(),
  name: z.string(),
  slug: z.string(),
  icon: z.string(),
  description: z.string().nullable(),
  standard: z.boolean(),
  field_count: z.number(),
  fields: z.array(fieldAnswer),
})
export type ObjectAnswer = z.infer<typeof objectAnswer>

/** What of a field can change. A changed `type` must fit every stored value as it is. */
export const fieldChange = fieldPatch.extend({ type: z.enum(FIELD_TYPES).optional() })
export type FieldChange = z.infer<typeof fieldChange>

export const listObjectsRoute = route({
  method: 'get',
  path: '/crm/objects',
  summary: 'List objects with their fields',
  tag: 'objects',
  policy: 'viewer',
  status: 200,
  response: z.object({ data: z.array(objectAnswer) }),
})

export const createObjectRoute = route({
  method: 'post',
  path: '/crm/objects',
  summary: 'Create an object',
  tag: 'objects',
  policy: 'admin',
  body: objectInput,
  status: 201,
  response: objectAnswer,
})

export const getObjectRoute = route({
  method: 'get',
  path: '/crm/objects/{id}',
  summary: 'Get an object by obj_<slug>, obj_def_<slug> or slug',
  tag: 'objects',
  policy: 'viewer',
  params: objectParams,
  status: 200,
  response: objectAnswer,
})

export const updateObjectRoute = route({
  method: 'patch',
  path: '/crm/objects/{id}',
  summary: 'Change the name, icon or description of an object',
  tag: 'objects',
  policy: 'admin',
  params: objectParams,
  body: objectPatch,
  status: 200,
  response: objectAnswer,
})

export const deleteObjectRoute = route({
  method: 'delete',
  path: '/crm/objects/{id}',
  summary: 'Delete an object; with records only when force is true',
  tag: 'objects',
  policy: 'admin',
  params: objectParams,
  query: z.strictObject({ force: z.enum(['true', 'false']).optional() }),
  status: 204,
  response: null,
})

export const createFieldRoute = route({
  method: 'post',
  path: '/crm/objects/{id}/fields',
  summary: 'Add a field to an object',
  tag: 'objects',
  policy: 'admin',
  params: objectParams,
  body: fieldInput,
  status: 201,
  response: fieldAnswer,
})

export const updateFieldRoute = route({
  method: 'patch',
  path: '/crm/objects/{id}/fields/{field_id}',
  summary: 'Change a field, named by its id or slug',
  tag: 'objects',
  policy: 'admin',
  params: fieldParams,
  body: fieldChange,
  status: 200,
  response: fieldAnswer,
})

export const deleteFieldRoute = route({
  method: 'delete',
  path: '/crm/objects/{id}/fields/{field_id}',
  summary: 'Delete a field and its values',
  tag: 'objects',
  policy: 'admin',
  params: fieldParams,
  status: 204,
  response: null,
})
