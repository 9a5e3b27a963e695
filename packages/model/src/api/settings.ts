import { z } from 'zod'
import { settings, settingsPatch } from '../settings.ts'
import { route } from './route.ts'
import { instant } from './shapes.ts'

export const readSettings = route({
  method: 'get',
  path: '/settings',
  summary: 'The settings of the workspace',
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
