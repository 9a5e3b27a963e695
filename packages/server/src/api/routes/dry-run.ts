import { dryRunAutomationRoute, dryRunDraftRoute } from '@kantos/model'
import { automationUuid } from '../../automations/change.ts'
import { dryRun } from '../../dry-run/dry-run.ts'
import type { Services } from '../../services.ts'
import type { Api } from '../implement.ts'

const BODY_LIMIT = 4 * 1024 * 1024

/** `/automations/dry-run`. Source: SPEC.md, section 8 */
export function dryRunRoutes(api: Api, services: Services): void {
  api.handle(
    dryRunDraftRoute,
    ({ body, principal, context }) => dryRun(services, { ...principal, source: context.source }, null, body),
    { bodyLimit: BODY_LIMIT },
  )
  api.handle(
    dryRunAutomationRoute,
    ({ params, body, principal, context }) =>
      dryRun(services, { ...principal, source: context.source }, automationUuid(params.id), body),
    { bodyLimit: BODY_LIMIT },
  )
}
