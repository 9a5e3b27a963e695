import { z } from 'zod'
import { settings, settingsPatch } from '../settings.ts'
import { route } from './route.ts'
import { instant } from './shapes.ts'

export const readSettings = route({
  method: 'get',
  path: '/settings',
  summary: 'The settings of the workspace; the address of the alerts’ webhook is for admins, others see ••••',
  tag: 'Settings',
  policy: 'viewer',
  status: 200,
  response: settings,
})

export const updateSettings = route({
  method: 'patch',
  path: '/settings',
  summary: 'Change settings; what isn’t named stays',
  tag: 'Settings',
  policy: 'admin',
  body: settingsPatch,
  status: 200,
  response: settings,
})

const tried = { error: z.string().nullable().describe('why it could not be sent') }

/** What a test alert came to. */
export const alertTestAnswer = z
  .object({
    mail: z.object({
      outcome: z
        .enum(['sent', 'captured', 'failed', 'off'])
        .describe('captured: in the outbox, since there is no mail server; off: there is nobody to tell'),
      to: z.array(z.string()),
      ...tried,
    }),
    webhook: z.object({
      outcome: z.enum(['sent', 'failed', 'off']).describe('off: the settings name none'),
      status: z.int().nullable().describe('what the receiver answered; null: nothing'),
      ...tried,
    }),
  })
  .meta({ id: 'AlertTest' })
export type AlertTest = z.infer<typeof alertTestAnswer>

export const testAlertsRoute = route({
  method: 'post',
  path: '/settings/test-alert',
  summary: 'Send a test alert the way that the stored settings say, whether alerts are on or off; ten a minute at most',
  tag: 'Settings',
  policy: 'admin',
  status: 200,
  response: alertTestAnswer,
})

/** The secret that signs outbound webhooks; after a rotation the former one signs too for 24 hours. */
export const signingSecret = z
  .object({
    secret: z.string().describe('whsec_<base64>'),
    created_at: instant,
    previous: z.object({ secret: z.string(), expires_at: instant }).nullable(),
  })
  .meta({ id: 'SigningSecret' })

export const readSigningSecret = route({
  method: 'get',
  path: '/signing-secret',
  summary: 'The secret that signs outbound webhooks',
  tag: 'Settings',
  policy: 'admin',
  status: 200,
  response: signingSecret,
})

export const rotateSigningSecret = route({
  method: 'post',
  path: '/signing-secret/rotate',
  summary: 'Make a new signing secret; both sign for 24 hours',
  tag: 'Settings',
  policy: 'admin',
  status: 200,
  response: signingSecret,
})
