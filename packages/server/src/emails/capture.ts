import type { SendEmailInput } from '@kantos/model'
import { V7Generator } from 'uuidv7'
import type { Queryable } from '../db/pool.ts'

const ids = new V7Generator()

/** Keeps an e-mail that would have been sent, for the outbox; the same Message-ID only once. */
export async function captureEmail(
  db: Queryable,
  mail: { workspaceId: string; runId: string | null; messageId: string; from: string; input: SendEmailInput },
): Promise<void> {
  const { input } = mail
  await db.query({
    name: 'email-capture',
    text: `insert into captured_emails (workspace_id, id, message_id, sender, recipients, subject, html, text, run_id)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (workspace_id, message_id) do nothing`,
    values: [
      mail.workspaceId,
      ids.generate().toString(),
      mail.messageId,
      input.from_name === undefined ? mail.from : `${input.from_name} <${addressOf(mail.from)}>`,
      JSON.stringify({ to: input.to, cc: input.cc, bcc: input.bcc, reply_to: input.reply_to ?? null }),
      input.subject,
      input.html ?? null,
      input.text ?? null,
      mail.runId,
    ],
  })
}

function addressOf(from: string): string {
  return /<([^>]+)>\s*$/.exec(from)?.[1] ?? from.trim()
}
