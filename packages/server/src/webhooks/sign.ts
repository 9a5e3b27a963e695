import { createHmac } from 'node:crypto'
import { secretBytes } from './signing-secret.ts'

export interface WebhookToSign {
  /** The same for every attempt of a step. Holds no dot: it ends where the first dot stands. */
  id: string
  /** Unix seconds of this attempt. */
  timestamp: number
  /** The bytes that are sent; '' when there are none. */
  body: string | Buffer
  /** `whsec_…`: the current one, then the one still in its overlap of 24 h. */
  secrets: readonly string[]
}

export interface SignatureHeaders extends Record<string, string> {
  'webhook-id': string
  'webhook-timestamp': string
  /** `v1,<base64>` for each secret, with blanks between. */
  'webhook-signature': string
  /** `sha256=<hex>` of the raw body, by the current secret. */
  'X-Kantos-Signature': string
}

/**
 * The headers that prove a webhook is ours, in the notation of Standard Webhooks and in our own.
 *
 * @throws TypeError without a secret, or for one that isn't `whsec_…`
 * @throws RangeError for an id or a timestamp that would make the signed text ambiguous
 * Source: SPEC.md, section 11; https://www.standardwebhooks.com
 */
export function signWebhook({ id, timestamp, body, secrets }: WebhookToSign): SignatureHeaders {
  if (!/^[\w-]+$/.test(id)) throw new RangeError('a webhook id consists of letters, digits, _ and -')
  if (!Number.isSafeInteger(timestamp) || timestamp < 0) throw new RangeError('a webhook timestamp is in whole seconds')
  const keys = secrets.map(secretBytes)
  const [current] = keys
  if (current === undefined) throw new TypeError('a webhook needs a signing secret')
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': keys.map((key) => `v1,${standardSignature(key, id, String(timestamp), body)}`).join(' '),
    'X-Kantos-Signature': `sha256=${createHmac('sha256', current).update(body).digest('hex')}`,
  }
}

/** Base64 of the HMAC-SHA256 of `id.timestamp.body`. */
export function standardSignature(key: Buffer, id: string, timestamp: string, body: string | Buffer): string {
  return createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')
}
