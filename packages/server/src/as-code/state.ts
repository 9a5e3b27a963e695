import { type AutomationDocument, type ObjectDefinition, publicId } from '@kantos/model'
import { query, type Queryable } from '../db/pool.ts'
import { readCatalogue } from '../records/catalogue.ts'
import { automationContent, type Content, objectContent, templateContent } from './content.ts'
import { withKeys } from './keys.ts'

export type Kind = 'object' | 'template' | 'automation'

/** A thing of the workspace, as its file would say it. */
export interface Present {
  key: string
  name: string
  content: Content
}

export interface PresentTemplate extends Present {
  /** public id */
  id: string
  subject: string
  html: string
  text: string | null
  /** its key is stored already */
  keyed: boolean
}

export interface PresentAutomation extends Present {
  /** uuid */
  id: string
  keyed: boolean
}

/** All of a workspace that files can hold. */
export interface WorkspaceState {
  objects: ReadonlyMap<string, ObjectDefinition>
  templates: PresentTemplate[]
  automations: PresentAutomation[]
  /** names */
  secrets: string[]
}

interface TemplateRow {
  id: string
  key: string | null
  name: string
  subject: string
  html: string
  text: string | null
}

interface AutomationRow {
  id: string
  key: string | null
  name: string
  description: string
  status: string
  mode: string
  document: AutomationDocument
}

/** Reads a workspace as it is. */
export async function readState(db: Queryable, workspaceId: string): Promise<WorkspaceState> {
  const { objects } = await readCatalogue(db, workspaceId)
  const templates = await query<TemplateRow>(db, {
    text: `select id, key, name, subject, html, text from email_templates where workspace_id = $1 order by created_at, id`,
    values: [workspaceId],
  })
  const automations = await query<AutomationRow>(db, {
    text: `select id, key, name, description, status, mode, document from automations
      where workspace_id = $1 and deleted_at is null order by created_at, id`,
    values: [workspaceId],
  })
  const secrets = await query<{ name: string }>(db, {
    text: 'select name from secrets where workspace_id = $1',
    values: [workspaceId],
  })
  const presentTemplates = withKeys(templates.rows).map((row, i) => ({
    ...row,
    id: publicId('template', row.id),
    content: templateContent(row.key, row),
    keyed: templates.rows[i]!.key !== null,
  }))
  const templateKeys = new Map(presentTemplates.map(({ id, key }) => [id, key]))
  return {
    objects,
    templates: presentTemplates,
    automations: withKeys(automations.rows).map((row, i) => ({
      id: row.id,
      key: row.key,
      name: row.name,
      content: automationContent(row, row.document, templateKeys),
      keyed: automations.rows[i]!.key !== null,
    })),
    secrets: secrets.rows.map(({ name }) => name),
  }
}

/** All things of a workspace by their kind. */
export function presentOf(state: WorkspaceState, kind: Kind): readonly Present[] {
  if (kind === 'template') return state.templates
  if (kind === 'automation') return state.automations
  return [...state.objects.values()].map((object) => ({
    key: object.slug,
    name: object.name,
    content: objectContent(object),
  }))
}
