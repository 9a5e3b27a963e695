import { query, type Queryable } from '../db/pool.ts'

export interface AuditRow {
  id: string
  at: Date
  actor: string
  actor_name: string | null
  action: string
  target: string | null
  /** what people call it; null: the target is a name itself, or nothing is known */
  target_name: string | null
  details: unknown
  ip: string | null
}

export interface AuditFilter {
  /** whole, or a beginning that ends in a dot */
  action?: string
  actor?: string
  target?: string
  /** uuid of the last entry of the page before */
  before?: string
  limit: number
}

/** Entries of the audit log, newest first. */
export async function readEntries(db: Queryable, workspaceId: string, filter: AuditFilter): Promise<AuditRow[]> {
  const { rows } = await query<AuditRow>(db, {
    text: `select a.id, a.at, a.actor, a.action, a.target, a.details, a.ip,
        case when a.actor like 'user\\_%' then (select u.name from users u where u.workspace_id = $1
            and 'user_' || replace(u.id::text, '-', '') = a.actor)
          when a.actor like 'key\\_%' then (select k.name from api_keys k where k.workspace_id = $1
            and 'key_' || replace(k.id::text, '-', '') = a.actor) end as actor_name,
        coalesce(a.details ->> 'name', a.details ->> 'email',
          case when a.target ~ '^user_[0-9a-f]{32}$'
              then (select u.name from users u where u.workspace_id = $1 and u.id = substr(a.target, 6)::uuid)
            when a.target ~ '^auto_[0-9a-f]{32}$'
              then (select o.name from automations o where o.workspace_id = $1 and o.id = substr(a.target, 6)::uuid)
            when a.target ~ '^tmpl_[0-9a-f]{32}$'
              then (select m.name from email_templates m where m.workspace_id = $1 and m.id = substr(a.target, 6)::uuid)
          end) as target_name
      from audit_log a
      where a.workspace_id = $1 and ($2::uuid is null or a.id < $2)
        and ($3::text is null or a.action = $3 or ($3 like '%.' and starts_with(a.action, $3)))
        and ($4::text is null or a.actor = $4) and ($5::text is null or a.target = $5)
      order by a.id desc limit $6`,
    values: [
      workspaceId,
      filter.before ?? null,
      filter.action ?? null,
      filter.actor ?? null,
      filter.target ?? null,
      filter.limit,
    ],
  })
  return rows
}
