import { z } from 'zod'
import { route } from './route.ts'
import { instant, listOf } from './shapes.ts'

/** A secret's name, as it stands in `{{secrets.<name>}}`. */
export const secretName = z
  .string()
  .max(64)
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'begins with a letter and has letters, digits and _ only')
  .refine((name) => !['__proto__', 'constructor', 'prototype'].includes(name), 'this name is reserved')

export const listSecrets = route({
  method: 'get',
  path: '/secrets',
  summary: 'The names of the secrets; values are never shown',
  tag: 'Secrets',
  policy: 'viewer',
  status: 200,
  response: listOf(
    z.object({ name: z.string(), created_at: instant, updated_at: instant, updated_by: z.string().nullable() }),
  ),
})

export const putSecret = route({
  method: 'put',
  path: '/secrets/{name}',
  summary: 'Store a secret, or replace its value',
  tag: 'Secrets',
  policy: 'admin',
  params: z.strictObject({ name: z.string() }),
  body: z.strictObject({ value: z.string().min(1).max(16_384) }),
  status: 204,
  response: null,
})

export const deleteSecret = route({
  method: 'delete',
  path: '/secrets/{name}',
  summary: 'Delete a secret; refused while automations use it, unless force is true',
  tag: 'Secrets',
  policy: 'admin',
  params: z.strictObject({ name: z.string() }),
  query: z.strictObject({ force: z.enum(['true', 'false']).default('false') }),
  status: 204,
  response: null,
})
