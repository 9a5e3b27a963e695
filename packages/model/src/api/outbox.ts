import { z } from 'zod'
import { route } from './route.ts'
import { cursorPage, cursorQuery, instant } from './shapes.ts'

const summary = {
  id: z.string(),
  message_id: z.string(),
  from: z.string(),
  to: z.array(z.string()),
  cc: z.array(z.string()),
  bcc: z.array(z.string()),
  reply_to: z.string().nullable(),
  subject: z.string(),
  run_id: z.string().nullable(),
  at: instant,
}

/** An e-mail kept here because no SMTP server is configured. Source: SPEC.md, section 12 */
export const capturedEmail = z.object({ ...summary, html: z.string().nullable(), text: z.string().nullable() }).meta({
  id: 'CapturedEmail',
})

export const listOutbox = route({
  method: 'get',
  path: '/outbox',
  summary: 'E-mails captured because no SMTP server is configured, newest first',
  tag: 'E-mail',
  policy: 'viewer',
  query: cursorQuery.extend({ run_id: z.string().max(100).optional() }),
  status: 200,
  response: cursorPage(capturedEmail),
})

export const readOutboxEmail = route({
  method: 'get',
  path: '/outbox/{id}',
  summary: 'One captured e-mail',
  tag: 'E-mail',
  policy: 'viewer',
  params: z.strictObject({ id: z.string() }),
  status: 200,
  response: capturedEmail,
})
