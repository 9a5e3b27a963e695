import {
  ApiError,
  emailProblems,
  ExpressionError,
  invalid,
  type PreviewInput,
  publicId,
  type RecordView,
  recordView,
  renderEmail,
  type RenderedEmail,
  uuidOf,
} from '@kantos/model'
import { readUser } from '../accounts/users.ts'
import { readCatalogue } from '../records/catalogue.ts'
import { readRecord } from '../records/query.ts'
import { readUsers } from '../records/users.ts'
import type { Principal, Services } from '../services.ts'
import { getTemplate } from './store.ts'

/**
 * Renders an e-mail template as it would be sent, and sends nothing.
 *
 * @param input a record by its id, or values of your own; variables; texts that aren't saved yet
 * @throws ApiError NOT_FOUND (the template, the record); VALIDATION_ERROR when an unsaved text is broken
 * Source: SPEC.md, section 12
 */
export async function previewTemplate(
  services: Services,
  principal: Principal,
  id: string,
  input: PreviewInput,
): Promise<RenderedEmail> {
  const template = await getTemplate(services.pool, principal.workspaceId, id)
  const texts = {
    subject: input.texts?.subject ?? template.subject,
    html: input.texts?.html ?? template.html,
    text: input.texts?.text === undefined ? template.text : input.texts.text,
  }
  const problems = emailProblems(texts).map((problem) => ({ ...problem, path: `/texts${problem.path}` }))
  if (problems.length > 0) throw invalid(problems)
  const { record, along } = await sampleRecord(services, principal.workspaceId, input)
  const now = new Date(services.time.now()).toISOString()
  const scope = {
    record,
    previous: record,
    changes: {},
    variables: input.variables ?? {},
    automation: { id: '', name: 'Preview' },
    run: { id: '' },
    event: { id: '', type: 'manual', at: now },
    now,
    today: now.slice(0, 10),
    user: await personOf(services, principal),
    steps: {},
  }
  try {
    return renderEmail(texts, scope, { follow: (recordId) => along.get(recordId) ?? null })
  } catch (error) {
    if (error instanceof ExpressionError) throw invalid([{ path: '/html', message: error.message }])
    throw error
  }
}

async function personOf({ pool }: Services, { kind, workspaceId, id, actor, name }: Principal) {
  if (kind !== 'user') return null
  const { email } = await readUser(pool, workspaceId, id)
  return { id: actor, name, email }
}

interface Sample {
  record: RecordView | null
  /** the records and users that its references point at */
  along: ReadonlyMap<string, RecordView>
}

async function sampleRecord(services: Services, workspaceId: string, input: PreviewInput): Promise<Sample> {
  if (input.record_id === undefined) return { record: input.record ?? null, along: new Map() }
  const record = await viewOf(services, workspaceId, input.record_id)
  if (record === null) throw new ApiError('NOT_FOUND', 'There is no such record.')
  const along = new Map<string, RecordView>()
  const { objects } = await readCatalogue(services.pool, workspaceId)
  const fields = objects.get(record.object)?.fields ?? []
  const users = fields.flatMap(({ type, slug }) => {
    const id = type === 'user' ? uuidOf('user', String(record.view[slug])) : null
    return id === null ? [] : [{ workspaceId, id }]
  })
  for (const { workspaceId: _, ...user } of await readUsers(services.pool, users)) along.set(user.id, user)
  for (const { slug } of fields.filter(({ type }) => type === 'reference')) {
    const target = record.view[slug]
    if (typeof target !== 'string') continue
    const found = await viewOf(services, workspaceId, target)
    if (found !== null) along.set(target, found.view)
  }
  return { record: { ...record.view, ...input.record }, along }
}

async function viewOf(
  { pool }: Services,
  workspaceId: string,
  id: string,
): Promise<{ view: RecordView; object: string } | null> {
  const row = await readRecord(pool, workspaceId, id)
  if (row === null) return null
  return { view: recordView({ ...row, id: publicId('record', row.id) }), object: row.object }
}
