import { z } from 'zod'
import { addressList, text } from './values.ts'

/** Send an e-mail, from a template or written inline. */
export const sendEmailConfig = z.strictObject({
  template_id: text.optional(),
  subject: text.optional(),
  body: text.optional(),
  to: addressList.optional(),
  cc: addressList.optional(),
  bcc: addressList.optional(),
  reply_to: text.optional(),
  from_name: text.optional(),
  variables: z.record(z.string(), z.json()).optional(),
  delivery: z.enum(['at_least_once', 'at_most_once']).optional(),
})
export type SendEmailConfig = z.infer<typeof sendEmailConfig>

/** What is handed to the mailer, rendered. */
export interface SendEmailInput {
  to: string[]
  cc: string[]
  bcc: string[]
  reply_to?: string
  from_name?: string
  subject: string
  html?: string
  text?: string
  template_id?: string
  delivery?: 'at_least_once' | 'at_most_once'
}

export interface SendEmailOutput {
  message_id: string
  to: string[]
  response?: string
}

export const sendEmail = { type: 'send_email', label: 'Send Email', effect: true, config: sendEmailConfig } as const
