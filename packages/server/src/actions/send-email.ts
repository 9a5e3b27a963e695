import type { Command, SendEmailInput, SendEmailOutput } from '@kantos/model'
import type { Pool } from '../db/pool.ts'
import type { Mailer } from '../ports/mailer.ts'
import { captureEmail } from '../emails/capture.ts'
import { type EffectContext, EffectFailure } from './outcome.ts'

type EffectCommand = Extract<Command, { kind: 'effect' }>

const PERMANENT = new Set(['INVALID_ADDRESS', 'NO_RECIPIENT', 'INVALID_MAIL', 'SMTP_REFUSED'])

/**
 * Sends an e-mail, or captures it in the outbox when there is no mail server.
 *
 * @throws EffectFailure; an SMTP 5xx is permanent, a 4xx and the network are transient
 * Source: SPEC.md, section 6
 */
export async function performSendEmail(
  { mailer, pool, from }: { mailer: Mailer | null; pool: Pool; from: string },
  command: EffectCommand,
  context: EffectContext,
): Promise<SendEmailOutput> {
  const input = command.input as SendEmailInput
  const messageId = messageIdOf(context.deliveryId, from)
  if (mailer === null) {
    await captureEmail(pool, { workspaceId: context.workspaceId, runId: context.runId, messageId, from, input })
    return { message_id: messageId, to: input.to, response: 'captured: no mail server is configured' }
  }
  const result = await mailer.send({
    messageId,
    fromName: input.from_name,
    to: input.to,
    cc: input.cc,
    bcc: input.bcc,
    replyTo: input.reply_to,
    subject: input.subject,
    html: input.html,
    text: input.text,
  })
  if (result.kind === 'sent') return { message_id: messageId, to: input.to, response: result.response }
  if (command.atMostOnce && result.doubtful)
    throw new EffectFailure(
      'DOUBTFUL',
      `${result.message} Whether it was sent is unknown, and it must not be sent twice.`,
      {
        permanent: true,
      },
    )
  const code =
    result.code === 'SMTP_AUTH' || result.code === 'TLS' || result.code === 'DNS' || result.code === 'INVALID_MAIL'
      ? 'SMTP_UNAVAILABLE'
      : result.code
  throw new EffectFailure(code, result.message, {
    permanent: PERMANENT.has(result.code) || !result.transient,
    transient: result.transient,
  })
}

/** The same for every attempt of a step. */
export function messageIdOf(deliveryId: string, from: string): string {
  const domain = /@([\w.-]+)>?\s*$/.exec(from)?.[1] ?? 'localhost'
  return `<${deliveryId}@${domain}>`
}
