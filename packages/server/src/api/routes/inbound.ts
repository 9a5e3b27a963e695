import { ApiError, callWebhook, callWebhookWithToken, publicId } from '@kantos/model'
import { CHAIN_HEADER } from '../../webhooks/chain-header.ts'
import { verifyInbound } from '../../webhooks/verify.ts'
import { chainOfCall } from '../../inbound/chain.ts'
import { kindOfBody, parseContent, queryOf, visibleHeaders } from '../webhook-content.ts'
import { acceptDelivery, deliveryKeys } from '../../inbound/delivery.ts'
import { findReceiver, type Receiver } from '../../inbound/receiver.ts'
import { acrossWorkspaces, insideWorkspace } from '../../db/walls.ts'
import type { Services } from '../../services.ts'
import type { RequestContext } from '../context.ts'
import { RateLimited } from '../errors.ts'
import type { Api } from '../implement.ts'
import { createRateLimit } from '../rate-limit.ts'

const BODY_LIMIT = 1024 * 1024

/** The automations' own URLs: open to the world, each guarded by its trigger's `auth`. Source: SPEC.md, section 11 */
export function inboundRoutes(api: Api, services: Services): void {
  const { pool, time, config } = services
  // for finding out whose a URL is
  const everywhere = acrossWorkspaces(pool)
  const rateLimit = createRateLimit(config.rateLimitPerMinute)

  async function receive(id: string, token: string | null, context: RequestContext): Promise<{ event_id: string }> {
    const receiver = await findReceiver(everywhere, id, token)
    // the same words as for a path that is none
    if (receiver === null) throw new ApiError('NOT_FOUND', 'There is no such thing.')
    return insideWorkspace(receiver.workspaceId, () => accept(receiver, context))
  }

  async function accept(receiver: Receiver, context: RequestContext): Promise<{ event_id: string }> {
    const { headers, url } = context.request
    if (receiver.auth !== 'signature') kindOfBody(headers)
    const bytes = await context.bytes(BODY_LIMIT)
    if (receiver.auth === 'signature') requireSignature(receiver, headers, bytes)
    // counted when the caller has proven itself, so that nobody else uses up its share
    const { retryAfter } = await rateLimit.count(receiver.automationId)
    if (retryAfter > 0) throw new RateLimited('This automation is called too often.', retryAfter)
    const body = parseContent(kindOfBody(headers), bytes)
    const payload = { body, headers: visibleHeaders(headers), query: queryOf(url) }
    const key = services.chainKey(receiver.workspaceId)
    const from = await chainOfCall(pool, receiver.workspaceId, headers.get(CHAIN_HEADER), key)
    const { eventId, repeated } = await acceptDelivery(pool, time, receiver, deliveryKeys(headers), payload, from)
    if (!repeated) services.wake()
    return { event_id: publicId('event', eventId) }
  }

  function requireSignature({ workspaceId, automationId, secret }: Receiver, headers: Headers, bytes: Buffer): void {
    const opened = secret === null ? '' : services.sealer.open(secret, { workspaceId, rowId: automationId })
    const verified = verifyInbound(headers, bytes, opened, time.now())
    if (!verified.ok) throw new ApiError('UNAUTHORIZED', `The call is not signed as it should be: ${verified.why}.`)
  }

  api.handle(callWebhook, ({ params, context }) => receive(params.automation_id, null, context))
  api.handle(callWebhookWithToken, ({ params, context }) => receive(params.automation_id, params.token, context))
}
