import {
  activateAutomationRoute,
  type AutomationAnswer,
  createAutomationRoute,
  deactivateAutomationRoute,
  deleteAutomationRoute,
  duplicateAutomationRoute,
  getAutomationRoute,
  getVersionRoute,
  listAutomationsRoute,
  listVersionsRoute,
  restoreVersionRoute,
  runAutomationRoute,
  setAutomationModeRoute,
  updateAutomationRoute,
  uuidOf,
  validateAutomationRoute,
} from '@kantos/model'
import { activateAutomation, deactivateAutomation, setMode } from '../../automations/activate.ts'
import { automationUuid, noAutomation } from '../../automations/change.ts'
import { deleteAutomation } from '../../automations/delete.ts'
import { duplicateAutomation } from '../../automations/duplicate.ts'
import { judge } from '../../automations/judge.ts'
import { listAutomations } from '../../automations/list.ts'
import { type AutomationRow, findAutomation, presentAutomation } from '../../automations/row.ts'
import { createAutomation, type Finish, type Saved, updateAutomation } from '../../automations/save.ts'
import { getVersion, listVersions, restoreVersion } from '../../automations/versions.ts'
import { cancelRunsOfAutomation } from '../../runs/cancel.ts'
import { startManualRuns } from '../../runs/manual.ts'
import type { Principal, Services } from '../../services.ts'
import type { RequestContext } from '../context.ts'
import type { Api } from '../implement.ts'

/** `/automations`. Source: SPEC.md, section 12 */
export function automationRoutes(api: Api, services: Services): void {
  const present = (principal: Principal, row: AutomationRow): AutomationAnswer =>
    presentAutomation(services, principal, row)
  const presentSaved = (principal: Principal, { row, warnings }: Saved): AutomationAnswer =>
    warnings.length === 0 ? present(principal, row) : { ...present(principal, row), warnings }
  const remembered =
    (principal: Principal, context: RequestContext, status: number): Finish =>
    (client, saved) =>
      context.remember(client, status, presentSaved(principal, saved))
  const found = async (principal: Principal, id: string): Promise<AutomationRow> => {
    const row = await findAutomation(services.pool, principal.workspaceId, automationUuid(id))
    if (row === null) throw noAutomation()
    return row
  }
  const bodyLimit = 4 * 1024 * 1024

  api.handle(listAutomationsRoute, ({ query, principal }) => listAutomations(services, principal, query))
  api.handle(
    createAutomationRoute,
    async ({ body, principal, context }) =>
      presentSaved(principal, await createAutomation(services, principal, body, remembered(principal, context, 201))),
    { bodyLimit },
  )
  api.handle(
    validateAutomationRoute,
    async ({ body, principal }) => {
      const result = await judge(services.pool, services, principal.workspaceId, body, ownId(body))
      return { valid: result.ok, errors: result.ok ? [] : result.errors, warnings: result.warnings }
    },
    { bodyLimit },
  )
  api.handle(getAutomationRoute, async ({ params, principal }) => present(principal, await found(principal, params.id)))
  api.handle(
    updateAutomationRoute,
    async ({ params, body, principal }) =>
      presentSaved(principal, await updateAutomation(services, principal, automationUuid(params.id), body)),
    { bodyLimit },
  )
  api.handle(deleteAutomationRoute, ({ params, principal }) =>
    deleteAutomation(services, principal, automationUuid(params.id), (client, workspaceId, id) =>
      cancelRunsOfAutomation(client, services.time, workspaceId, id),
    ),
  )
  api.handle(activateAutomationRoute, async ({ params, principal }) =>
    present(principal, await activateAutomation(services, principal, automationUuid(params.id))),
  )
  api.handle(deactivateAutomationRoute, async ({ params, principal }) =>
    present(principal, await deactivateAutomation(services, principal, automationUuid(params.id))),
  )
  api.handle(setAutomationModeRoute, async ({ params, body, principal }) =>
    present(principal, await setMode(services, principal, automationUuid(params.id), body.mode)),
  )
  api.handle(duplicateAutomationRoute, async ({ params, principal, context }) =>
    presentSaved(
      principal,
      await duplicateAutomation(services, principal, automationUuid(params.id), remembered(principal, context, 201)),
    ),
  )
  api.handle(runAutomationRoute, async ({ params, body, principal, context }) => {
    const id = automationUuid(params.id)
    const recordIds = 'record_id' in body ? [body.record_id] : body.record_ids
    const data = await startManualRuns(services, principal, { id }, recordIds, (client, started) =>
      context.remember(client, 202, { data: started }),
    )
    return { data }
  })
  api.handle(listVersionsRoute, ({ params, query, principal }) =>
    listVersions(services.pool, principal.workspaceId, automationUuid(params.id), query),
  )
  api.handle(getVersionRoute, ({ params, principal }) =>
    getVersion(services.pool, principal.workspaceId, automationUuid(params.id), params.n),
  )
  api.handle(restoreVersionRoute, async ({ params, principal, context }) =>
    presentSaved(
      principal,
      await restoreVersion(
        services,
        principal,
        automationUuid(params.id),
        params.n,
        remembered(principal, context, 200),
      ),
    ),
  )
}

/** A document that is checked before its save may name the automation it belongs to. */
function ownId(body: unknown): string | null {
  const id = typeof body === 'object' && body !== null ? (body as { id?: unknown }).id : undefined
  return typeof id === 'string' ? uuidOf('automation', id) : null
}
