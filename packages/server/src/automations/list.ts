import { type AutomationListItem, objectSlug, type Pagination } from '@kantos/model'
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
  const { rows } = await pool.query<AutomationRow & { total: number }>({
    name: 'automations-list',
    text: `select ${AUTOMATION_COLUMNS}, listed.total
      from (
        -- the page first: of the others the documents aren't read
        select o.id, count(*) over () as total from automations o
        where o.workspace_id = $1 and o.deleted_at is null
          and ($2::text is null or o.status = $2) and ($3::text is null or o.mode = $3)
          and ($4::text is null or o.trigger_object = $4)
          and ($5::text is null or o.name ilike $5 or o.description ilike $5)
        order by lower(o.name), o.id limit $6 offset $7
      ) listed
      join automations a on a.workspace_id = $1 and a.id = listed.id
      left join schedules s on s.workspace_id = a.workspace_id and s.automation_id = a.id
      order by lower(a.name), a.id`,
    values: [
      workspaceId,
      filter.status ?? null,
      filter.mode ?? null,
      filter.object === undefined ? null : objectSlug(filter.object),
      filter.q === undefined ? null : `%${filter.q.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`,
      perPage,
      (page - 1) * perPage,
    ],
  })
  const total = rows.length > 0 || page === 1 ? Number(rows[0]?.total ?? 0) : await count(services, principal, filter)
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

/** A page behind the last one holds no row that could tell the total. */
async function count(services: Services, principal: Principal, filter: ListFilter): Promise<number> {
  const first = await listAutomations(services, principal, { ...filter, page: 1, per_page: 1 })
  return first.pagination.total
}
