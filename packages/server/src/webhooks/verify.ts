import { createHmac } from 'node:crypto'
import { equalInConstantTime } from './constant-time.ts'
import { standardSignature } from './sign.ts'
import { possibleKeys } from './signing-secret.ts'

export type SignatureScheme = 'standard-webhooks' | 'x-hub-signature-256' | 'x-kantos-signature'

export type Verification = { ok: true; scheme: SignatureScheme } | { ok: false; why: string }

export type InboundHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>

const TOLERANCE_SECONDS = 5 * 60
const MOST_SIGNATURES = 16

/**
 * Whether a call was signed with the automation's secret. The strongest scheme whose header is there decides alone: a
 * bad `webhook-signature` isn't made good by another header.
 *
 * @param headers names in any case
 * @param rawBody the bytes received, before any parsing
 * @param secret `whsec_…`, or the text set at the sender (GitHub); with an empty one nothing verifies
 * @param nowMs milliseconds since 1970; the timestamp of Standard Webhooks may be 5 minutes off either way
 * @returns never throws; `why` is fit for a log and for the caller
 * Source: SPEC.md, section 11
 */
export function verifyInbound(
  headers: InboundHeaders,
  rawBody: string | Buffer,
  secret: string,
  nowMs: number,
): Verification {
  const keys = possibleKeys(secret)
  if (keys.length === 0) return { ok: false, why: 'no signing secret is set' }
  const standard = readHeader(headers, 'webhook-signature')
  if (standard !== null) return verifyStandard(headers, standard, rawBody, keys, nowMs)
  const hub = readHeader(headers, 'x-hub-signature-256')
  if (hub !== null) return verifyHex('x-hub-signature-256', hub, rawBody, keys)
  const kantos = readHeader(headers, 'x-kantos-signature')
  if (kantos !== null) return verifyHex('x-kantos-signature', kantos, rawBody, keys)
  return { ok: false, why: 'the signature header is missing' }
}

function verifyStandard(
  headers: InboundHeaders,
  signatures: string,
  rawBody: string | Buffer,
  keys: readonly Buffer[],
  nowMs: number,
): Verification {
  const id = readHeader(headers, 'webhook-id')
  const timestamp = readHeader(headers, 'webhook-timestamp')
  if (id === null || id === '') return { ok: false, why: 'the header webhook-id is missing' }
  if (timestamp === null || !/^\d{1,12}$/.test(timestamp)) {
    return { ok: false, why: 'the header webhook-timestamp is missing or not in whole seconds' }
  }
  const ageSeconds = Math.floor(nowMs / 1000) - Number(timestamp)
  if (ageSeconds > TOLERANCE_SECONDS) return { ok: false, why: 'the timestamp is more than 5 minutes old' }
  if (ageSeconds < -TOLERANCE_SECONDS) return { ok: false, why: 'the timestamp is more than 5 minutes in the future' }
  const expected = keys.map((key) => standardSignature(key, id, timestamp, rawBody))
  const given = signatures.split(/[\s]+/).slice(0, MOST_SIGNATURES)
  const matches = given.some((entry) => {
    const [version, signature] = entry.split(',')
    return version === 'v1' && expected.some((one) => equalInConstantTime(one, signature ?? ''))
  })
  return matches ? { ok: true, scheme: 'standard-webhooks' } : { ok: false, why: 'the signature does not match' }
}

function verifyHex(
  scheme: SignatureScheme,
  given: string,
  rawBody: string | Buffer,
  keys: readonly Buffer[],
): Verification {
  const matches = keys.some((key) =>
    equalInConstantTime(`sha256=${createHmac('sha256', key).update(rawBody).digest('hex')}`, given.toLowerCase()),
  )
  return matches ? { ok: true, scheme } : { ok: false, why: 'the signature does not match' }
}

function readHeader(headers: InboundHeaders, name: string): string | null {
  if (headers instanceof Headers) return headers.get(name)
  const key = Object.keys(headers).find((candidate) => candidate.toLowerCase() === name)
  const value = key === undefined ? undefined : headers[key]
  if (value === undefined) return null
  return typeof value === 'string' ? value : value.join(' ')
}
