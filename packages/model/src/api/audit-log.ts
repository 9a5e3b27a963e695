import { z } from 'zod'
import { route } from './route.ts'
import { cursorPage, cursorQuery, instant } from './shapes.ts'

export const auditEntry = z
  .object({
    id: z.string(),
    at: instant,
    actor: z.string().describe('user_…, key_… or system'),
    actor_name: z.string().nullable(),
    action: z.string().describe('automation.updated, api_key.created, …'),
    target: z.string().nullable(),
    target_name: z.string().nullable().describe('what people call it, when it has an id'),
    details: z.unknown(),
    ip: z.string().nullable(),
  })
  .meta({ id: 'AuditEntry' })
export type AuditEntry = z.infer<typeof auditEntry>

export const readAuditLog = route({
  method: 'get',
  path: '/audit-log',
  summary: 'Who changed what, newest first',
  tag: 'Settings',
  policy: 'admin',
  query: cursorQuery.extend({
    action: z.string().max(100).optional().describe('an action, or the beginning of one: `automation.`'),
    actor: z.string().max(100).optional(),
    target: z.string().max(200).optional(),
  }),
  status: 200,
  response: cursorPage(auditEntry),
})
