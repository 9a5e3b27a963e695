import { putOnHoldRoute, readHoldRoute, releaseRoute } from '@kantos/model'
import { putOnHold, readHold } from '../../holds/hold.ts'
import { release } from '../../holds/release.ts'
import type { Services } from '../../services.ts'
import type { Api } from '../implement.ts'

/** Everything stands still, and goes on again. */
export function holdRoutes(api: Api, services: Services): void {
  const { pool } = services
  api.handle(readHoldRoute, ({ principal }) => readHold(pool, principal.workspaceId))

  api.handle(putOnHoldRoute, async ({ principal, body }) => {
    await putOnHold(pool, principal, body?.note || null)
    return readHold(pool, principal.workspaceId)
  })

  api.handle(releaseRoute, async ({ principal, query }) => {
    const released = await release(pool, principal, query.runs)
    services.wake()
    return released
  })
}
