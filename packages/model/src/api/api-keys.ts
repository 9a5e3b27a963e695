import { z } from 'zod'
import { route } from './route.ts'
import { instant, listOf } from './shapes.ts'

export const KEY_TYPES = ['server', 'intake'] as const
export type KeyType = (typeof KEY_TYPES)[number]

export const apiKey = z
  .object({
    id: z.string(),
    name: z.string(),
    type: z.enum(KEY_TYPES),
    hint: z.string().describe('its first characters'),
    created_at: instant,
    created_by: z.string().nullable(),
    last_used_at: instant.nullable().describe('to the minute'),
  })
  .meta({ id: 'ApiKey' })
export type ApiKey = z.infer<typeof apiKey>

export const listApiKeys = route({
  method: 'get',
  path: '/api-keys',
  summary: 'The keys that aren’t revoked',
  tag: 'API keys',
  policy: 'admin',
  status: 200,
  response: listOf(apiKey),
})

export const createApiKey = route({
  method: 'post',
  path: '/api-keys',
  summary: 'Create a key; it is shown this once. An intake key may only create records',
  tag: 'API keys',
  policy: 'admin',
  body: z.strictObject({ name: z.string().trim().min(1).max(100), type: z.enum(KEY_TYPES).default('server') }),
  status: 201,
  response: z.object({ id: z.string(), name: z.string(), type: z.enum(KEY_TYPES), key: z.string() }),
})

export const deleteApiKey = route({
  method: 'delete',
  path: '/api-keys/{id}',
  summary: 'Revoke a key; it stops working within a second',
  tag: 'API keys',
  policy: 'admin',
  params: z.strictObject({ id: z.string() }),
  status: 204,
  response: null,
})
