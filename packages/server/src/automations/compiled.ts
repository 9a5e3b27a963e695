import {
  type AutomationDocument,
  type BusinessHours,
  businessHoursOf,
  type CompiledAutomation,
  compileAutomation,
  type EmailTemplate,
  type EventType,
  type Listener,
  objectSlug,
  publicId,
  settingsOf,
  timezoneOr,
} from '@kantos/model'
import type { Queryable } from '../db/pool.ts'
import type { DatedAutomation } from '../dates/note.ts'
import { type Catalogue, catalogueAt } from '../records/catalogue.ts'

/** An automation of a workspace at one revision, compiled when it is first needed. */
export interface ActiveAutomation {
  id: string
  listener: Listener
  mode: 'live' | 'test'
  version: number
  serial: boolean
  /** slug of the trigger's object */
  object: string | null
  /** null: it can't be compiled any more, `problem` says why */
  compiled(): CompiledAutomation | null
  problem(): string | null
}

/** All that is active in a workspace, at one revision. */
export interface WorkspaceAutomations {
  rev: number
  catalogue: Catalogue
  byId: ReadonlyMap<string, ActiveAutomation>
  /** those that listen to an event type of an object */
  listening(type: EventType, object: string | null): readonly ActiveAutomation[]
  /** those that follow dates of an object */
  dated(object: string): readonly DatedAutomation[]
  /** settings of the loop guard */
  limits: LoopLimits
  /** on hold: nothing of it may be taken up */
  held: boolean
  /** any document, compiled against the workspace as it is; null: it can't be, `problem` says why */
  compile(automation: Compilable): { compiled: CompiledAutomation | null; problem: string | null }
  /** a version that a run started with, compiled; null: it is gone or broken */
  version(db: Queryable, automationId: string, version: number): Promise<CompiledAutomation | null>
}

export interface Compilable {
  id: string
  name: string
  version: number
  document: AutomationDocument
}

export interface LoopLimits {
  max_depth: number
  max_per_record: number
  max_per_chain: number
}

export const DEFAULT_LIMITS: LoopLimits = { max_depth: 20, max_per_record: 5, max_per_chain: 10_000 }

interface Row {
  id: string
  name: string
  mode: 'live' | 'test'
  version: number
  document: AutomationDocument
  activated_at: Date
}

const known = new Map<string, WorkspaceAutomations>()
const NONE: readonly never[] = []

/**
 * The workspaces' active automations as they are now. Read by each batch after it has claimed its events, so an
 * automation activated before an event was written is always seen; nothing lives by notifications.
 */
export async function readAutomations(
  db: Queryable,
  workspaceIds: readonly string[],
): Promise<ReadonlyMap<string, WorkspaceAutomations>> {
  const result = new Map<string, WorkspaceAutomations>()
  if (workspaceIds.length === 0) return result
  const { rows } = await db.query<{ id: string; rev: number; limits: Partial<LoopLimits> | null; held: boolean }>({
    name: 'workspaces-revisions',
    text: `select id, automations_rev as rev, settings -> 'loop_limits' as limits,
        (select h.workspace_id from holds h where h.workspace_id = w.id) is not null as held
      from workspaces w where id = any($1::uuid[])`,
    values: [workspaceIds],
  })
  for (const { id, rev, limits, held } of rows) {
    const cached = known.get(id)
    if (cached !== undefined && cached.rev === Number(rev)) {
      cached.limits = { ...DEFAULT_LIMITS, ...limits }
      cached.held = held
      result.set(id, cached)
      continue
    }
    const read = await readWorkspace(db, id, Number(rev), { ...DEFAULT_LIMITS, ...limits })
    read.held = held
    known.set(id, read)
    result.set(id, read)
  }
  return result
}

