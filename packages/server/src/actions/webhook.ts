import { parseRetryAfter, publicId, type WebhookInput, type WebhookOutput } from '@kantos/model'
import type { Egress } from '../ports/egress.ts'
import type { EffectCommand } from '../runs/batch.ts'
import { CHAIN_HEADER, signChain } from '../webhooks/chain-header.ts'
import { signWebhook } from '../webhooks/sign.ts'
import { fillSecrets } from './fill-secrets.ts'
import { type EffectContext, EffectFailure } from './outcome.ts'

const TRANSIENT_STATUS = new Set([408, 425, 429])

/**
 * Calls a URL, signed.
 *
 * @returns what later steps can name
 * @throws EffectFailure on anything but a complete 2xx answer
 * Source: SPEC.md, section 11
 */
export async function performWebhook(
  egress: Egress,
  command: EffectCommand,
  context: EffectContext,
): Promise<WebhookOutput> {
  const { filled: input, mask } = await fillSecrets(command.input as WebhookInput, command.secrets, context)
  const { text, type } = bodyOf(input.body)
  const secrets = await context.signingSecrets()
  const timestamp = Math.floor(context.now() / 1000)
  const headers: Record<string, string> = { 'User-Agent': 'Kantos-Automations' }
  if (text !== null) headers['Content-Type'] = type
  Object.assign(headers, input.headers)
  Object.assign(headers, signWebhook({ id: context.deliveryId, timestamp, body: text ?? '', secrets }))
  headers['Idempotency-Key'] = context.deliveryId
  headers[CHAIN_HEADER] = signChain(
    { chainId: context.chain.id, depth: context.chain.depth, parentRunId: context.runId },
    context.chainKey,
  )
  const result = await egress.send({
    method: input.method,
    url: input.url,
    headers,
    body: text ?? undefined,
    timeoutMs: Math.min(30, input.timeout_seconds) * 1000,
    mask,
  })
  if (result.kind === 'refused') throw new EffectFailure('EGRESS_REFUSED', mask(result.message), { permanent: true })
  if (result.kind === 'failed')
    throw new EffectFailure(result.code === 'TIMEOUT' ? 'TIMEOUT' : 'NETWORK', mask(result.message), {
      transient: true,
    })
  const output: WebhookOutput = {
    status: result.status,
    headers: Object.fromEntries(Object.entries(result.headers).map(([name, value]) => [name, mask(value)])),
    body: parseBody(result.body, result.headers['content-type'], mask),
    truncated: result.truncated,
  }
  if (result.status >= 200 && result.status < 300) return output
  const transient = result.status >= 500 || TRANSIENT_STATUS.has(result.status)
  const retryAfterMs =
    result.status === 429 || result.status === 503
      ? parseRetryAfter(result.headers['retry-after'], context.now())
      : null
  throw new EffectFailure('WEBHOOK_FAILED', mask(`${new URL(input.url).host} answered ${result.status}.`), {
    transient,
    retryAfterMs: retryAfterMs ?? undefined,
    output,
  })
}

/** Text goes as it is, anything else as JSON. */
function bodyOf(body: unknown): { text: string | null; type: string } {
  if (body === null || body === undefined) return { text: null, type: '' }
  if (typeof body !== 'string') return { text: JSON.stringify(body), type: 'application/json' }
  return { text: body, type: isJson(body) ? 'application/json' : 'text/plain; charset=utf-8' }
}

function isJson(text: string): boolean {
  if (!/^\s*[[{"]/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** What comes back nests no deeper, or is kept as text. */
const DEEPEST = 64

const storable = (text: string) => text.replaceAll('\u0000', '\uFFFD').toWellFormed()

/** What JSON escapes bring along must be storable too, and hide no secret, in names as in values. @throws RangeError when it is too deep */
function storableJson(value: unknown, mask: (text: string) => string, depth = 0): unknown {
  if (typeof value === 'string') return mask(storable(value))
  if (typeof value !== 'object' || value === null) return value
  if (depth === DEEPEST) throw new RangeError('too deep')
  if (Array.isArray(value)) return value.map((item) => storableJson(item, mask, depth + 1))
  const entries = Object.entries(value).filter(([name]) => name !== '__proto__')
  return Object.fromEntries(
    entries.map(([name, item]) => [mask(storable(name)), storableJson(item, mask, depth + 1)] as const),
  )
}

/** JSON parsed, anything else as text that a database can hold. */
function parseBody(body: Buffer, contentType: string | undefined, mask: (text: string) => string): unknown {
  if (body.length === 0) return null
  const text = mask(storable(body.toString('utf8')))
  if (contentType?.includes('json') || /^\s*[[{]/.test(text)) {
    try {
      return storableJson(JSON.parse(text), mask)
    } catch {
      return text
    }
  }
  return text
}

/** `msg_` and what is the same for every attempt of a step: the run, and where in it the step stands. */
export function deliveryIdOf(runId: string, place: string): string {
  return `msg_${publicId('run', runId).slice(4)}_${place}`
}
