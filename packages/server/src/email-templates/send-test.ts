import { ApiError, type EmailTestAnswer, type EmailTestInput, invalid } from '@kantos/model'
import { validateAddress } from '@kantos/model/address'
import { readUser } from '../accounts/users.ts'
import { messageIdOf } from '../actions/send-email.ts'
import { audit } from '../audit/audit.ts'
import { captureEmail } from '../emails/capture.ts'
import type { MailResult } from '../ports/mailer.ts'
import type { Principal, Services } from '../services.ts'
import { previewTemplate } from './preview.ts'

/**
 * Sends an e-mail template to the person who asks, rendered like a preview; into the outbox when there is no mail server.
 *
 * @param input as for a preview; `to` where the caller is an API key, or for another address
 * @throws ApiError NOT_FOUND (the template, the record); VALIDATION_ERROR: a broken text, no valid address, or the mail
 *   server refused for good; UNAVAILABLE when the mail server can't be used now
 * Source: SPEC.md, sections 6 and 12
 */
export async function sendTest(
  services: Services,
  principal: Principal,
  id: string,
  input: EmailTestInput,
): Promise<EmailTestAnswer> {
  const { pool, mailer, config, time } = services
  const { to: wanted, ...sample } = input
  const { subject, html, text } = await previewTemplate(services, principal, id, sample)
  const to = await addressOf(services, principal, wanted)
  const messageId = messageIdOf(`test-${time.id()}`, config.mailFrom)
  const note = (outcome: string) => audit(pool, principal, 'email_template.tested', id, { to, outcome })
  const answer = { to, subject, message_id: messageId }
  if (mailer === null) {
    const { workspaceId } = principal
    const mail = { to: [to], cc: [], bcc: [], subject, html, text }
    await captureEmail(pool, { workspaceId, runId: null, messageId, from: config.mailFrom, input: mail })
    await note('captured')
    return { outcome: 'captured', ...answer }
  }
  const result = await mailer.send({ messageId, to: [to], subject, html, text })
  await note(result.kind)
  if (result.kind === 'failed') throw refusalOf(result)
  return { outcome: 'sent', ...answer }
}

async function addressOf({ pool }: Services, principal: Principal, wanted: string | undefined): Promise<string> {
  if (wanted === undefined) {
    if (principal.kind === 'user') return (await readUser(pool, principal.workspaceId, principal.id)).email
    const hint = 'name an address in `to`, or send the test from the dashboard, as a user'
    throw invalid([{ path: '/to', message: 'An API key has no e-mail address of its own.', hint }])
  }
  const checked = validateAddress(wanted)
  if ('error' in checked) throw invalid([{ path: '/to', message: checked.message }])
  return checked.address
}

function refusalOf({ transient, code, message }: Extract<MailResult, { kind: 'failed' }>): ApiError {
  return transient || code === 'SMTP_AUTH' || code === 'TLS'
    ? new ApiError('UNAVAILABLE', message)
    : invalid([{ path: '/to', message }])
}
