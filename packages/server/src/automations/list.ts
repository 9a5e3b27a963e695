import { type AutomationListItem, objectSlug, type Pagination } from '@kantos/model'
import { query, type Queryable } from '../db/pool.ts'
import type { Principal, Services } from '../services.ts'
import { AUTOMATION_COLUMNS, type AutomationRow, presentAutomation } from './row.ts'
import { readActivity } from './stats.ts'

export interface ListFilter {
  status?: 'inactive' | 'active' | undefined
  mode?: 'live' | 'test' | undefined
  /** slug or id of the trigger's object */
  object?: string | undefined
  /** part of the name or description, ignoring case */
  q?: string | undefined
  page: number
  per_page: number
}

type Conditions = Omit<ListFilter, 'page' | 'per_page'>

/**
 * A page of automations by name, each with its last run and its runs of the last 7 days.
 *
 * Source: SPEC.md, sections 12 and 13
 */
export async function listAutomations(
  services: Services,
  principal: Principal,
  filter: ListFilter,
): Promise<{ data: AutomationListItem[]; pagination: Pagination }> {
  const { pool } = services
  const { workspaceId } = principal
  const { page, per_page: perPage } = filter
  const values: unknown[] = [workspaceId]
  const where = whereSql(filter, values)
  const [limit, offset] = [perPage, (page - 1) * perPage].map((n) => `$${values.push(n)}`)
  // the page first, from its index: of the others the documents aren't read
  const { rows } = await query<AutomationRow>(pool, {
    text: `select ${AUTOMATION_COLUMNS}
      from (select o.id from automations o where ${where} order by lower(o.name), o.id limit ${limit} offset ${offset}) listed
      join automations a on a.workspace_id = $1 and a.id = listed.id
      left join schedules s on s.workspace_id = a.workspace_id and s.automation_id = a.id
      order by lower(a.name), a.id`,
    values,
  })
  const total = await countListed(pool, workspaceId, filter)
  const activity = await readActivity(
    pool,
    workspaceId,
    rows.map(({ id }) => id),
  )
  return {
    data: rows.map((row) => ({ ...presentAutomation(services, principal, row), ...activity.get(row.id)! })),
    pagination: { total, page, per_page: perPage, total_pages: Math.ceil(total / perPage) },
  }
}

async function countListed(db: Queryable, workspaceId: string, filter: Conditions): Promise<number> {
  const values: unknown[] = [workspaceId]
  const { rows } = await query<{ total: number }>(db, {
    text: `select count(*)::int as total from automations o where ${whereSql(filter, values)}`,
    values,
  })
  return rows[0]!.total
}

/** Only what is asked for is in it: without a filter the index alone tells how many there are. @param values `$1` is the workspace; more are added */
function whereSql(filter: Conditions, values: unknown[]): string {
  const parts = ['o.workspace_id = $1', 'o.deleted_at is null']
  const add = (value: unknown) => `$${values.push(value)}`
  if (filter.status !== undefined) parts.push(`o.status = ${add(filter.status)}`)
  if (filter.mode !== undefined) parts.push(`o.mode = ${add(filter.mode)}`)
  if (filter.object !== undefined) parts.push(`o.trigger_object = ${add(objectSlug(filter.object))}`)
  if (filter.q !== undefined) {
    const pattern = add(`%${filter.q.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`)
    parts.push(`(o.name ilike ${pattern} or o.description ilike ${pattern})`)
  }
  return parts.join(' and ')
}
