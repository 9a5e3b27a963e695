import { z } from 'zod'
import { paginationAnswer } from './records.ts'
import { route } from './route.ts'
import { instant } from './shapes.ts'

const templateParams = z.strictObject({ id: z.string().max(100) })

const texts = {
  subject: z.string().max(1000),
  html: z.string().max(524_288),
  text: z.string().max(524_288).nullish(),
}

/** An e-mail template as it is saved; the plain text is made from the HTML when there is none. Source: SPEC-DETAILS.md, section 6 */
export const emailTemplateInput = z.strictObject({
  name: z.string().trim().min(1).max(255),
  ...texts,
  html: texts.html.default(''),
})
export type EmailTemplateInput = z.infer<typeof emailTemplateInput>

export const emailTemplateAnswer = z.object({
  id: z.string(),
  name: z.string(),
  subject: z.string(),
  html: z.string(),
  text: z.string().nullable(),
  created_at: instant,
  updated_at: instant,
  created_by: z.string().nullable(),
})
export type EmailTemplateAnswer = z.infer<typeof emailTemplateAnswer>

/** `texts` previews what isn't saved yet. */
const previewInput = z.strictObject({
  record_id: z.string().max(100).optional(),
  record: z.record(z.string(), z.unknown()).optional(),
  variables: z.record(z.string(), z.unknown()).optional(),
  texts: z.strictObject(texts).partial().optional(),
})
export type PreviewInput = z.infer<typeof previewInput>

/** `to` is asked for where the caller has no address of its own: an API key. */
const testInput = z.strictObject({ ...previewInput.shape, to: z.string().min(1).max(500).optional() })
export type EmailTestInput = z.infer<typeof testInput>

/** A test e-mail's way: to the mail server, or into the outbox when there is none. */
export const emailTestAnswer = z.object({
  outcome: z.enum(['sent', 'captured']),
  to: z.string(),
  subject: z.string(),
  message_id: z.string(),
})
export type EmailTestAnswer = z.infer<typeof emailTestAnswer>

export const listEmailTemplatesRoute = route({
  method: 'get',
  path: '/email-templates',
  summary: 'List e-mail templates by name',
  tag: 'email-templates',
  policy: 'viewer',
  query: z.strictObject({
    q: z.string().max(200).optional().describe('part of the name or subject'),
    page: z.coerce.number().int().min(1).max(1_000_000).default(1),
    per_page: z.coerce.number().int().min(1).max(100).default(25),
  }),
  status: 200,
  response: z.object({ data: z.array(emailTemplateAnswer), pagination: paginationAnswer }),
})

export const createEmailTemplateRoute = route({
  method: 'post',
  path: '/email-templates',
  summary: 'Create an e-mail template',
  tag: 'email-templates',
  policy: 'editor',
  body: emailTemplateInput,
  status: 201,
  response: emailTemplateAnswer,
})

export const getEmailTemplateRoute = route({
  method: 'get',
  path: '/email-templates/{id}',
  summary: 'Get an e-mail template',
  tag: 'email-templates',
  policy: 'viewer',
  params: templateParams,
  status: 200,
  response: emailTemplateAnswer,
})

export const updateEmailTemplateRoute = route({
  method: 'put',
  path: '/email-templates/{id}',
  summary: 'Save an e-mail template; the next e-mails use it',
  tag: 'email-templates',
  policy: 'editor',
  params: templateParams,
  body: emailTemplateInput,
  status: 200,
  response: emailTemplateAnswer,
})

export const deleteEmailTemplateRoute = route({
  method: 'delete',
  path: '/email-templates/{id}',
  summary: 'Delete an e-mail template that no automation uses',
  tag: 'email-templates',
  policy: 'editor',
  params: templateParams,
  status: 204,
  response: null,
})

export const previewEmailTemplateRoute = route({
  method: 'post',
  path: '/email-templates/{id}/preview',
  summary: 'Render an e-mail template with a record or with values of your own',
  tag: 'email-templates',
  policy: 'viewer',
  params: templateParams,
  body: previewInput,
  status: 200,
  response: z.object({ subject: z.string(), html: z.string(), text: z.string(), missing: z.array(z.string()) }),
})

export const testEmailTemplateRoute = route({
  method: 'post',
  path: '/email-templates/{id}/test',
  summary: 'Send an e-mail template to yourself; ten a minute at most',
  tag: 'email-templates',
  policy: 'editor',
  params: templateParams,
  body: testInput,
  status: 200,
  response: emailTestAnswer,
})
