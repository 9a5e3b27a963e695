import { ApiError, listOutbox, publicId, readOutboxEmail, uuidOf } from '@kantos/model'
import { query, type Queryable } from '../../db/pool.ts'
import type { Services } from '../../services.ts'
import { pageOf, readCursor } from '../cursor.ts'
import type { Api } from '../implement.ts'

interface EmailRow {
  id: string
  message_id: string
  sender: string
  recipients: { to?: string[]; cc?: string[]; bcc?: string[]; reply_to?: string | null }
  subject: string
  html: string | null
  text: string | null
  run_id: string | null
  at: Date
}
const COLUMNS = 'id, message_id, sender, recipients, subject, html, text, run_id, at'

function present(row: EmailRow) {
  return {
    id: publicId('email', row.id),
    message_id: row.message_id,
    from: row.sender,
    to: row.recipients.to ?? [],
    cc: row.recipients.cc ?? [],
    bcc: row.recipients.bcc ?? [],
    reply_to: row.recipients.reply_to ?? null,
    subject: row.subject,
    html: row.html,
    text: row.text,
    run_id: row.run_id === null ? null : publicId('run', row.run_id),
    at: row.at.toISOString(),
  }
}

async function readEmails(
  db: Queryable,
  workspaceId: string,
  filter: { id?: string | null; runId?: string | null; before?: string; limit: number },
): Promise<EmailRow[]> {
  const { rows } = await query<EmailRow>(db, {
    text: `select ${COLUMNS} from captured_emails where workspace_id = $1 and ($2::uuid is null or id < $2)
      and ($3::uuid is null or id = $3) and ($4::uuid is null or run_id = $4) order by id desc limit $5`,
    values: [workspaceId, filter.before ?? null, filter.id ?? null, filter.runId ?? null, filter.limit],
  })
  return rows
}

/** E-mails captured because no SMTP server is configured. Source: SPEC.md, section 12 */
export function outboxRoutes(api: Api, { pool }: Services): void {
  api.handle(listOutbox, async ({ principal, query: { cursor, limit, run_id } }) => {
    const before = readCursor('email', cursor)
    const runId = run_id === undefined ? undefined : uuidOf('run', run_id)
    if (runId === null) return { data: [], next_cursor: null }
    const rows = await readEmails(pool, principal.workspaceId, { runId, before, limit: limit + 1 })
    const { page, next_cursor } = pageOf('email', rows, limit)
    return { data: page.map(present), next_cursor }
  })

  api.handle(readOutboxEmail, async ({ principal, params }) => {
    const id = uuidOf('email', params.id)
    const [row] = id === null ? [] : await readEmails(pool, principal.workspaceId, { id, limit: 1 })
    if (row === undefined) throw new ApiError('NOT_FOUND', 'There is no such e-mail.')
    return present(row)
  })
}
