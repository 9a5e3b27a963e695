export type FailureCode = 'NETWORK' | 'TIMEOUT' | 'TLS' | 'DNS'

/** Thrown inside the connector: the address is one that must not be reached. */
export class EgressRefused extends Error {
  readonly code = 'EGRESS_REFUSED'
}

const DNS_CODES = /^(ENOTFOUND|EAI_\w+|ENODATA|ESERVFAIL|EREFUSED|EBADNAME)$/
const TIMEOUT_CODES = /^(ETIMEDOUT|UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT)$/
const TLS_CODES =
  /^(ERR_TLS_\w+|ERR_SSL_\w+|EPROTO|CERT_\w+|CRL_\w+|UNABLE_TO_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|HOSTNAME_MISMATCH|ERROR_IN_CERT_\w+|INVALID_CA|INVALID_PURPOSE)$/

const WORDS: Record<string, string> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  UND_ERR_SOCKET: 'the connection was closed before the answer was complete',
  UND_ERR_CONNECT_TIMEOUT: 'no connection came about in time',
  UND_ERR_HEADERS_OVERFLOW: 'the headers of the answer are longer than 16 KiB',
  ETIMEDOUT: 'no connection came about in time',
}

/**
 * What an error of the network means to a person and to the retry rules.
 *
 * @param error whatever the client or the socket gave
 * @param host `URL.host`, for the message
 */
export function describeFailure(error: unknown, host: string): { code: FailureCode; message: string } {
  const cause = rootCause(error)
  const code = typeof cause.code === 'string' ? cause.code : ''
  if (DNS_CODES.test(code)) return { code: 'DNS', message: `the name of ${host} could not be resolved (${code})` }
  const words = WORDS[code] ?? oneLine(cause.message)
  const message = `${host}: ${words}${code === '' ? '' : ` (${code})`}`
  if (TIMEOUT_CODES.test(code)) return { code: 'TIMEOUT', message }
  if (TLS_CODES.test(code)) return { code: 'TLS', message }
  return { code: 'NETWORK', message }
}

/** The first error that says something, out of "all addresses failed" and "fetch failed" wrappers. */
export function rootCause(error: unknown): Error & { code?: unknown } {
  if (error instanceof AggregateError && error.errors.length > 0) return rootCause(error.errors[0])
  if (!(error instanceof Error)) return new Error(String(error))
  if (error.message === '' && error.cause !== undefined) return rootCause(error.cause)
  return error
}

function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').slice(0, 300)
}
