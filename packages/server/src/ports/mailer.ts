import { validateAddress } from '@kantos/model/address'
import { type Clock, systemClock } from './clock.ts'
import { composeMail } from './mail/compose.ts'
import { describeMailFailure } from './mail/failure.ts'
import { createSmtpPool } from './mail/smtp-pool.ts'
import { parseSmtpUrl } from './mail/smtp-url.ts'

/** One e-mail, rendered. Addresses are texts of one address each, with or without a display name. */
export interface Mail {
  /** `<unique@host>`, the same for every attempt, so that a repeated mail can be recognised. */
  messageId: string
  /** Default: the mailer's own. */
  from?: string
  /** Replaces the display name of `from`. */
  fromName?: string
  to: readonly string[]
  cc?: readonly string[]
  bcc?: readonly string[]
  replyTo?: string
  subject: string
  html?: string
  text?: string
  /** Further headers, e.g. `List-Unsubscribe`; none that the mail's other parts set. */
  headers?: Record<string, string>
}

export type MailFailureCode =
  | 'INVALID_ADDRESS'
  | 'NO_RECIPIENT'
  /** A header or the Message-ID is malformed. */
  | 'INVALID_MAIL'
  /** 5xx: the server doesn't want this mail. */
  | 'SMTP_REFUSED'
  /** 4xx: the server asks to come back later. */
  | 'SMTP_UNAVAILABLE'
  /** The server didn't accept user and password. */
  | 'SMTP_AUTH'
  | 'NETWORK'
  | 'TIMEOUT'
  | 'TLS'
  | 'DNS'

export type MailResult =
  | {
      kind: 'sent'
      /** The server's last answer, e.g. `250 OK: queued as 4F1`. */
      response: string
      /** Recipients the server refused while it took the mail for others. */
      rejected: { address: string; message: string }[]
    }
  | {
      kind: 'failed'
      /** Whether a later attempt may succeed. */
      transient: boolean
      code: MailFailureCode
      message: string
      /** The mail was on its way to the server and no answer came: it may have been taken. */
      doubtful: boolean
    }

export interface Mailer {
  /** @returns within 30 s; never rejects */
  send(mail: Mail): Promise<MailResult>
  close(): Promise<void>
}

export interface MailerOptions {
  /** `SMTP_URL`, e.g. `smtp://user:password@mail.example.org:587?requireTLS=true`. */
  smtpUrl: string
  /** `MAIL_FROM`, e.g. `Kantos <automations@localhost>`. */
  from: string
  /** For one whole send, from the look-up of the server's name to its last answer. Default and maximum 30,000. */
  timeoutMs?: number
  /** Sends at a time; further ones wait, and the wait counts against their time. Default 10. */
  connections?: number
  clock?: Clock
}

const LONGEST_MS = 30_000

/** A server that refused the password is left alone this long: some lock the account. */
const AUTH_PAUSE_MS = 30_000

/**
 * Sends mail by SMTP. Connections are kept and used again.
 *
 * @throws Error when `smtpUrl` or `from` is malformed, without showing a password
 * Source: SPEC.md, sections 6 and 14; SPEC-DETAILS.md, section 6
 */
export function createMailer({
  smtpUrl,
  from,
  timeoutMs = LONGEST_MS,
  connections = 10,
  clock = systemClock,
}: MailerOptions): Mailer {
  const server = parseSmtpUrl(smtpUrl)
  const sender = validateAddress(from)
  if ('error' in sender) throw new Error(`MAIL_FROM: ${sender.message}`)
  const limitMs = Math.min(timeoutMs, LONGEST_MS)
  const pool = createSmtpPool({ ...server, timeoutMs: limitMs, connections })
  let pausedUntil = 0
  return {
    async send(mail) {
      const composed = await composeMail(mail, sender)
      if ('failed' in composed) {
        return { kind: 'failed', transient: false, doubtful: false, ...composed.failed }
      }
      if (clock.now() < pausedUntil) {
        const message = `${server.host} refused user and password moments ago; the next try is made in a while`
        return { kind: 'failed', transient: true, doubtful: false, code: 'SMTP_AUTH', message }
      }
      try {
        const info = await pool.send(composed, AbortSignal.timeout(limitMs))
        const rejected = (info.rejectedErrors ?? []).map((error) => ({
          address: error.recipient ?? '',
          message: error.response ?? error.message,
        }))
        return { kind: 'sent', response: info.response, rejected }
      } catch (error) {
        const failure = describeMailFailure(error, server.host, limitMs)
        if (failure.code === 'SMTP_AUTH') pausedUntil = clock.now() + AUTH_PAUSE_MS
        return { kind: 'failed', ...failure }
      }
    },
    close: async () => pool.close(),
  }
}
