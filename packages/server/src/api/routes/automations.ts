import {
  activateAutomationRoute,
  type AutomationAnswer,
  compareVersionsRoute,
  createAutomationRoute,
  deactivateAutomationRoute,
  deleteAutomationRoute,
  duplicateAutomationRoute,
  getAutomationRoute,
  getVersionRoute,
  listAutomationsRoute,
  listUpcomingRoute,
  listVersionsRoute,
  restoreVersionRoute,
  runAutomationRoute,
  setAutomationModeRoute,
  updateAutomationRoute,
  uuidOf,
  validateAutomationRoute,
  type WaitingRuns,
} from '@kantos/model'
import { audit } from '../../audit/audit.ts'
import { activateAutomation, deactivateAutomation, setMode } from '../../automations/activate.ts'
import { automationUuid, noAutomation } from '../../automations/change.ts'
import { deleteAutomation } from '../../automations/delete.ts'
import { duplicateAutomation } from '../../automations/duplicate.ts'
import { judge } from '../../automations/judge.ts'
import { listAutomations } from '../../automations/list.ts'
import { type AutomationRow, findAutomation, presentAutomation } from '../../automations/row.ts'
import { createAutomation, type Finish, type Saved, updateAutomation } from '../../automations/save.ts'
import { compareVersions, getVersion, listVersions, restoreVersion } from '../../automations/versions.ts'
import { listUpcoming } from '../../dates/upcoming.ts'
import { cancelRunsOfAutomation } from '../../runs/cancel.ts'
import { startManualRuns } from '../../runs/manual.ts'
import { countWaitingRuns, settleWaitingRuns } from '../../runs/waiting.ts'
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
  const afterSave = async (principal: Principal, saved: Saved, choice: WaitingRuns): Promise<AutomationAnswer> => {
    const answer = presentSaved(principal, saved)
    if (choice === 'finish') return answer
    const result = await settleWaitingRuns(services, principal.workspaceId, saved.row.id, choice)
    const { moved, cancelled, kept } = result
    // the entry of the saved version says it; without one there is none yet
    if (!saved.written && moved + cancelled > 0) {
      const action = choice === 'move' ? 'automation.runs_moved' : 'automation.runs_cancelled'
      await audit(services.pool, principal, action, answer.id, { name: answer.name, moved, cancelled, kept })
    }
    return { ...answer, waiting_runs_result: result }
  }
  const about = (choice: WaitingRuns) => (choice === 'finish' ? {} : { waiting_runs: choice })
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
  api.handle(getAutomationRoute, async ({ params, principal }) => {
    const row = await found(principal, params.id)
    return {
      ...present(principal, row),
      waiting_runs: await countWaitingRuns(services.pool, principal.workspaceId, row.id),
    }
  })
  api.handle(
    updateAutomationRoute,
    async ({ params, query, body, principal }) => {
      const choice = query.waiting_runs
      const id = automationUuid(params.id)
      const saved = await updateAutomation(services, principal, id, body, undefined, about(choice))
      return afterSave(principal, saved, choice)
    },
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
  api.handle(listUpcomingRoute, async ({ params, principal }) => {
    const { id, status, document } = await found(principal, params.id)
    if (status !== 'active' || document.trigger.event !== 'date.reached') return { data: [] }
    return { data: await listUpcoming(services.pool, principal.workspaceId, id, document.trigger.field) }
  })
  api.handle(listVersionsRoute, ({ params, query, principal }) =>
    listVersions(services.pool, principal.workspaceId, automationUuid(params.id), query),
  )
  api.handle(getVersionRoute, ({ params, principal }) =>
    getVersion(services.pool, principal.workspaceId, automationUuid(params.id), params.n),
  )
  api.handle(compareVersionsRoute, ({ params, principal }) =>
    compareVersions(services.pool, principal.workspaceId, automationUuid(params.id), params.n, params.other),
  )
  api.handle(restoreVersionRoute, async ({ params, query, principal, context }) => {
    const choice = query.waiting_runs
    const finish = remembered(principal, context, 200)
    const id = automationUuid(params.id)
    return afterSave(principal, await restoreVersion(services, principal, id, params.n, finish, about(choice)), choice)
  })
}

/** A document that is checked before its save may name the automation it belongs to. */
function ownId(body: unknown): string | null {
  const id = typeof body === 'object' && body !== null ? (body as { id?: unknown }).id : undefined
  return typeof id === 'string' ? uuidOf('automation', id) : null
}
