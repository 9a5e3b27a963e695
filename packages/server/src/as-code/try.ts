import { ApiError, type DryRun, type DryRunInput, type Problem, type Source } from '@kantos/model'
import { dryRun, type DryRunServices } from '../dry-run/dry-run.ts'
import type { Principal } from '../services.ts'
import { FilesRefused } from './apply.ts'
import { locate, parseFile } from './file.ts'
import type { FileText } from './folder.ts'
import { savedForm } from './saved-form.ts'
import { readState } from './state.ts'

/**
 * Tries the automation of a file on what the workspace has, by the same code as the worker; nothing is written or sent.
 *
 * @param what the record, event or change to try it on
 * @throws FilesRefused with the line, when the file can't be used; ApiError NOT_FOUND (record, event), VALIDATION_ERROR (`what`)
 * Source: SPEC.md, sections 8 and 14
 */
export async function tryFile(
  services: DryRunServices,
  by: Pick<Principal, 'workspaceId' | 'actor'> & { source: Source },
  { path, text }: FileText,
  what: Omit<DryRunInput, 'automation'>,
): Promise<DryRun> {
  const file = parseFile('automation', path, text)
  if (Array.isArray(file)) throw new FilesRefused(file)
  const { templates, automations } = await readState(services.pool, by.workspaceId)
  const saved = automations.find(({ key }) => key === file.content.key)
  const { raw, problems } = savedForm(file.content, new Map(templates.map(({ key, id }) => [key, id])))
  if (problems.length > 0) throw new FilesRefused(problems.map((problem) => locate(file, problem)))
  try {
    return await dryRun(services, by, saved?.id ?? null, { ...what, automation: raw })
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'VALIDATION_ERROR') throw error
    const found = (error.details as { errors?: Problem[] } | undefined)?.errors ?? []
    // others are about `what`
    const own = found.filter(({ path: at }) => /^\/automation(?=\/|$)/.test(at))
    if (own.length === 0) throw error
    throw new FilesRefused(own.map((one) => locate(file, { ...one, path: one.path.slice('/automation'.length) })))
  }
}
