import { z } from 'zod'
import { route } from './route.ts'

const accepted = z.object({ event_id: z.string().describe('`evt_…`; a repeated delivery gets the first one’s') })
const summary = 'Starts an automation with the trigger Webhook Received; JSON or a form, at most 1 MiB'

/** An automation's own URL, with auth `signature` or `none`. Source: SPEC.md, section 11 */
export const callWebhook = route({
  method: 'post',
  path: '/webhooks/automation/{automation_id}',
  summary,
  tag: 'Webhooks',
  policy: 'public',
  raw: true,
  params: z.strictObject({ automation_id: z.string().max(100) }),
  status: 202,
  response: accepted,
})

/** An automation's own URL, with auth `token`, which is the default. Source: SPEC.md, section 11 */
export const callWebhookWithToken = route({
  method: 'post',
  path: '/webhooks/automation/{automation_id}/{token}',
  summary,
  tag: 'Webhooks',
  policy: 'public',
  raw: true,
  params: z.strictObject({ automation_id: z.string().max(100), token: z.string().max(200) }),
  status: 202,
  response: accepted,
})
