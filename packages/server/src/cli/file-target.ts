import { basename } from 'node:path'
import {
  ApiError,
  applyFilesRoute,
  createClient,
  diffFilesRoute,
  type DryRun,
  type DryRunInput,
  pullFilesRoute,
  tryFileRoute,
} from '@kantos/model'
import { applyFiles, FilesRefused } from '../as-code/apply.ts'
import { type FileText, folderOf } from '../as-code/folder.ts'
import { makePlan, type Plan } from '../as-code/plan.ts'
import { type PulledFile, pullWorkspace } from '../as-code/pull.ts'
import { readState } from '../as-code/state.ts'
import { tryFile } from '../as-code/try.ts'
import type { Principal } from '../services.ts'
import { compose } from './compose.ts'
import type { Config } from './config.ts'
import { findWorkspace } from './workspaces.ts'

/** The workspace that files are set against: in this installation's database, or on a server. */
export interface FileTarget {
  pull(files: readonly FileText[]): Promise<PulledFile[]>
  diff(files: readonly FileText[], prune: boolean): Promise<Plan>
  /** @throws FilesRefused; Error when there is another plan by now */
  apply(files: readonly FileText[], prune: boolean, agreed: Plan): Promise<void>
  /** @throws FilesRefused */
  tryFile(file: FileText, what: Omit<DryRunInput, 'automation'>): Promise<DryRun>
  stop(): Promise<void>
}

export interface TargetFlags {
  workspace?: string
  /** of a server: then nothing but its API is used */
  url?: string
  key?: string
}

/** Finds what the flags and the environment name. @throws Error when a server is named without a key, or a workspace with one */
export async function fileTarget(config: Config, { workspace, url, key }: TargetFlags): Promise<FileTarget> {
  const server = url ?? config.remoteUrl
  if (server === null) return ofDatabase(config, workspace ?? 'default')
  const apiKey = key ?? config.apiKey
  if (apiKey === null) throw new Error(`A server key of ${server} is needed: --key, or KANTOS_API_KEY.`)
  if (workspace !== undefined) throw new Error('On a server the key says which workspace it is; leave --workspace out.')
  return ofServer(server, apiKey)
}

async function ofDatabase(config: Config, workspace: string): Promise<FileTarget> {
  const { services, stop } = await compose(config, null)
  const { pool, time } = services
  const workspaceId = await findWorkspace(pool, workspace).catch(async (error: unknown) => {
    await stop()
    throw error
  })
  // the audit log says `cli`
  const by: Principal = { workspaceId, kind: 'key', id: 'cli', actor: 'cli', name: 'cli', role: 'admin' }
  return {
    pull: async (files) => pullWorkspace(services, workspaceId, await folderOf(files), config.publicUrl),
    diff: async (files, prune) =>
      makePlan(await readState(pool, workspaceId), await folderOf(files), { prune, now: time.now() }),
    apply: async (files, prune, shown) => {
      await applyFiles(services, by, await folderOf(files), { prune, shown })
    },
    tryFile: (file, what) => tryFile(services, { ...by, source: 'api' }, file, what),
    stop,
  }
}

function ofServer(url: string, apiKey: string): FileTarget {
  const client = createClient({
    baseUrl: url,
    apiKey,
    fetch: (address, init) =>
      fetch(address, init).catch((error: Error) => {
        throw new Error(`${url} can't be reached: ${(error.cause as Error | undefined)?.message || error.message}`)
      }),
  })
  return {
    pull: async (files) => (await client.call(pullFilesRoute, { body: { files: [...files] } })).files,
    diff: async (files, prune) => (await client.call(diffFilesRoute, { body: { files: [...files], prune } })) as Plan,
    apply: async (files, prune, { changes }) => {
      await client.call(applyFilesRoute, { body: { files: [...files], prune, changes } }).catch(refused)
    },
    tryFile: ({ path, text }, what) =>
      client.call(tryFileRoute, { body: { path: basename(path).slice(-200), text, ...what } }).catch(refused),
    stop: async () => {},
  }
}

/** A server's refusal of files, as the refusal that a database makes. */
function refused(error: unknown): never {
  const problems = error instanceof ApiError ? (error.details as Partial<Plan> | undefined)?.problems : undefined
  throw problems === undefined ? error : new FilesRefused(problems)
}
