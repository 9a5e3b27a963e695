import { ApiError, type AutomationDocument, invalid, objectSlug, type Trigger, validateAutomation } from '@kantos/model'
import { findAutomation } from '../automations/row.ts'
import { noAutomation } from '../automations/change.ts'
import { readContext } from '../automations/judge.ts'
import type { ActiveAutomation, WorkspaceAutomations } from '../automations/compiled.ts'
import type { Queryable } from '../db/pool.ts'
import type { Services } from '../services.ts'

/** The id that a draft has while it is tried. */
const NO_ID = '00000000-0000-0000-0000-000000000000'

/** The automation that is tried: saved, a draft of a saved one (version 0), or a new draft (no id either). */
export interface Tried {
  id: string
  name: string
  version: number
  document: AutomationDocument
}

/**
 * Finds the saved automation, or checks the draft as a save would.
 *
 * @param id uuid of the automation in the path; null: the body brings a draft
 * @throws ApiError NOT_FOUND; VALIDATION_ERROR with the draft's problems, their paths below `/automation`
 */
export async function readTried(
  db: Queryable,
  services: Pick<Services, 'time'>,
  workspaceId: string,
  id: string | null,
  draft: unknown,
): Promise<Tried> {
  const saved = id === null ? null : await findAutomation(db, workspaceId, id)
  if (id !== null && saved === null) throw noAutomation()
  if (draft === undefined) {
    if (saved === null) throw invalid([{ path: '/automation', message: 'The automation to try is missing.' }])
    return saved
  }
  const context = await readContext(db, services, workspaceId, draft)
  const result = validateAutomation(draft, { ...context, draft: true })
  if (!result.ok) throw invalid(result.errors.map((problem) => ({ ...problem, path: `/automation${problem.path}` })))
  return { id: saved?.id ?? NO_ID, name: result.name, version: 0, document: result.document }
}

/** As if it were active, and always had been. */
export function asActive({ id, name, version, document }: Tried, workspace: WorkspaceAutomations): ActiveAutomation {
  const result = workspace.compile({ id, name, version, document })
  return {
    id,
    listener: {
      id,
      trigger: document.trigger,
      status: 'active',
      activatedAt: new Date(0),
      onImport: document.on_import,
    },
    mode: 'live',
    version,
    serial: document.serial === true,
    object: triggerObject(document.trigger),
    compiled: () => result.compiled,
    problem: () => result.problem,
  }
}

/** Slug of the object whose records start it; null: it is not about records. */
export function triggerObject(trigger: Trigger): string | null {
  if (trigger.event === 'webhook.received' || !('object' in trigger) || trigger.object === undefined) return null
  return objectSlug(trigger.object)
}

/** @throws ApiError VALIDATION_ERROR about a part of the request */
export function refuse(path: string, message: string, hint?: string): never {
  throw invalid([hint === undefined ? { path, message } : { path, message, hint }])
}

export function notFound(message: string): never {
  throw new ApiError('NOT_FOUND', message)
}
