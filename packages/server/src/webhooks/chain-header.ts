import { createHmac } from 'node:crypto'
import { equalInConstantTime } from './constant-time.ts'

/** Which chain of runs an outbound request belongs to. */
export interface ChainReference {
  chainId: string
  /** Depth of the run that sends. */
  depth: number
  parentRunId: string
}

export const CHAIN_HEADER = 'X-Kantos-Chain'

const ID = /^[\w-]{1,64}$/
const DEEPEST = 1_000_000
const LONGEST_HEADER = 300

/**
 * The value of `X-Kantos-Chain`: `v1.<chain>.<depth>.<run>.<HMAC>`. A loop that leaves through a webhook and comes back
 * through an inbound one, or through a REST write, stays one chain.
 *
 * @param secret the workspace's own key for this; not the signing secret, which receivers know
 * @throws RangeError for ids other than letters, digits, _ and - (64 at most), or a depth that isn't a count
 * Source: SPEC.md, section 10
 */
export function signChain({ chainId, depth, parentRunId }: ChainReference, secret: string | Buffer): string {
  if (!ID.test(chainId) || !ID.test(parentRunId))
    throw new RangeError('the ids of a chain are letters, digits, _ and -')
  if (!Number.isSafeInteger(depth) || depth < 0 || depth > DEEPEST)
    throw new RangeError('the depth of a chain is a count')
  const signed = `v1.${chainId}.${depth}.${parentRunId}`
  return `${signed}.${authenticate(signed, secret)}`
}

/**
 * @param header what came in, or nothing
 * @returns the chain, or null when there is none or it wasn't signed with `secret`
 */
export function readChain(header: string | null | undefined, secret: string | Buffer): ChainReference | null {
  if (header == null || header.length > LONGEST_HEADER || secret.length === 0) return null
  const match = /^(v1\.([\w-]{1,64})\.(\d{1,7})\.([\w-]{1,64}))\.([\w-]{43})$/.exec(header)
  const [, signed, chainId, depth, parentRunId, given] = match ?? []
  if (signed === undefined || chainId === undefined || parentRunId === undefined || given === undefined) return null
  if (!equalInConstantTime(authenticate(signed, secret), given)) return null
  return { chainId, depth: Number(depth), parentRunId }
}

function authenticate(signed: string, secret: string | Buffer): string {
  return createHmac('sha256', secret).update('kantos chain\n').update(signed).digest('base64url')
}
