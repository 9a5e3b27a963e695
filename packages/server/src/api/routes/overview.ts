import { readOverviewRoute, readStorageRoute } from '@kantos/model'
import { readOverview } from '../../health/overview.ts'
import { readStorage } from '../../health/storage.ts'
import type { Services } from '../../services.ts'
import type { Api } from '../implement.ts'

/** How the workspace fares, and what it stores. */
export function overviewRoutes(api: Api, { pool, time }: Services): void {
  api.handle(readOverviewRoute, ({ principal }) => readOverview(pool, principal.workspaceId, time.now()))
  api.handle(readStorageRoute, ({ principal }) => readStorage(pool, principal.workspaceId))
}
