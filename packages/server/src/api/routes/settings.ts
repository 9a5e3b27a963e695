import { readSettings as readSettingsRoute, updateSettings } from '@kantos/model'
import { changeSettings, readSettings } from '../../accounts/settings.ts'
import { rescheduleForZone } from '../../automations/next-tick.ts'
import type { Services } from '../../services.ts'
import type { Api } from '../implement.ts'

/** The workspace's settings. */
export function settingsRoutes(api: Api, { pool }: Services): void {
  api.handle(readSettingsRoute, ({ principal }) => readSettings(pool, principal.workspaceId))
  api.handle(updateSettings, ({ principal, body }) =>
    changeSettings(pool, principal, body, (client, timezone) =>
      rescheduleForZone(client, principal.workspaceId, timezone),
    ),
  )
}
