import { hideAddresses, readSettings as readSettingsRoute, testAlertsRoute, updateSettings } from '@kantos/model'
import { changeSettings, readSettings } from '../../accounts/settings.ts'
import { rescheduleForZone } from '../../automations/next-tick.ts'
import { sendTestAlert } from '../../health/test-alert.ts'
import type { Services } from '../../services.ts'
import { type Api, rankOf } from '../implement.ts'
import { createTestLimit } from '../test-limit.ts'

/** The workspace's settings. */
export function settingsRoutes(api: Api, services: Services): void {
  const { pool } = services
  api.handle(readSettingsRoute, async ({ principal }) => {
    const found = await readSettings(pool, principal.workspaceId)
    return rankOf(principal.role) >= rankOf(updateSettings.policy) ? found : hideAddresses(found)
  })
  api.handle(updateSettings, ({ principal, body }) =>
    changeSettings(pool, principal, body, (client, timezone) =>
      rescheduleForZone(client, principal.workspaceId, timezone),
    ),
  )
  const limit = createTestLimit('test alerts')
  api.handle(testAlertsRoute, async ({ principal }) => {
    await limit.count(principal.actor)
    return sendTestAlert(services, principal)
  })
}
