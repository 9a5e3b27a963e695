import { z } from 'zod'
import { text } from './values.ts'

export const WEBHOOK_METHODS = ['POST', 'PUT', 'PATCH', 'DELETE', 'GET'] as const
export type WebhookMethod = (typeof WEBHOOK_METHODS)[number]

export const webhookRetry = z.strictObject({
  delays_seconds: z.array(z.number().min(0).max(86_400)).max(20).optional(),
  on: z.enum(['any', 'transient']).optional(),
})

/** Call a URL; the answer is `steps.<key>.status | headers | body`. */
export const webhookConfig = z.strictObject({
  url: text,
  method: z.enum(WEBHOOK_METHODS).optional(),
  headers: z.record(z.string(), text).optional(),
  body: z.json().optional(),
  retry: webhookRetry.optional(),
  timeout_seconds: z.number().positive().max(30).optional(),
})
export type WebhookConfig = z.infer<typeof webhookConfig>

/**
 * What is sent: rendered, secrets as `••••` (filled in when it is performed).
 * `body`: text is sent as it is, anything else as JSON; null: none.
 */
export interface WebhookInput {
  url: string
  method: WebhookMethod
  headers: Record<string, string>
  body: unknown
  timeout_seconds: number
}

export interface WebhookOutput {
  status: number
  headers: Record<string, string>
  /** parsed when it is JSON, else text */
  body: unknown
  truncated: boolean
}

/** 1, 5 and 30 minutes. Source: SPEC.md, section 11 */
export const DEFAULT_RETRY_DELAYS_SECONDS: readonly number[] = [60, 300, 1800]

export const webhook = { type: 'webhook', label: 'Send Webhook', effect: true, config: webhookConfig } as const