async function readWorkspace(
  db: Queryable,
  workspaceId: string,
  rev: number,
  limits: LoopLimits,
): Promise<WorkspaceAutomations> {
  const catalogue = await catalogueAt(db, workspaceId, rev)
  const templates = await readTemplates(db, workspaceId)
  const { hours, timezone } = await readTimes(db, workspaceId)
  const { rows } = await db.query<Row>({
    text: `select id, name, mode, version, document, activated_at from automations
      where workspace_id = $1 and status = 'active' and deleted_at is null order by created_at, id`,
    values: [workspaceId],
  })
  const byId = new Map<string, ActiveAutomation>()
  const byEvent = new Map<string, ActiveAutomation[]>()
  const dated = new Map<string, DatedAutomation[]>()
  for (const row of rows) {
    const automation = activeAutomation(row, catalogue, templates, hours)
    byId.set(row.id, automation)
    const { trigger } = row.document
    if (!('object' in trigger) || trigger.object === undefined || automation.listener.trigger.event === 'schedule')
      continue
    if (trigger.event === 'date.reached') {
      const list = dated.get(automation.object!) ?? []
      dated.set(automation.object!, list)
      const activatedAt = row.activated_at.getTime()
      list.push({ id: row.id, trigger, timezone: timezoneOr(trigger.timezone, timezone), activatedAt })
      continue
    }
    const type = trigger.event === 'field.changed' ? 'record.updated' : trigger.event
    const key = `${type} ${automation.object}`
    const list = byEvent.get(key)
    if (list === undefined) byEvent.set(key, [automation])
    else list.push(automation)
  }
  const versions = new Map<string, CompiledAutomation | null>()
  return {
    rev,
    catalogue,
    byId,
    limits,
    held: false,
    listening: (type, object) => byEvent.get(`${type} ${object}`) ?? NONE,
    dated: (object) => dated.get(object) ?? NONE,
    compile: (automation) => compileOrNull(automation, catalogue, templates, hours),
    version: async (client, automationId, version) => {
      const active = byId.get(automationId)
      if (active !== undefined && active.version === version) return active.compiled()
      const key = `${automationId} ${version}`
      const cached = versions.get(key)
      if (cached !== undefined) return cached
      const found = await client.query<{ name: string; document: AutomationDocument }>({
        name: 'automation-version',
        text: `select a.name, v.document from automation_versions v
          join automations a on a.workspace_id = v.workspace_id and a.id = v.automation_id
          where v.workspace_id = $1 and v.automation_id = $2 and v.version = $3`,
        values: [workspaceId, automationId, version],
      })
      const row = found.rows[0]
      const compiled =
        row === undefined
          ? null
          : compileOrNull(
              { id: automationId, name: row.name, version, document: row.document },
              catalogue,
              templates,
              hours,
            ).compiled
      versions.set(key, compiled)
      return compiled
    },
  }
}

/** A change of the settings raises the revision. */
async function readTimes(db: Queryable, workspaceId: string): Promise<{ hours: BusinessHours; timezone: string }> {
  const { rows } = await db.query<{ settings: unknown }>({
    text: 'select settings from workspaces where id = $1',
    values: [workspaceId],
  })
  const settings = settingsOf(rows[0]?.settings)
  return { hours: businessHoursOf(settings), timezone: timezoneOr(settings.default_timezone) }
}

async function readTemplates(db: Queryable, workspaceId: string): Promise<ReadonlyMap<string, EmailTemplate>> {
  const { rows } = await db.query<{ id: string; name: string; subject: string; html: string; text: string | null }>({
    text: 'select id, name, subject, html, text from email_templates where workspace_id = $1',
    values: [workspaceId],
  })
  return new Map(
    rows.map((row) => {
      const id = publicId('template', row.id)
      return [id, { ...row, id }]
    }),
  )
}

function activeAutomation(
  row: Row,
  catalogue: Catalogue,
  templates: ReadonlyMap<string, EmailTemplate>,
  hours: BusinessHours,
): ActiveAutomation {
  let result: { compiled: CompiledAutomation | null; problem: string | null } | null = null
  const compile = () => {
    result ??= compileOrNull(row, catalogue, templates, hours)
    return result
  }
  const { trigger } = row.document
  return {
    id: row.id,
    listener: {
      id: row.id,
      trigger,
      status: 'active',
      activatedAt: row.activated_at,
      onImport: row.document.on_import,
    },
    object: 'object' in trigger && trigger.object !== undefined ? objectSlug(trigger.object) : null,
    mode: row.mode,
    version: row.version,
    serial: row.document.serial === true,
    compiled: () => compile().compiled,
    problem: () => compile().problem,
  }
}

function compileOrNull(
  row: Compilable,
  catalogue: Catalogue,
  templates: ReadonlyMap<string, EmailTemplate>,
  hours: BusinessHours,
): { compiled: CompiledAutomation | null; problem: string | null } {
  try {
    return { compiled: compileAutomation(row, { objects: catalogue.objects, templates, hours }), problem: null }
  } catch (error) {
    return { compiled: null, problem: error instanceof Error ? error.message : String(error) }
  }
}
