import {
  ApiError,
  type AutomationDocument,
  compareAutomations,
  type Comparison,
  type Pagination,
  type VersionAnswer,
} from '@kantos/model'
import type { Queryable } from '../db/pool.ts'
import type { Principal, Services } from '../services.ts'
import { noAutomation } from './change.ts'
import { findAutomation } from './row.ts'
import { type Finish, type Saved, type SavedAbout, updateAutomation } from './save.ts'

interface VersionRow {
  version: number
  name: string
  /** null: not kept, in versions from before it was */
  description: string | null
  document: AutomationDocument
  created_at: Date
  created_by: string | null
}

type VersionLine = Omit<VersionRow, 'description' | 'document'>

const lineOf = ({ version, name, created_at, created_by }: VersionLine, current: number) => ({
  version,
  name,
  current: version === current,
  created_at: created_at.toISOString(),
  created_by,
})

/**
 * A page of an automation's versions, newest first.
 *
 * @throws ApiError NOT_FOUND
 * Source: SPEC.md, section 12
 */
export async function listVersions(
  db: Queryable,
  workspaceId: string,
  id: string,
  { page, per_page: perPage }: { page: number; per_page: number },
): Promise<{
  data: Omit<VersionAnswer, 'description' | 'trigger' | 'conditions' | 'actions' | 'serial'>[]
  pagination: Pagination
}> {
  const automation = await findAutomation(db, workspaceId, id)
  if (automation === null) throw noAutomation()
  // versions are numbered without gaps, so the newest number is their count
  const newest = automation.version - (page - 1) * perPage
  const { rows } = await db.query<VersionLine>(
    `select version, name, created_at, created_by from automation_versions
     where workspace_id = $1 and automation_id = $2 and version <= $3 order by version desc limit $4`,
    [workspaceId, id, Math.max(newest, 0), perPage],
  )
  const total = automation.version
  return {
    data: rows.map((row) => lineOf(row, automation.version)),
    pagination: { total, page, per_page: perPage, total_pages: Math.ceil(total / perPage) },
  }
}

/** One version with its document. @throws ApiError NOT_FOUND */
export async function getVersion(
  db: Queryable,
  workspaceId: string,
  id: string,
  version: number,
): Promise<VersionAnswer> {
  const automation = await findAutomation(db, workspaceId, id)
  if (automation === null) throw noAutomation()
  const row = await readVersion(db, workspaceId, id, version)
  const { description } = row
  return { ...lineOf(row, automation.version), ...(description === null ? {} : { description }), ...row.document }
}

/**
 * What differs between two versions of an automation.
 *
 * @param from number of the version that counts as the earlier one
 * @throws ApiError NOT_FOUND
 * Source: SPEC.md, section 3
 */
export async function compareVersions(
  db: Queryable,
  workspaceId: string,
  id: string,
  from: number,
  to: number,
): Promise<{ from: number; to: number } & Comparison> {
  if ((await findAutomation(db, workspaceId, id)) === null) throw noAutomation()
  const before = await readVersion(db, workspaceId, id, from)
  const after = await readVersion(db, workspaceId, id, to)
  const known = before.description !== null && after.description !== null
  const headed = ({ name, description, document }: VersionRow) => ({
    name,
    ...(known ? { description: description! } : {}),
    ...document,
  })
  return { from, to, ...compareAutomations(headed(before), headed(after)) }
}

async function readVersion(db: Queryable, workspaceId: string, id: string, version: number): Promise<VersionRow> {
  const { rows } = await db.query<VersionRow>(
    `select version, name, description, document, created_at, created_by from automation_versions
     where workspace_id = $1 and automation_id = $2 and version = $3`,
    [workspaceId, id, version],
  )
  if (rows[0] === undefined) throw new ApiError('NOT_FOUND', `There is no version ${version} of this automation.`)
  return rows[0]
}

/**
 * Saves an older version again, as the newest one; toggle and mode stay.
 *
 * @throws ApiError NOT_FOUND; VALIDATION_ERROR when it doesn't fit the workspace any more
 * Source: SPEC.md, section 3
 */
export async function restoreVersion(
  services: Services,
  principal: Principal,
  id: string,
  version: number,
  finish: Finish = async () => {},
  about: SavedAbout = {},
): Promise<Saved> {
  const { workspaceId } = principal
  const automation = await findAutomation(services.pool, workspaceId, id)
  if (automation === null) throw noAutomation()
  const { name, description, document } = await readVersion(services.pool, workspaceId, id, version)
  const raw = { name, description: description ?? automation.description, ...document }
  return updateAutomation(services, principal, id, raw, finish, { ...about, restored: version })
}
