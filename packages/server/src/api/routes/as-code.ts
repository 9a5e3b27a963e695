import { ApiError, applyFilesRoute, diffFilesRoute, pullFilesRoute, tryFileRoute } from '@kantos/model'
import { applyFiles, FilesRefused } from '../../as-code/apply.ts'
import { folderOf } from '../../as-code/folder.ts'
import { makePlan, type Plan } from '../../as-code/plan.ts'
import { pullWorkspace } from '../../as-code/pull.ts'
import { readState } from '../../as-code/state.ts'
import { tryFile } from '../../as-code/try.ts'
import type { Services } from '../../services.ts'
import type { Api } from '../implement.ts'

const BODY_LIMIT = 16 * 1024 * 1024

/** A workspace as files, for `kantos automations … --url` and `kantos run … --url`. Source: docs/as-code.md */
export function asCodeRoutes(api: Api, services: Services): void {
  const { pool, time, config } = services
  const limits = { bodyLimit: BODY_LIMIT }
  api.handle(
    pullFilesRoute,
    async ({ principal, body }) => {
      const folder = await folderOf(body.files)
      refuse(folder.problems)
      return { files: await pullWorkspace(services, principal.workspaceId, folder, config.publicUrl) }
    },
    limits,
  )
  api.handle(
    diffFilesRoute,
    async ({ principal, body: { files, prune } }) => {
      const folder = await folderOf(files)
      return shown(makePlan(await readState(pool, principal.workspaceId), folder, { prune, now: time.now() }))
    },
    limits,
  )
  api.handle(
    applyFilesRoute,
    async ({ principal, body: { files, prune, changes } }) => {
      const folder = await folderOf(files)
      try {
        const agreed = changes === null ? null : { changes }
        return shown(await applyFiles(services, principal, folder, { prune, shown: agreed }))
      } catch (error) {
        if (error instanceof FilesRefused) refuse(error.problems)
        throw error
      }
    },
    limits,
  )
  api.handle(
    tryFileRoute,
    async ({ principal, context, body: { path, text, ...what } }) => {
      try {
        return await tryFile(services, { ...principal, source: context.source }, { path, text }, what)
      } catch (error) {
        if (error instanceof FilesRefused) refuse(error.problems)
        throw error
      }
    },
    limits,
  )
}

const shown = ({ changes, left, problems }: Plan) => ({ changes, left, problems })

function refuse(problems: Plan['problems']): void {
  if (problems.length === 0) return
  const errors = problems.map(({ file, line, ...said }) => ({ path: `${file}:${line}`, ...said }))
  const message = `The files have ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}; nothing was changed.`
  throw new ApiError('VALIDATION_ERROR', message, { errors, problems })
}
