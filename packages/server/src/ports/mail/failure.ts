import type { NodemailerError } from 'nodemailer'
import { describeFailure } from '../egress/failure.ts'
import type { MailFailureCode } from '../mailer.ts'

/** The time for the whole send is over. */
export class MailDeadline extends Error {}

/** What went wrong, and whether the server had begun to take the message. */
export class SmtpFailure extends Error {
  override readonly cause: NodemailerError
  readonly handedOver: boolean

  constructor(cause: NodemailerError, handedOver: boolean) {
    super(cause.message)
    this.cause = cause
    this.handedOver = handedOver
  }

  /** The connection was gone before the mail was begun, as happens to kept ones. */
  get connectionWasStale(): boolean {
    const { cause } = this
    if (this.handedOver || cause instanceof MailDeadline) return false
    return cause.responseCode === 421 || (cause.responseCode === undefined && cause.code !== 'EENVELOPE')
  }
}

interface MailFailure {
  transient: boolean
  code: MailFailureCode
  message: string
  doubtful: boolean
}

const AUTH_REQUIRED = new Set([530, 534, 535, 538])

/**
 * What an SMTP error means to a person and to the retry rules: 4xx and the network are transient, 5xx isn't, and a
 * refused password is transient with a code of its own, since the mail itself is in order.
 *
 * @param error as the pool threw it
 * Source: SPEC-DETAILS.md, section 6
 */
export function describeMailFailure(error: unknown, host: string, limitMs: number): MailFailure {
  if (!(error instanceof SmtpFailure)) {
    return { transient: true, code: 'NETWORK', message: `${host}: ${String(error)}`, doubtful: false }
  }
  const { cause, handedOver } = error
  const reply = cause.responseCode
  if (cause.code === 'EAUTH' || (reply !== undefined && AUTH_REQUIRED.has(reply))) {
    const message = `${host} did not accept the user and password of SMTP_URL: ${said(cause)}`
    return { transient: true, code: 'SMTP_AUTH', message, doubtful: false }
  }
  // Before the replies: a server that refuses STARTTLS says nothing about the mail.
  if (cause.code === 'ETLS')
    return { transient: true, code: 'TLS', message: `${host}: ${said(cause)}`, doubtful: false }
  if (reply !== undefined) {
    const transient = reply < 500
    const message = `${host} answered ${cause.command ?? 'the message'} with: ${said(cause)}`
    return { transient, code: transient ? 'SMTP_UNAVAILABLE' : 'SMTP_REFUSED', message, doubtful: false }
  }
  if (cause instanceof MailDeadline) {
    const message = `${host} did not take the mail within ${limitMs / 1000} s`
    return { transient: true, code: 'TIMEOUT', message, doubtful: handedOver }
  }
  if (cause.code === 'EENVELOPE' || cause.code === 'EMESSAGE') {
    return { transient: false, code: 'SMTP_REFUSED', message: `${host}: ${said(cause)}`, doubtful: false }
  }
  if (cause.code === 'ETLS')
    return { transient: true, code: 'TLS', message: `${host}: ${said(cause)}`, doubtful: false }
  const known = Object.assign(new Error(cause.message), { code: cause.originalCode ?? cause.code })
  return { transient: true, ...describeFailure(known, host), doubtful: handedOver }
}

function said(cause: NodemailerError): string {
  return (cause.response ?? cause.message).replace(/[\s\p{Cc}]+/gu, ' ').slice(0, 500)
}
