import {
  cancelEnlistmentRoute,
  enlistRoute,
  getEnlistmentRoute,
  listEnlistmentsRoute,
  previewEnlistRoute,
} from '@kantos/model'
import { automationUuid, noAutomation } from '../../automations/change.ts'
import { findAutomation } from '../../automations/row.ts'
import { enlist, previewEnlist } from '../../enlist/enlist.ts'
import { cancelEnlistment, listEnlistments, readEnlistment } from '../../enlist/enlistment.ts'
import { presentRecord } from '../../records/present.ts'
import type { Services } from '../../services.ts'
import type { Api } from '../implement.ts'

/** Running an automation on records that are there already. */
export function enlistmentRoutes(api: Api, services: Services): void {
  const { pool } = services

  api.handle(previewEnlistRoute, async ({ params, body, principal }) => {
    const { object, count, capped, sample, alreadyEnrolled } = await previewEnlist(
      services,
      principal.workspaceId,
      automationUuid(params.id),
      body,
    )
    return {
      count,
      ...(capped ? { count_capped: true as const } : {}),
      sample: sample.map((row) => presentRecord(row, object)),
      already_enrolled: alreadyEnrolled,
    }
  })

  api.handle(enlistRoute, async ({ params, body, principal, context }) => ({
    id: await enlist(services, principal, automationUuid(params.id), body, (client, id) =>
      context.remember(client, 202, { id }),
    ),
  }))

  api.handle(listEnlistmentsRoute, async ({ params, principal: { workspaceId } }) => {
    const id = automationUuid(params.id)
    if ((await findAutomation(pool, workspaceId, id)) === null) throw noAutomation()
    return { data: await listEnlistments(pool, workspaceId, id) }
  })

  api.handle(getEnlistmentRoute, ({ params, principal }) => readEnlistment(pool, principal.workspaceId, params.id))

  api.handle(cancelEnlistmentRoute, ({ params, principal }) => cancelEnlistment(pool, principal, params.id))
}
