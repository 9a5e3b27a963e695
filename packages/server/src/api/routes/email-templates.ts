import {
  createEmailTemplateRoute,
  deleteEmailTemplateRoute,
  getEmailTemplateRoute,
  listEmailTemplatesRoute,
  previewEmailTemplateRoute,
  testEmailTemplateRoute,
  updateEmailTemplateRoute,
} from '@kantos/model'
import { previewTemplate } from '../../email-templates/preview.ts'
import { sendTest } from '../../email-templates/send-test.ts'
import {
  createTemplate,
  deleteTemplate,
  getTemplate,
  listTemplates,
  updateTemplate,
} from '../../email-templates/store.ts'
import type { Services } from '../../services.ts'
import type { Api } from '../implement.ts'
import { createTestLimit } from '../test-limit.ts'

/** `/email-templates`. Source: SPEC.md, section 12 */
export function emailTemplateRoutes(api: Api, services: Services): void {
  const bodyLimit = 2 * 1024 * 1024
  api.handle(listEmailTemplatesRoute, ({ query, principal }) =>
    listTemplates(services.pool, principal.workspaceId, query),
  )
  api.handle(
    createEmailTemplateRoute,
    ({ body, principal, context }) =>
      createTemplate(services, principal, body, (client, answer) => context.remember(client, 201, answer)),
    { bodyLimit },
  )
  api.handle(getEmailTemplateRoute, ({ params, principal }) =>
    getTemplate(services.pool, principal.workspaceId, params.id),
  )
  api.handle(
    updateEmailTemplateRoute,
    ({ params, body, principal }) => updateTemplate(services, principal, params.id, body),
    { bodyLimit },
  )
  api.handle(deleteEmailTemplateRoute, ({ params, principal }) => deleteTemplate(services, principal, params.id))
  api.handle(
    previewEmailTemplateRoute,
    ({ params, body, principal }) => previewTemplate(services, principal, params.id, body),
    { bodyLimit },
  )
  const limit = createTestLimit('test e-mails')
  api.handle(
    testEmailTemplateRoute,
    async ({ params, body, principal }) => {
      await limit.count(principal.actor)
      return sendTest(services, principal, params.id, body)
    },
    { bodyLimit },
  )
}
