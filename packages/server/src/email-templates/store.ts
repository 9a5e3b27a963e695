import {
  ApiError,
  emailProblems,
  type EmailTemplateAnswer,
  type EmailTemplateInput,
  invalid,
  type Pagination,
  publicId,
  uuidOf,
} from '@kantos/model'
import { audit } from '../audit/audit.ts'
import { changeAutomations } from '../automations/change.ts'
import type { Client, Queryable } from '../db/pool.ts'
import { readDocuments, refuseWhenUsed } from '../objects/usage.ts'
import type { Principal, Services } from '../services.ts'

interface TemplateRow {
  id: string
  name: string
  subject: string
  html: string
  text: string | null
  created_at: Date
  updated_at: Date
  created_by: string | null
}

const COLUMNS = 'id, name, subject, html, text, created_at, updated_at, created_by'

function present(row: TemplateRow): EmailTemplateAnswer {
  return {
    ...row,
    id: publicId('template', row.id),
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}

function noTemplate(): ApiError {
  return new ApiError('NOT_FOUND', 'There is no such e-mail template.')
}

function uuidOfTemplate(id: string): string {
  const uuid = uuidOf('template', id)
  if (uuid === null) throw noTemplate()
  return uuid
}

/** Called inside the transaction with the answer, to remember it for a repeated request. */
export type FinishTemplate = (client: Client, answer: EmailTemplateAnswer) => Promise<void>

/** A page of the e-mail templates by name. Source: SPEC.md, section 12 */
export async function listTemplates(
  db: Queryable,
  workspaceId: string,
  { q, page, per_page: perPage }: { q?: string | undefined; page: number; per_page: number },
): Promise<{ data: EmailTemplateAnswer[]; pagination: Pagination }> {
  const like = q === undefined ? null : `%${q.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
  const where = 'workspace_id = $1 and ($2::text is null or name ilike $2 or subject ilike $2)'
  const counted = await db.query<{ total: number }>({
    text: `select count(*) as total from email_templates where ${where}`,
    values: [workspaceId, like],
  })
  const { rows } = await db.query<TemplateRow>({
    text: `select ${COLUMNS} from email_templates where ${where} order by lower(name), id limit $3 offset $4`,
    values: [workspaceId, like, perPage, (page - 1) * perPage],
  })
  const total = Number(counted.rows[0]!.total)
  const pagination = { total, page, per_page: perPage, total_pages: Math.ceil(total / perPage) }
  return { data: rows.map(present), pagination }
}

/** An e-mail template. @throws ApiError NOT_FOUND */
export async function getTemplate(db: Queryable, workspaceId: string, id: string): Promise<EmailTemplateAnswer> {
  const { rows } = await db.query<TemplateRow>({
    text: `select ${COLUMNS} from email_templates where workspace_id = $1 and id = $2`,
    values: [workspaceId, uuidOfTemplate(id)],
  })
  if (rows[0] === undefined) throw noTemplate()
  return present(rows[0])
}

/**
 * Creates an e-mail template.
 *
 * @throws ApiError VALIDATION_ERROR with paths `/subject`, `/html`, `/text`; CONFLICT when the name is taken
 * Source: SPEC.md, section 12
 */
export async function createTemplate(
  services: Services,
  principal: Principal,
  input: EmailTemplateInput,
  finish: FinishTemplate,
): Promise<EmailTemplateAnswer> {
  refuseBroken(input)
  const { workspaceId, actor } = principal
  return changeAutomations(services, workspaceId, async (client) => {
    await refuseTaken(client, workspaceId, input.name, null)
    const { rows } = await client.query<TemplateRow>(
      `insert into email_templates (workspace_id, id, name, subject, html, text, created_by)
       values ($1, $2, $3, $4, $5, $6, $7) returning ${COLUMNS}`,
      [workspaceId, services.time.id(), input.name, input.subject, input.html, input.text ?? null, actor],
    )
    const result = present(rows[0]!)
    await audit(client, principal, 'email_template.created', result.id, { name: result.name })
    await finish(client, result)
    return { changed: true, result }
  })
}

/** Saves an e-mail template; the next e-mails use it. @throws ApiError like `createTemplate`, and NOT_FOUND */
export async function updateTemplate(
  services: Services,
  principal: Principal,
  id: string,
  input: EmailTemplateInput,
): Promise<EmailTemplateAnswer> {
  const { workspaceId } = principal
  const uuid = uuidOfTemplate(id)
  return changeAutomations(services, workspaceId, async (client) => {
    const before = await getTemplate(client, workspaceId, id)
    refuseBroken(input)
    await refuseTaken(client, workspaceId, input.name, uuid)
    const text = input.text ?? null
    const changed = (['name', 'subject', 'html'] as const).filter((key) => before[key] !== input[key]) as string[]
    if (before.text !== text) changed.push('text')
    if (changed.length === 0) return { changed: false, result: before }
    const { rows } = await client.query<TemplateRow>(
      `update email_templates set name = $3, subject = $4, html = $5, text = $6, updated_at = now()
       where workspace_id = $1 and id = $2 returning ${COLUMNS}`,
      [workspaceId, uuid, input.name, input.subject, input.html, text],
    )
    await audit(client, principal, 'email_template.updated', id, { name: input.name, changed })
    return { changed: true, result: present(rows[0]!) }
  })
}

/**
 * Deletes an e-mail template.
 *
 * @throws ApiError NOT_FOUND; CONFLICT naming the automations that use it
 * Source: SPEC.md, section 12
 */
export async function deleteTemplate(services: Services, principal: Principal, id: string): Promise<void> {
  const { workspaceId } = principal
  await changeAutomations(services, workspaceId, async (client) => {
    const { name } = await getTemplate(client, workspaceId, id)
    const documents = await readDocuments(client, workspaceId)
    refuseWhenUsed(
      `The e-mail template "${name}"`,
      documents.filter(({ document }) => JSON.stringify(document).includes(`"template_id":"${id}"`)),
    )
    await client.query('delete from email_templates where workspace_id = $1 and id = $2', [
      workspaceId,
      uuidOfTemplate(id),
    ])
    await audit(client, principal, 'email_template.deleted', id, { name })
    return { changed: true, result: null }
  })
}

function refuseBroken(input: EmailTemplateInput): void {
  const problems = emailProblems({ subject: input.subject, html: input.html, text: input.text ?? null })
  if (input.html.trim() === '' && (input.text ?? '').trim() === '')
    problems.push({ path: '/html', message: 'the e-mail has no content', hint: 'write html, or text, or both' })
  if (problems.length > 0) throw invalid(problems)
}

async function refuseTaken(client: Client, workspaceId: string, name: string, except: string | null): Promise<void> {
  const { rowCount } = await client.query(
    'select 1 from email_templates where workspace_id = $1 and name = $2 and id is distinct from $3::uuid',
    [workspaceId, name, except],
  )
  if (rowCount !== 0) throw new ApiError('CONFLICT', `There is an e-mail template "${name}" already.`)
}
