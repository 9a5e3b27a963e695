import {
  type AutomationDocument,
  invalid,
  loopWarnings,
  objectSlug,
  type OtherAutomation,
  type Problem,
  publicId,
  uuidOf,
  validateAutomation,
  type ValidAutomation,
  type Validation,
  type ValidationContext,
} from '@kantos/model'
import type { Queryable } from '../db/pool.ts'
import { readCatalogue } from '../records/catalogue.ts'
import type { Services } from '../services.ts'

/**
 * What a workspace's automations are checked against, as it is now.
 *
 * @param raw the document about to be checked: the texts of the e-mail templates that it names come with them
 */
export async function readContext(
  db: Queryable,
  { time }: Pick<Services, 'time'>,
  workspaceId: string,
  raw?: unknown,
): Promise<ValidationContext> {
  const { objects } = await readCatalogue(db, workspaceId)
  const { rows } = await db.query<{ templates: TemplateRow[]; secrets: string[] }>({
    name: 'validation-context',
    text: `select
        (select coalesce(json_agg(jsonb_build_object('id', id, 'name', name)
           || case when name = any($2::text[]) or id = any($3::uuid[])
             then jsonb_build_object('texts', jsonb_build_object('subject', subject, 'html', html, 'text', text))
             else '{}'::jsonb end), '[]')
         from email_templates where workspace_id = $1) as templates,
        (select coalesce(json_agg(name), '[]') from secrets where workspace_id = $1) as secrets`,
    values: [workspaceId, ...namedTemplates(raw)],
  })
  const { templates, secrets } = rows[0]!
  return {
    objects,
    templates: templates.map((template) => ({ ...template, id: publicId('template', template.id) })),
    secrets,
    now: time.now(),
  }
}

type TemplateRow = ValidationContext['templates'][number]

/** Names and uuids of the e-mail templates that a document of any shape may mean. */
function namedTemplates(raw: unknown): [names: string[], uuids: string[]] {
  const named = new Set<string>()
  JSON.stringify(raw ?? null, (key, value: unknown) => {
    if ((key === 'template' || key === 'template_id') && typeof value === 'string' && !value.includes('\0'))
      named.add(value)
    return value
  })
  const names = [...named]
  return [names, names.map((name) => uuidOf('template', name)).filter((uuid) => uuid !== null)]
}

const MOST_OTHERS = 1000

async function readOthers(db: Queryable, workspaceId: string, except: string | null): Promise<OtherAutomation[]> {
  const { rows } = await db.query<OtherAutomation>({
    name: 'active-listeners',
    text: `select id, name, document from automations
      where workspace_id = $1 and status = 'active' and deleted_at is null and trigger_object is not null
        and id is distinct from $2::uuid
      order by id limit $3`,
    values: [workspaceId, except, MOST_OTHERS],
  })
  return rows
}

/**
 * Checks a document as it was sent, against the workspace as it is now, with the loops it would make.
 *
 * @param id uuid of the automation, which isn't its own neighbour; null for a new one
 */
export async function judge(
  db: Queryable,
  services: Pick<Services, 'time'>,
  workspaceId: string,
  raw: unknown,
  id: string | null,
): Promise<Validation> {
  const context = await readContext(db, services, workspaceId, raw)
  const result = validateAutomation(raw, context)
  if (!result.ok) return result
  const others = writesRecords(result.document) ? await readOthers(db, workspaceId, id) : []
  const loops = loopWarnings(result.document, context.objects, others, result.places)
  return { ...result, warnings: [...result.warnings, ...loops] }
}

function writesRecords(document: AutomationDocument): boolean {
  return /"(?:update_record|create_record|delete_record)"/.test(JSON.stringify(document.actions))
}

/** The same, for a save. @throws ApiError VALIDATION_ERROR with every problem */
export async function judged(
  db: Queryable,
  services: Pick<Services, 'time'>,
  workspaceId: string,
  raw: unknown,
  id: string | null,
): Promise<ValidAutomation> {
  const result = await judge(db, services, workspaceId, raw, id)
  if (result.ok) return result
  throw invalid(result.errors, summary(result.errors))
}

function summary(errors: readonly Problem[]): string {
  const [first] = errors
  const more = errors.length === 1 ? '' : ` (and ${errors.length - 1} more)`
  return `The automation can't be saved: ${first!.message}${more}.`
}

/** Slug of the object that a trigger listens to, null when it names none. */
export function triggerObjectOf({ trigger }: AutomationDocument): string | null {
  return 'object' in trigger && trigger.object !== undefined ? objectSlug(trigger.object) : null
}
