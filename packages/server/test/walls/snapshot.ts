import type { Pool } from '../../src/db/pool.ts'

/** Columns that note a visit, and tables that note a try. */
const VISITS = ['last_used_at', 'last_seen_at', 'seen_at', 'beat_at']
const NOT_DATA = ['idempotency_keys', 'login_tries', 'workers', 'migrations']

/**
 * A number for the content of each table; two snapshots are equal when no row changed.
 *
 * @param workspaceId only this one's rows
 */
export async function snapshot(pool: Pool, workspaceId?: string): Promise<Record<string, string>> {
  const { rows: tables } = await pool.query<{ name: string; key: string | null }>(
    `select c.relname as name, case when c.relname = 'workspaces' then 'id' else (
       select attname from pg_attribute where attrelid = c.oid and attname = 'workspace_id') end as key
     from pg_class c where c.relkind in ('r', 'p') and not c.relispartition and pg_table_is_visible(c.oid)
       and c.relnamespace = 'public'::regnamespace and c.relname <> all ($1) order by 1`,
    [NOT_DATA],
  )
  const parts = tables
    .filter(({ key }) => workspaceId === undefined || key !== null)
    .map(
      ({ name, key }) => `select '${name}' as name, count(*) || ':' ||
        coalesce(sum(hashtextextended((to_jsonb(t) - array['${VISITS.join("','")}'])::text, 0)::numeric), 0) as hash
        from ${name} t ${workspaceId === undefined ? '' : `where ${key} = '${workspaceId}'`}`,
    )
  const { rows } = await pool.query<{ name: string; hash: string }>(parts.join(' union all '))
  return Object.fromEntries(rows.map(({ name, hash }) => [name, hash]))
}

/** The tables whose content differs. */
export function changes(before: Record<string, string>, after: Record<string, string>): string[] {
  return Object.keys(before).filter((name) => before[name] !== after[name])
}
